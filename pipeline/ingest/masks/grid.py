"""Puts marked voxels onto the grid of a case, by geometry alone.

A block is placed where its own affine says, or refused with how far it lies off; nothing is resampled. What
of the two arrays is which axis, and in which direction, follows from the affines.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.reasons import Refusal
from pipeline.ingest.series.grid import GRID_TOLERANCE

__all__ = ["Block", "Grid", "Place", "put", "put_whole"]

TOLERANCE_VOXELS: Final = GRID_TOLERANCE
"""How far a corner of a block may lie from the centre of the voxel that it is given to: a tenth of one."""
_SAME_STEPS: Final = 0.01  # of a step: a hundred of them lead one voxel astray
_FARTHEST: Final = 1e12  # voxels: no scan has so many
Affine = NDArray[np.float64]
Mask = NDArray[np.uint8]
Place = tuple[tuple[int, int], ...]
"""The first and the last voxel of a grid, along each axis, that a block was put on."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Where an array `(slices, rows, columns)` lies: `affine` maps its indices to RAS mm, 4 x 4."""

    affine: Affine
    shape: tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Block:
    """Marked voxels `(slices, rows, columns)` on a grid of their own; `affine` as a grid's.

    Of a block of one slice, the affine's column of slices says nothing and is not looked at.
    """

    affine: Affine
    marked: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Turn:
    """Which axis of the case each axis of a block is, in which direction, and where its first voxel comes."""

    axes: tuple[int, ...]
    signs: tuple[int, ...]
    first: NDArray[np.int64]


def put(block: Block, grid: Grid, mask: Mask) -> Place:
    """Sets the voxels of `mask`, an array on the grid, that the block marks, to 1, and says where they lie.

    Raises Refusal `mask_geometry_mismatch`, with millimetres and degrees, where the block's corners don't
    lie on voxels of the grid.
    """
    turn, low, high = _placed(block, grid)
    ends = tuple((int(first), int(last)) for first, last in zip(low, high, strict=True))
    place = tuple(slice(first, last + 1) for first, last in ends)
    flipped = block.marked[tuple(slice(None, None, sign) for sign in turn.signs)]
    region = mask[place]  # a view
    # (slices, rows, columns) of the case
    np.maximum(region, np.transpose(flipped, np.argsort(turn.axes)), out=region, casting="unsafe")
    return ends


def put_whole(block: Block, grid: Grid, mask: Mask) -> None:
    """As `put`, for a block that has to be the whole grid: a part of it may be a crop that forgot to move.

    Raises Refusal `mask_geometry_mismatch` where it covers less.
    """
    try:
        _, low, high = _placed(block, grid)
    except Refusal as refusal:
        raise _mismatch(f"{refusal.detail}{_other_steps(block, grid)}") from None
    if (high - low + 1 != grid.shape).any():
        covered, whole = (
            " x ".join(str(int(size)) for size in sizes) for sizes in (high - low + 1, grid.shape)
        )
        raise _mismatch(f"covers {covered} of {whole} voxels")
    put(block, grid, mask)


def _other_steps(block: Block, grid: Grid) -> str:
    """Words on the sizes of voxels where those of the block aren't those of the grid, "" where they are."""
    ours, theirs = (sorted(np.linalg.norm(one.affine[:3, :3], axis=0)) for one in (grid, block))
    if np.allclose(ours, theirs, rtol=_SAME_STEPS):
        return ""
    own, its = (" x ".join(f"{step:.3g}" for step in steps) for steps in (theirs, ours))
    return f"; its voxels have {own} mm, those of the scan {its}"


def _placed(block: Block, grid: Grid) -> tuple[_Turn, NDArray[np.int64], NDArray[np.int64]]:
    """How a block is turned, and the indices of its first and last voxel on the grid."""
    mapping = np.linalg.inv(grid.affine) @ block.affine
    cosines = _cosines(grid, block)
    turn = _turn(mapping, cosines, block.marked.shape)
    far_mm, far_voxels = _off(mapping, turn, block, grid)
    if not far_voxels <= TOLERANCE_VOXELS:  # also where it is no number
        degrees = _angle(cosines, turn, block.marked.shape)
        raise _mismatch(f"{far_mm:.2f} mm off its voxels, turned by {degrees:.2f} degrees")
    last = turn.first + np.array(_along(turn, np.array(block.marked.shape) - 1))
    low, high = np.minimum(turn.first, last), np.maximum(turn.first, last)
    if (beyond := _beyond(low, high, grid)).any():
        steps_mm = np.linalg.norm(grid.affine[:3, :3], axis=0)
        raise _mismatch(f"reaches {float((beyond * steps_mm).max()):.2f} mm beyond the scan")
    return turn, low, high


def _cosines(grid: Grid, block: Block) -> Affine:
    """The cosines of the angles in space between the axes of the case (rows) and of the block (columns)."""
    ours, theirs = (
        a[:3, :3] / np.maximum(np.linalg.norm(a[:3, :3], axis=0), 1e-12) for a in (grid.affine, block.affine)
    )
    cosines: Affine = ours.T @ theirs
    return cosines


def _turn(mapping: Affine, cosines: Affine, shape: tuple[int, ...]) -> _Turn:
    """The nearest order and direction of axes; the first voxel's place is rounded from the middle."""
    axes: dict[int, int] = {}
    # Axes of one voxel have no direction of their own: they get what the others leave.
    for axis in sorted(range(3), key=lambda axis: shape[axis] == 1):
        left = [other for other in range(3) if other not in axes.values()]
        axes[axis] = left[0] if shape[axis] == 1 else left[int(np.argmax(np.abs(cosines[left, axis])))]
    signs = tuple(1 if cosines[axes[axis], axis] >= 0 or shape[axis] == 1 else -1 for axis in range(3))
    order = tuple(axes[axis] for axis in range(3))
    middle = (np.array(shape) - 1) / 2
    unplaced = _Turn(order, signs, np.zeros(3, np.int64))
    first = np.rint(mapping[:3, :3] @ middle + mapping[:3, 3] - _along(unplaced, middle))
    # What is no place, or farther than whole numbers reach, is far off whichever voxel it is given to.
    return _Turn(order, signs, np.clip(np.nan_to_num(first), -_FARTHEST, _FARTHEST).astype(np.int64))


def _along(turn: _Turn, steps: NDArray[Any]) -> NDArray[Any]:
    """Steps along the block's axes as steps along the case's."""
    moved = np.zeros(3, steps.dtype)
    for axis, (to, sign) in enumerate(zip(turn.axes, turn.signs, strict=True)):
        moved[to] = sign * steps[axis]
    return moved


def _off(mapping: Affine, turn: _Turn, block: Block, grid: Grid) -> tuple[float, float]:
    """How far the block's corners lie off the voxels that they are given to: at most, in mm and in voxels."""
    corners = np.array(list(product(*((0, size - 1) for size in block.marked.shape))), dtype=np.float64)
    there = corners @ mapping[:3, :3].T + mapping[:3, 3]
    given = np.array([_along(turn, corner) for corner in corners]) + turn.first
    off = there - given
    return float(np.linalg.norm(off @ grid.affine[:3, :3].T, axis=1).max()), float(np.abs(off).max())


def _beyond(low: NDArray[np.int64], high: NDArray[np.int64], grid: Grid) -> NDArray[np.int64]:
    """How many voxels the span from `low` to `high` reaches beyond the grid, along each axis."""
    beyond: NDArray[np.int64] = np.maximum(0, np.maximum(-low, high - np.array(grid.shape) + 1))
    return beyond


def _angle(cosines: Affine, turn: _Turn, shape: tuple[int, ...]) -> float:
    """The largest angle between an axis of the block and the axis of the case that is nearest, in degrees."""
    nearest = [abs(cosines[turn.axes[axis], axis]) for axis, size in enumerate(shape) if size > 1]
    return float(np.degrees(np.arccos(min(1.0, *nearest)))) if nearest else 0.0


def _mismatch(detail: str) -> Refusal:
    return Refusal("mask_geometry_mismatch", detail)
