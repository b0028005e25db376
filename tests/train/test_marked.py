"""A marker planted in scan and bits stays at one place under every random change of both."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pipeline import backend
from pipeline.config import Augment
from pipeline.models import Intensities

backend.prepare()
keras = pytest.importorskip("keras")

from pipeline.train.augment import Augmentation  # noqa: E402 - needs Keras's environment

ALL = {"flip": True, "shift": 0.15, "zoom": 0.2, "stretch": 0.2, "rotate_degrees": 40.0}
MOVES: dict[str, dict[str, Any]] = {name: {name: value} for name, value in ALL.items()} | {"all": ALL}
MARKED = [pytest.param(space, id="x".join(map(str, space))) for space in [(21, 33), (12, 24, 30)]]


def planted(space: tuple[int, ...], count: int) -> tuple[np.ndarray, np.ndarray]:
    """Scans of 0 with a block of 100 off the middle, and bits that mark that very block."""
    scans, bits = np.zeros((count, *space, 1), np.float32), np.zeros((count, *space), np.uint8)
    box = tuple(slice(length // 4, length // 4 + max(3, length // 4)) for length in space)
    scans[(slice(None), *box)], bits[(slice(None), *box)] = 100.0, 3
    return scans, bits


@pytest.mark.parametrize("space", MARKED)
@pytest.mark.parametrize("name", MOVES)
def test_a_marker_in_scan_and_bits_moves_as_one(name: str, space: tuple[int, ...]) -> None:
    count = 6
    scans, bits = planted(space, count)
    change = Augmentation(Augment(**MOVES[name]), Intensities((0.0,), (1.0,)), seed=3)
    step, case = np.full(count, 7, np.uint32), np.arange(count, dtype=np.uint32)
    moved = np.asarray(change(keras.ops.convert_to_tensor(scans), step=step, case=case))[..., 0]
    marked = np.asarray(change.marked(keras.ops.convert_to_tensor(bits), step=step, case=case))
    assert marked.dtype == np.uint8
    assert set(np.unique(marked)) <= {0, 3}
    assert any((one != other).any() for one, other in zip(marked, bits, strict=True))
    # Linear interpolation is above one half where the nearest voxel is inside, but for corners.
    agreement = 2 * ((moved > 50) & (marked > 0)).sum() / ((moved > 50).sum() + (marked > 0).sum())
    assert agreement > 0.93
    for place in np.indices(space):
        for scan, mark in zip(moved, marked, strict=True):
            if mark.any():
                assert (
                    abs(np.average(place, weights=scan) - place[mark > 0].mean()) < 0.51
                )  # the nearest is half a voxel off at most


def test_without_moves_bits_stay_as_they_are() -> None:
    _, bits = planted((21, 33), 2)
    change = Augmentation(Augment(noise=0.1, contrast=0.2), Intensities((0.0,), (1.0,)), seed=3)
    two = np.zeros(2, np.uint32)
    assert change.marked(bits, step=two, case=two) is bits


def test_a_bit_of_every_type_of_number_is_moved() -> None:
    change = Augmentation(Augment(shift=0.2), Intensities((0.0,), (1.0,)), seed=3)
    two = np.arange(2, dtype=np.uint32)
    for kind in (np.uint8, np.uint16, np.uint32):
        top = np.iinfo(kind).max
        bits = np.full((2, 6, 7), top, kind)
        moved = np.asarray(change.marked(keras.ops.convert_to_tensor(bits), step=two, case=two))
        assert moved.dtype == kind
        assert (moved == top).all()
