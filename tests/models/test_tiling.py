"""Tiles put together against what a network would say of the whole scan at once."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.models.tiling import Tiling, likeliest, starts, tile_weights


def by_value(tiles: NDArray[np.float32]) -> NDArray[np.float32]:
    """A network that looks at one voxel alone: its value is its class, with a probability of 0.7 for it."""
    classes = np.rint(tiles[..., 0]).astype(int)
    return np.where(np.arange(4) == classes[..., None], 0.7, 0.1).astype(np.float32)


def whole(scan: NDArray, network=by_value, *, classes: int = 4, **how: object) -> NDArray[np.uint8]:
    found = np.full(scan.shape[:-1], 255, np.uint8)
    planes = 0
    for first, labels in likeliest(scan, network, classes, Tiling(**how)):
        assert (found[first : first + len(labels)] == 255).all()  # each plane once
        found[first : first + len(labels)] = labels
        planes += len(labels)
    assert planes == scan.shape[0]
    return found


@given(
    st.lists(st.integers(1, 13), min_size=2, max_size=3),
    st.lists(st.integers(1, 6), min_size=3, max_size=3),
    st.sampled_from([0.0, 0.3, 0.5, 0.75]),
    st.integers(1, 5),
    st.integers(0, 1 << 30),
)
@settings(max_examples=80)
def test_every_voxel_of_any_scan_is_told_once_and_at_its_place(
    shape: list[int], tile: list[int], overlap: float, at_once: int, seed: int
) -> None:
    scan = np.random.default_rng(seed).integers(0, 4, (*shape, 1))
    found = whole(scan, tile=tuple(tile[: len(shape)]), overlap=overlap, at_once=at_once)
    assert np.array_equal(found, scan[..., 0])


def test_where_tiles_disagree_the_one_whose_middle_is_nearer_wins() -> None:
    asked = []

    def by_turns(tiles: NDArray[np.float32]) -> NDArray[np.float32]:
        asked.append(len(tiles))
        answer = np.zeros((*tiles.shape[:-1], 2), np.float32)
        answer[..., (len(asked) - 1) % 2] = 1
        return answer

    scan = np.zeros((12, 8, 1), np.float32)
    found = whole(scan, by_turns, classes=2, tile=(8, 8), overlap=0.5)
    assert asked == [1, 1]
    # Tiles lie at rows 0 to 7 and 4 to 11, their middles at 3.5 and 7.5: 5.5 is halfway.
    assert found[:, 4].tolist() == [0] * 6 + [1] * 6


def test_the_same_bits_come_of_any_number_of_tiles_at_once() -> None:
    generator = np.random.default_rng(1)
    scan = generator.normal(size=(9, 10, 11, 1)).astype(np.float32)
    mixing = generator.normal(size=3).astype(np.float32)

    def soft(tiles: NDArray[np.float32]) -> NDArray[np.float32]:
        powers = np.exp(tiles * mixing)
        return powers / powers.sum(axis=-1, keepdims=True)

    tilings = [{"tile": (4, 5, 6), "overlap": 0.5, "at_once": count} for count in (1, 3, 50)]
    first, *others = [whole(scan, soft, classes=3, **how) for how in tilings]
    assert len(np.unique(first)) > 1
    assert all(np.array_equal(first, other) for other in others)


def test_mirrored_tiles_are_mirrored_back() -> None:
    scan = np.random.default_rng(2).integers(0, 4, (7, 6, 5, 1))
    found = whole(scan, tile=(4, 4, 4), mirrored=(0, 2))
    assert np.array_equal(found, scan[..., 0])


def test_a_network_that_errs_at_one_side_is_outvoted_by_its_mirrored_self() -> None:
    def left_blind(tiles: NDArray[np.float32]) -> NDArray[np.float32]:
        answer = np.zeros((*tiles.shape[:-1], 2), np.float32)
        answer[..., 1] = 0.9
        answer[:, :, :2, 1] = 0.4  # of the first columns it would say something else
        answer[..., 0] = 1 - answer[..., 1]
        return answer

    scan = np.zeros((4, 4, 1), np.float32)
    assert whole(scan, left_blind, classes=2, tile=(4, 4))[:, 0].max() == 0
    assert whole(scan, left_blind, classes=2, tile=(4, 4), mirrored=(1,)).min() == 1


def test_probabilities_of_the_whole_scan_never_exist() -> None:
    scan = np.zeros((160, 40, 40, 1), np.float32)
    classes, tile = 20, (16, 16, 16)

    def even(tiles: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.full((*tiles.shape[:-1], classes), 1 / classes, np.float32)

    tracemalloc.start()
    for _, labels in likeliest(scan, even, classes, Tiling(tile)):
        assert labels.max() == 0
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    sums = tile[0] * 40 * 40 * classes * 4
    assert sums < peak < 2 * sums  # a slab of sums and a few tiles; all probabilities are 20 MB, ten slabs
    assert peak < scan.size * classes * 4 / 4


@pytest.mark.parametrize(
    ("length", "tile", "overlap", "expected"),
    [(10, 4, 0.0, (0, 3, 6)), (8, 4, 0.0, (0, 4)), (9, 4, 0.5, (0, 2, 3, 5)), (3, 3, 0.75, (0,))],
)
def test_tiles_begin_evenly_and_reach_the_end(
    length: int, tile: int, overlap: float, expected: tuple[int, ...]
) -> None:
    assert starts(length, tile, overlap) == expected


def test_weights_are_even_and_never_nothing() -> None:
    weights = tile_weights((5, 4))
    assert np.array_equal(weights, weights[::-1, ::-1])
    assert (weights.max(), weights.shape) == (1.0, (5, 4))
    assert weights.min() >= np.float32(1e-3)


def test_an_overlap_that_would_never_end_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected an overlap of 0 to 0\.75, received 1"):
        Tiling((4, 4), overlap=1)
