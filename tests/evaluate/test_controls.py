"""Control runs: what networks reach that should reach nothing, each with a fault that makes its check fail."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from known_network import config_of, save_network

from pipeline import digests, evaluate
from pipeline.contracts import controls, model_record
from pipeline.contracts.controls import Control, Network, Networks
from pipeline.contracts.metrics import Metric
from pipeline.controls import BORDER, CENTRE, CONTROLS, PERMUTED, RANDOM
from pipeline.errors import DamageError
from pipeline.evaluate.controls import Blanked, judged
from pipeline.tasks.registry import TASKS, task_of
from pipeline.workspace import Workspace


def reached(value: float, low: float, high: float) -> Metric:
    return Metric("auroc", "test", "patient", value, low, high, 0.95, patients=60, cases=60)


JUDGED = {
    "shuffled truths at chance": (PERMUTED, (0.55, 0.45, 0.65), "pass"),
    "shuffled truths below chance": (PERMUTED, (0.30, 0.20, 0.40), "pass"),
    "shuffled truths above chance": (PERMUTED, (0.62, 0.51, 0.72), "fail"),
    "no training, near chance": (RANDOM, (0.59, 0.51, 0.68), "pass"),
    "no training, far from it by few patients": (RANDOM, (0.70, 0.49, 0.90), "pass"),
    "no training, far from it": (RANDOM, (0.61, 0.51, 0.70), "fail"),
    "without the middle, less": (CENTRE, (0.87, 0.80, 0.93), "pass"),
    "without the middle, as much": (CENTRE, (0.885, 0.80, 0.95), "fail"),
    "without the middle, more": (CENTRE, (0.95, 0.90, 0.99), "fail"),
    "the border alone, less": (BORDER, (0.60, 0.52, 0.68), "pass"),
    "the border alone, as much": (BORDER, (0.89, 0.80, 0.95), "fail"),
}


@pytest.mark.parametrize("name", JUDGED)
def test_a_control_run_is_judged_by_chance_or_by_the_model(name: str) -> None:
    key, (value, low, high), status = JUDGED[name]
    found = judged(Network(key, "", 4), reached(value, low, high), 0.5, reached(0.9, 0.85, 0.95))
    assert (found.status, bool(found.reason)) == (status, status == "fail")
    assert (found.chance, found.of_model, found.epochs) == (0.5, 0.9, 4)


def test_a_model_that_tells_nothing_makes_no_border_suspicious() -> None:
    nothing = reached(0.52, 0.42, 0.62)
    assert judged(Network(BORDER, "", 4), nothing, 0.5, nothing).status == "pass"


def test_a_number_that_is_not_to_be_had_is_no_pass() -> None:
    missing = replace(reached(0, 0, 0), value=None, low=None, high=None, reason="one class only")
    found = judged(Network(PERMUTED, "", 4), missing, 0.5, None)
    assert (found.status, found.reason) == ("not_run", "one class only")
    assert judged(Network(CENTRE, "", 4), reached(0.9, 0.8, 0.95), 0.5, None).status == "not_run"


def _known(path: Path) -> None:
    """The network whose logit is the mean of the image, which tells the truth, with or without its middle."""
    save_network(path)


def _mute(path: Path) -> None:
    """The same, of whose image nothing arrives."""
    import keras

    save_network(path)
    net = keras.saving.load_model(path)
    weights = net.get_weights()
    net.set_weights([np.zeros_like(array) for array in weights])
    net.save(path)


def _with_networks(workspace: Workspace, save: Callable[[Path], None], training: str = "t") -> None:
    found = model_record.FILE.read(workspace.candidate)
    statistics = {"mean": [0.0], "std": [1.0]}
    model_record.FILE.write(workspace.candidate, replace(found, training="t", statistics=statistics))
    first = controls.network_path(workspace.data, CONTROLS[0])
    first.parent.mkdir(parents=True, exist_ok=True)
    save(first)
    for key in CONTROLS[1:]:
        shutil.copy(first, controls.network_path(workspace.data, key))
    networks = tuple(Network(key, digests.of_file(first), 4) for key in CONTROLS)
    controls.NETWORKS.write(workspace.data, Networks(training, 60, networks, 1.5))


def _evaluated(workspace: Workspace) -> dict[str, Control]:
    evaluate.run(config_of(workspace.root), workspace)
    return {each.key: each for each in controls.FILE.read(workspace.candidate).controls}


def test_networks_that_tell_the_truth_where_they_must_not_fail_every_check(project: Workspace) -> None:
    _with_networks(project, _known)
    found = _evaluated(project)
    assert {key: each.status for key, each in found.items()} == dict.fromkeys(CONTROLS, "fail")
    for each in found.values():
        assert each.metric is not None and each.metric.low is not None
        assert (each.metric.id, each.metric.part, each.metric.unit) == ("auroc", "test", "patient")
        # 60 test patients, one of whom has no array
        assert (each.metric.patients, each.metric.cases, each.chance) == (59, 59, 0.5)
    whole = found[PERMUTED].metric
    assert whole is not None and whole.value == found[PERMUTED].of_model


class _Sum:
    """Answers with the sum of an image."""

    output_shape = (None, 1)

    def predict_on_batch(self, batch: np.ndarray) -> np.ndarray:
        return batch.sum(axis=(1, 2))


def test_a_network_of_blanked_images_is_asked_blanked_images() -> None:
    network = Blanked(_Sum(), 0.6, (0.0,))
    batch = np.ones((3, 10, 10, 1), dtype=np.float32)
    assert network.predict_on_batch(batch).tolist() == [[64.0]] * 3
    assert network.output_shape == (None, 1)


def test_networks_that_say_nothing_pass_every_check(project: Workspace) -> None:
    _with_networks(project, _mute)
    found = _evaluated(project)
    assert {key: each.status for key, each in found.items()} == dict.fromkeys(CONTROLS, "pass")
    assert {each.metric.value for each in found.values() if each.metric} == {0.5}


def test_networks_of_another_training_are_not_asked(project: Workspace) -> None:
    _with_networks(project, _known, training="another")
    found = _evaluated(project)
    assert {each.status for each in found.values()} == {"not_run"}
    assert all("made no control networks" in each.reason for each in found.values())


def test_why_there_are_none_is_handed_on(project: Workspace) -> None:
    _with_networks(project, _known)
    controls.NETWORKS.write(project.data, Networks("t", 60, reason="too short"))
    assert {(each.status, each.reason) for each in _evaluated(project).values()} == {("not_run", "too short")}


@pytest.mark.parametrize("how", ["gone", "changed"])
def test_a_network_that_is_not_the_one_that_was_trained_is_told(project: Workspace, how: str) -> None:
    _with_networks(project, _known)
    path = controls.network_path(project.data, CENTRE)
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(
        DamageError, match=r"controls/centre_blanked.keras is not .*`.*train.*` writes it again"
    ):
        evaluate.run(config_of(project.root), project)


@pytest.mark.parametrize("name", sorted(TASKS))
def test_every_task_says_what_chance_reaches_by_a_metric_that_it_has(name: str) -> None:
    from pipeline.tasks.classification.classes import Classes
    from pipeline.tasks.multilabel.labels import of_names
    from pipeline.tasks.regression.quantity import OF_TABLE

    questions: dict[str, list[Any]] = {
        "classification": [Classes(("no", "yes"), "yes"), Classes(("a", "b", "c"), None)],
        "multilabel": [of_names(["a", "b"])],
        "regression": [OF_TABLE],
    }
    measures = task_of(name).measures
    if name not in questions:  # of masks no number is known that chance alone would reach
        assert measures.chance(None) is None
    for question in questions.get(name, []):
        chance = measures.chance(question)
        assert chance is not None
        metric = measures.METRICS[chance[0]]
        assert (metric.better, metric.low <= chance[1] < metric.high) == (1, True)
