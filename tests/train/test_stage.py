"""The whole stage on twenty small scans: its files, and the same bits after any interruption."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_training import start, train_here

from pipeline import digests, scoring
from pipeline.config.ingest import READING
from pipeline.errors import ScanloomError
from pipeline.tasks.registry import task_of
from pipeline.workspace import Workspace


@pytest.fixture(scope="module")
def trained(prepare: Any, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A project that was trained without interruption."""
    workspace = prepare(tmp_path_factory.mktemp("trained"))
    train_here(workspace, epochs=12)
    return workspace


def test_the_record_describes_the_model(trained: Workspace) -> None:
    record = json.loads((trained.candidate / "model.json").read_text())
    assert record["schema"] == "model/2"
    assert record["model_sha256"] == digests.of_file(trained.candidate / "model.keras")
    assert record["question"]["classes"] == ["absent", "present"]
    assert (record["question"]["positive"], record["cohort_digest"]) == ("present", "frozen")
    assert record["input_shape"] == [16, 16, 1]
    assert record["epochs_run"] == 12
    assert (record["best_epoch"], record["monitor"]) == (12, None)
    assert record["recipe"] == [{"z_score": {}}]
    assert (record["reading"]["unit"], record["reading"]["min_slices"]) == ("image", 3)
    assert {*record["reading"]} == {*READING}
    train = [[f"case-{number:02d}", number % 2] for number in range(12)]
    assert record["train_digest"] == digests.of_json(train)


def test_the_history_has_a_row_for_each_epoch(trained: Workspace) -> None:
    history = pd.read_csv(trained.candidate / "history.csv")
    assert list(history.columns) == [
        "seed", "refit", "epoch", "loss", "accuracy", "val_loss", "val_accuracy", "val_auroc", "learning_rate", "seconds",
        "images_per_second", "wait_share",
    ]  # fmt: skip
    assert history["epoch"].tolist() == list(range(1, 13))


def test_the_saved_model_has_the_last_epochs_validation_loss(trained: Workspace) -> None:
    from pipeline.tasks.classification.learning import cross_entropy, validated
    from pipeline.train import material

    part = material.read(trained, task_of("classification")).validation
    logits = scoring.logits(scoring.load(trained.candidate), [part.read(index) for index in range(4)])
    history = pd.read_csv(trained.candidate / "history.csv")
    loss = cross_entropy(label_smoothing=0.0)
    assert validated(logits, part.targets, np.ones(4), loss).loss == pytest.approx(
        history["val_loss"].iloc[-1], abs=1e-5
    )


def test_the_same_command_again_changes_nothing(trained: Workspace) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in trained.candidate.iterdir()}
    train_here(trained, epochs=12)
    assert {path.name: path.stat().st_mtime_ns for path in trained.candidate.iterdir()} == before


def test_killed_and_stopped_training_ends_with_the_same_bits(
    trained: Workspace, prepare: Any, tmp_path: Path
) -> None:
    workspace = prepare(tmp_path)
    # The kill leaves the state of step 10 without its seal, so that of step 8 serves.
    assert start(workspace, crash_at="written:state-00000010.npz").wait(timeout=1800) == -signal.SIGKILL
    assert not (workspace.candidate / "model.keras").exists()
    stopped = start(workspace)
    told = _read_until(stopped, "Training goes on after step 8 (epoch 3)")
    assert "state-00000010.npz is damaged or incomplete" in told
    stopped.send_signal(signal.SIGTERM)
    _, told = stopped.communicate(timeout=1800)
    assert stopped.returncode == 143
    assert "Stopped by SIGTERM" in told
    train_here(workspace, epochs=12)
    assert _model_bits(workspace) == _model_bits(trained)


def _read_until(process: subprocess.Popen[str], sentence: str) -> str:
    """What the process told up to the line with `sentence`."""
    assert process.stderr is not None
    told = ""
    for line in process.stderr:
        told += line
        if sentence in line:
            return told
    raise AssertionError(f"'{sentence}' was never said, but: {told}")


def _model_bits(workspace: Workspace) -> str:
    return digests.of_file(workspace.candidate / "model.keras")


def test_fewer_scans_than_a_batch_train_in_one_smaller_batch(
    prepare: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = prepare(tmp_path)
    train_here(workspace, epochs=1, batch_size=64)
    assert "only 12 scans, so a batch holds 12 instead of 64" in capsys.readouterr().err
    assert len(pd.read_csv(workspace.candidate / "history.csv")) == 1


def test_a_learning_rate_beyond_reason_leaves_no_model(prepare: Any, tmp_path: Path) -> None:
    workspace = prepare(tmp_path)
    with pytest.raises(ScanloomError, match="not a finite number"):
        train_here(workspace, learning_rate=1e30)
    assert not (workspace.candidate / "model.keras").exists()
