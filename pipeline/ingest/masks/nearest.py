"""Puts marked voxels of another grid onto that of a case by the nearest voxel: where settings allow it.

The grids may differ in their steps and directions, not in their place: what the mask doesn't reach, or marks
beyond the scan, is refused with the millimetres.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from pipeline.file_grids import onto_grid
from pipeline.ingest.masks.grid import TOLERANCE_VOXELS, Block, Grid, Mask
from pipeline.ingest.reasons import Refusal

__all__ = ["put_nearest"]

_HALF = 0.5  # of a voxel: from its centre to its side


def put_nearest(block: Block, grid: Grid, mask: Mask) -> None:
    """Sets the voxels of `mask`, an array on the grid, whose nearest voxel of the block is marked, to 1.

    Raises Refusal `mask_geometry_mismatch` where the block ends before the grid does, marks beyond it, or
    marks too little for any voxel of the grid: what is marked doesn't come out as absent.
    """
    corners = np.array(list(product(*((-_HALF, size - _HALF) for size in grid.shape))))
    # All centres of its voxels have to be inside.
    short = _beyond(corners, Grid(block.affine, _shape(block)), grid, allowed=_HALF + TOLERANCE_VOXELS)
    if short > 0:
        raise Refusal("mask_geometry_mismatch", f"it ends {short:.2f} mm before the scan does")
    far = max(
        (_beyond(marks, grid, Grid(block.affine, _shape(block)), allowed=_HALF) for marks in _marks(block)),
        default=0.0,
    )
    if far > 0:
        raise Refusal("mask_geometry_mismatch", f"it marks {far:.2f} mm beyond the scan")
    # A voxel whose centre is on the very side of the block has its last one as its nearest.
    affine = block.affine.copy()
    affine[:3, 3] -= affine[:3, :3].sum(axis=1)
    padded = np.pad(block.marked, 1, mode="edge")
    put = onto_grid(padded, affine, grid.affine, grid.shape)
    if block.marked.any() and not put.any():
        raise Refusal("mask_geometry_mismatch", "none of its marks is nearest to a voxel of the scan")
    np.maximum(mask, put, out=mask, casting="unsafe")


def _beyond(points: NDArray[np.float64], grid: Grid, of: Grid, *, allowed: float) -> float:
    """How many mm beyond the outer sides of a grid the points (points, 3) of another lie, 0 for none.

    They are indices of the grid `of`; as much of its voxels as is allowed may lie beyond.
    """
    mapping = np.linalg.inv(grid.affine) @ of.affine
    there = points @ mapping[:3, :3].T + mapping[:3, 3]
    beyond = np.maximum(-_HALF - there, there - (np.array(grid.shape) - _HALF))
    beyond[beyond <= allowed * np.abs(mapping[:3, :3]).sum(axis=1)] = 0
    return float((beyond * np.linalg.norm(grid.affine[:3, :3], axis=0)).max(initial=0.0))


def _marks(block: Block) -> list[NDArray[np.float64]]:
    """The first and last marked voxels of each line of the block, by slices: no others lie further out."""
    found = []
    for number in np.flatnonzero(block.marked.any(axis=(1, 2))):
        plane = block.marked[number]
        rows = np.flatnonzero(plane.any(axis=1))
        first, last = plane.argmax(axis=1)[rows], plane.shape[1] - 1 - plane[:, ::-1].argmax(axis=1)[rows]
        slices = np.full(rows.size, number)
        found += [np.stack([slices, rows, ends], axis=1).astype(np.float64) for ends in (first, last)]
    return found


def _shape(block: Block) -> tuple[int, int, int]:
    slices, rows, columns = block.marked.shape
    return slices, rows, columns
