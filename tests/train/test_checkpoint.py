"""States on disk: complete, checked, and only those of the same run."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import UsageError
from pipeline.train.checkpoint import Checkpoint, assign, named, open_store, unnamed


def state(value: float) -> Checkpoint:
    return Checkpoint({"net-00000": np.full(3, value, np.float32)}, {"step": value, "loss": 0.1 + value})


def test_a_state_comes_back_to_the_last_bit(tmp_path: Path) -> None:
    arrays = named("net", [np.random.default_rng(0).normal(size=(2, 3)), np.array(7, np.uint32)])
    open_store(tmp_path, "run", threads=2).write(5, Checkpoint(arrays, {"loss": 0.1 + 0.2, "best": None}))
    kept = open_store(tmp_path, "run", threads=2).newest()
    assert kept is not None
    assert kept.numbers == {"loss": 0.1 + 0.2, "best": None}
    for before, after in zip(arrays.values(), unnamed("net", kept.arrays), strict=True):
        assert after.dtype == before.dtype
        np.testing.assert_array_equal(after, before)


def test_an_empty_folder_has_no_state(tmp_path: Path) -> None:
    assert open_store(tmp_path / "none", "run", threads=2).newest() is None


def test_the_two_newest_states_are_kept(tmp_path: Path) -> None:
    store = open_store(tmp_path, "run", threads=2)
    for step in (1, 2, 10):
        store.write(step, state(step))
    assert sorted(path.name for path in tmp_path.glob("*.npz")) == [
        "state-00000002.npz",
        "state-00000010.npz",
    ]
    assert len(list(tmp_path.glob("state-*.json"))) == 2


@pytest.mark.parametrize("damage", ["truncated", "flipped", "unsealed"])
def test_a_damaged_state_is_named_and_the_one_before_serves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: str
) -> None:
    store = open_store(tmp_path, "run", threads=2)
    store.write(1, state(1))
    store.write(2, state(2))
    newest = tmp_path / "state-00000002.npz"
    data = newest.read_bytes()
    if damage == "truncated":
        newest.write_bytes(data[:-10])
    elif damage == "flipped":
        newest.write_bytes(data[:200] + bytes([data[200] ^ 1]) + data[201:])
    else:
        newest.with_suffix(".json").unlink()
    kept = store.newest()
    assert kept is not None
    assert kept.numbers["step"] == 1
    assert "state-00000002.npz is damaged" in capsys.readouterr().err


def test_with_every_state_damaged_training_begins_anew(tmp_path: Path) -> None:
    store = open_store(tmp_path, "run", threads=2)
    store.write(1, state(1))
    (tmp_path / "state-00000001.npz").write_bytes(b"")
    assert store.newest() is None


def test_states_of_another_run_are_removed(tmp_path: Path) -> None:
    open_store(tmp_path, "run", threads=2).write(1, state(1))
    assert open_store(tmp_path, "another run", threads=2).newest() is None
    assert not list(tmp_path.glob("state-*"))


def test_a_run_that_goes_on_keeps_its_number_of_threads(tmp_path: Path) -> None:
    assert open_store(tmp_path, "run", threads=2).threads == 2
    assert open_store(tmp_path, "run", threads=8).threads == 2
    assert open_store(tmp_path, "another run", threads=8).threads == 8


class Variable:
    path = "net/kernel"

    def __init__(self, value: np.ndarray) -> None:
        self.value, self.shape, self.dtype = value, value.shape, value.dtype

    def assign(self, value: np.ndarray) -> None:
        self.value = value


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ([np.zeros((2, 2), np.float32)] * 2, "2 arrays, the model 1 variables"),
        ([np.zeros((2, 3), np.float32)], r"'net/kernel' is float32 \(2, 2\), the state has float32 \(2, 3\)"),
        ([np.zeros((2, 2), np.float64)], "the state has float64"),
    ],
)
def test_a_state_that_does_not_fit_is_refused(arrays: list[np.ndarray], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        assign([Variable(np.ones((2, 2), np.float32))], arrays)


def test_states_of_other_versions_are_kept_and_told_with_both(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "study" / "checkpoints"
    store = open_store(folder, "run by 1", threads=2, work="work", environment="Keras 1 with TensorFlow 1")
    store.write(5, state(5))
    with pytest.raises(
        UsageError,
        match=r"data/study/checkpoints were made by Keras 1 with TensorFlow 1, and here is Keras 2.*remove data/study",
    ):
        open_store(folder, "run by 2", threads=2, work="work", environment="Keras 2")
    assert open_store(
        folder, "run by 1", threads=2, work="work", environment="Keras 1 with TensorFlow 1"
    ).newest()
    shutil.rmtree(folder)  # as told
    assert open_store(folder, "run by 2", threads=2, work="work", environment="Keras 2").newest() is None


def test_states_of_other_work_go_whatever_made_them(tmp_path: Path) -> None:
    open_store(tmp_path, "run by 1", threads=2, work="work", environment="Keras 1").write(5, state(5))
    store = open_store(tmp_path, "run by 2", threads=2, work="other work", environment="Keras 2")
    assert store.newest() is None
