"""Loading a saved model and asking it for logits."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import handed_on
import numpy as np
import pytest

from pipeline import backend, digests, provenance, scoring
from pipeline.arrays import ShardWriter
from pipeline.errors import DamageError, DataError, UsageError

backend.prepare()
keras = pytest.importorskip("keras")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A generation's folder with a model of two classes for scans of 4 x 3."""
    scan = keras.Input((4, 3, 1))
    net = keras.Model(scan, keras.layers.Dense(2)(keras.layers.Flatten()(scan)))
    net.save(tmp_path / "model.keras")
    digest = digests.of_file(tmp_path / "model.keras")
    handed_on.model_in(
        tmp_path, question=handed_on.asked("absent", "present"), input_shape=(4, 3, 1), model_sha256=digest
    )
    return tmp_path


def scans(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (count, 4, 3, 1)).astype(np.uint8)


@pytest.mark.parametrize("count", [0, 1, 32, 45])
def test_logits_of_any_number_of_scans_are_the_models(folder: Path, count: int) -> None:
    scorer = scoring.load(folder)
    result = scoring.logits(scorer, (scan for scan in scans(count)))
    assert result.dtype == np.float64
    assert result.shape == (count, 2)
    kernel, bias = scorer.model.get_weights()
    expected = scans(count).reshape(count, 12).astype(np.float64) @ kernel.astype(np.float64) + bias
    np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-3)


def test_the_record_gives_task_outputs_and_input_shape(folder: Path) -> None:
    scorer = scoring.load(folder)
    assert (scorer.task, scorer.outputs, scorer.input_shape) == ("classification", 2, (4, 3, 1))
    assert scorer.operating is None


def test_a_model_whose_bytes_changed_is_never_used(folder: Path) -> None:
    data = bytearray((folder / "model.keras").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "model.keras").write_bytes(data)
    with pytest.raises(
        DamageError, match=r"model\.keras is not the file that model\.json describes"
    ) as caught:
        scoring.load(folder)
    assert caught.value.exit_code == 7


def test_a_truncated_record_is_damage(folder: Path) -> None:
    (folder / "model.json").write_text('{"classes": ["absent"')
    with pytest.raises(DamageError, match=r"model\.json is damaged: it is no JSON, or was cut off"):
        scoring.load(folder)


@pytest.mark.parametrize("name", ["model.keras", "model.json"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(DataError, match=f"{name} is missing"):
        scoring.load(folder)


def test_importing_scoring_imports_no_keras() -> None:
    code = "import sys, pipeline.scoring; sys.exit('keras' in sys.modules or 'tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def from_the_future(folder: Path, versions: dict[str, str]) -> None:
    """Makes the model one that holds a layer which this Keras doesn't know, with the record to fit."""
    path, inside = folder / "model.keras", {}
    with zipfile.ZipFile(path) as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    inside["config.json"] = inside["config.json"].replace(b'"Flatten"', b'"FlattenLikeNeverBefore"')
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in inside.items():
            archive.writestr(name, data)
    record = json.loads((folder / "model.json").read_text())
    record |= {"model_sha256": digests.of_file(path), "versions": versions}
    (folder / "model.json").write_text(json.dumps(record))


def test_a_model_of_another_keras_is_told_with_both_versions_and_the_way_out(folder: Path) -> None:
    from_the_future(folder, {"keras": "9.1.0", "tensorflow": "9.9.1"})
    here = provenance.framework(provenance.versions())
    with pytest.raises(
        UsageError,
        match=rf"model\.keras was saved by Keras 9\.1\.0 with TensorFlow 9\.9\.1, and {here} can't read it",
    ) as refused:
        scoring.load(folder)
    assert "or train again with these" in str(refused.value)


def test_a_model_of_these_versions_that_cannot_be_read_is_damage(folder: Path) -> None:
    from_the_future(folder, provenance.versions())
    with pytest.raises(DamageError, match="can't be read by the versions that saved it, Keras"):
        scoring.load(folder)


def test_a_scan_of_another_shape_has_no_answer_though_a_network_would_give_one(tmp_path: Path) -> None:
    scan = keras.Input((4, 3, 2))
    net = keras.Model(
        scan, keras.layers.Dense(2)(keras.layers.Flatten()(keras.layers.Rescaling([1.0, 2.0])(scan)))
    )
    net.save(tmp_path / "model.keras")
    digest = digests.of_file(tmp_path / "model.keras")
    handed_on.model_in(
        tmp_path, question=handed_on.asked("absent", "present"), input_shape=(4, 3, 2), model_sha256=digest
    )
    with ShardWriter(tmp_path / "arrays/shard.npy") as writer:
        stored = {
            "two": writer.append(np.ones((4, 3, 2), np.float16)),
            "one": writer.append(np.ones((4, 3, 1), np.float16)),
        }
    there = scoring.Scans(stored, tmp_path / "arrays", {}, {}, tmp_path, tmp_path)
    answers = scoring.ask(scoring.load(tmp_path), ["one", "two", "gone"], there, shown="score")
    assert answers.reasons == (scoring.OTHER_SHAPE, "", scoring.NO_ARRAY)
    assert np.isnan(answers.outputs).all(axis=1).tolist() == [True, False, True]
