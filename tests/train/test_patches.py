"""Patches: the same for seed, step and case on any machine, inside the scan, and a share of them on structures."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.train.patches import Patches, cut

SPACE = (20, 30, 40)
HERE = np.array([3, 25, 7])
FLAT = int(np.ravel_multi_index(tuple(HERE), SPACE))


def patches(foreground: float = 1 / 3, shape: tuple[int, ...] = (8, 10, 12)) -> Patches:
    """Of cases whose second structure is one voxel, and whose first isn't there."""
    voxels = np.array([[-1] * 4, [FLAT] * 4])
    return Patches(shape, foreground, 1, lambda index: voxels)


def corners(count: int, **how: object) -> np.ndarray:
    made = patches(**how)  # type: ignore[arg-type]
    return np.array([made.corner(0, SPACE, unit=unit, step=5) for unit in range(count)])


def holding(found: np.ndarray) -> float:
    """The share of patches at these corners that hold the one voxel of the structure."""
    return float(((found <= HERE) & (found + np.array([8, 10, 12]) > HERE)).all(axis=1).mean())


def test_a_corner_is_a_function_of_seed_step_and_example() -> None:
    first, again = corners(20), corners(20)
    np.testing.assert_array_equal(first, again)
    others = [patches().corner(0, SPACE, unit=unit, step=6) for unit in range(20)]
    assert (np.array(others) != first).any(axis=1).sum() > 15


def test_every_patch_lies_inside_and_reaches_both_ends() -> None:
    found = corners(400, foreground=0.0)
    last = np.array(SPACE) - (8, 10, 12)
    assert found.min(axis=0).tolist() == [0, 0, 0]
    assert found.max(axis=0).tolist() == last.tolist()


@pytest.mark.parametrize("share", [0.0, 1 / 3, 1.0])
def test_the_share_is_forced_onto_a_structure(share: float) -> None:
    found = corners(600, foreground=share)
    by_chance = holding(corners(600, foreground=0.0))
    assert holding(found) == pytest.approx(share + (1 - share) * by_chance, abs=0.07)


def test_a_case_without_structures_is_cut_anywhere() -> None:
    nothing = Patches((8, 10, 12), 1.0, 1, lambda index: np.full((2, 4), -1))
    assert len({nothing.corner(0, SPACE, unit=unit, step=0) for unit in range(20)}) > 10


def test_a_patch_is_cut_with_its_channels_and_a_shorter_scan_goes_on_at_its_borders() -> None:
    scan = np.arange(4 * 5 * 2).reshape(4, 5, 2)
    np.testing.assert_array_equal(cut(scan, (1, 2), (2, 3)), scan[1:3, 2:5])
    short = cut(np.array([[1, 2], [3, 4]]), (0, 0), (2, 5))
    assert short.tolist() == [[1, 1, 2, 2, 2], [3, 3, 4, 4, 4]]
    assert patches(shape=(50, 10, 12)).corner(0, SPACE, unit=1, step=1)[0] == 0
