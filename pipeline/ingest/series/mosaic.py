"""Siemens mosaics: one plane that holds a whole volume as tiles.

Tiles fill the plane row by row in a square of the next whole root of their number. The position in
the header is that of the sheet as if it were one slice around the volume's centre, so the first
tile's is found from the centre (as nibabel's `MosaicWrapper` documents). The direction of the
slices is in the private header alone; without it the volume can't be placed.
"""

from __future__ import annotations

from math import ceil, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.series.frames import Frame, Group, Refused, Sextuple, Triple, Volume
from pipeline.ingest.series.geometry import ORIENTATION_TOLERANCE, affine_from, geometry_of, normal_of

__all__ = ["is_mosaic", "mosaic_of", "tiles_of"]

_CLASSIC_MR = "1.2.840.10008.5.1.4.1.1.4"


def is_mosaic(frame: Frame) -> bool:
    """Whether the plane is a sheet of tiles; enhanced objects may keep the word but hold true slices."""
    return frame.sop_class == _CLASSIC_MR and ("MOSAIC" in frame.image_type or frame.tiles is not None)


def mosaic_of(frame: Frame) -> Group:
    """The volume in a mosaic, or the frame refused.

    As `mosaic_layout_unknown`, `missing_attribute` or `no_geometry` where the header doesn't tell
    enough, as `geometry_invalid` where the slices' direction isn't the plane's normal.
    """
    if frame.tiles is None or frame.tile_normal is None:
        # Without the private header nobody knows how many tiles are filled, or which end is the head.
        return _refused(frame, "mosaic_layout_unknown", "count or normal of the tiles is missing")
    side = _side(frame.tiles)
    if frame.rows % side or frame.columns % side:
        detail = f"{frame.rows} x {frame.columns} pixels don't divide into {side} x {side} tiles"
        return _refused(frame, "mosaic_layout_unknown", detail)
    if not frame.spacing_between_mm:
        return _refused(frame, "missing_attribute", "SpacingBetweenSlices of a mosaic")
    if frame.position_mm is None or frame.orientation is None or frame.spacing_mm is None:
        return _refused(frame, "no_geometry", "position, orientation or spacing of a mosaic")
    normal = normal_of(frame.orientation)
    cosine = float(normal @ np.asarray(frame.tile_normal, dtype=np.float64))
    if abs(abs(cosine) - 1.0) > ORIENTATION_TOLERANCE:
        detail = f"the tiles' normal leans from the plane's (cosine {cosine:.4f})"
        return _refused(frame, "geometry_invalid", detail)
    # The tiles may run against the normal of the sheet: the sign is that of their own.
    affine = affine_from(
        _first_corner(frame.position_mm, frame.orientation, frame.spacing_mm, margins=_margins(frame, side)),
        frame.orientation,
        spacing_mm=frame.spacing_mm,
        step_mm=np.sign(cosine) * normal * abs(frame.spacing_between_mm),
    )
    shape = (frame.tiles, frame.rows // side, frame.columns // side)
    return Volume((frame,), geometry_of(affine), shape)


def tiles_of(sheet: NDArray[Any], tiles: int) -> NDArray[Any]:
    """The sheet `(rows, columns)` as slices `(tiles, rows / side, columns / side)`, in tile order."""
    side = _side(tiles)
    rows, columns = sheet.shape[0] // side, sheet.shape[1] // side
    blocks = sheet.reshape(side, rows, side, columns).swapaxes(1, 2)  # (side, side, rows, columns)
    return blocks.reshape(side * side, rows, columns)[:tiles]


def _margins(frame: Frame, side: int) -> tuple[float, float]:
    """Half of what the sheet is larger than a tile, in rows and columns."""
    return (frame.rows - frame.rows // side) / 2, (frame.columns - frame.columns // side) / 2


def _first_corner(
    position_mm: Triple,
    orientation: Sextuple,
    spacing_mm: tuple[float, float],
    *,
    margins: tuple[float, float],
) -> NDArray[np.float64]:
    """The sheet's position moved in by the margins, down its columns and along its rows, LPS mm."""
    along_row, along_column = np.asarray(orientation, dtype=np.float64).reshape(2, 3)
    inward = margins[0] * spacing_mm[0] * along_column + margins[1] * spacing_mm[1] * along_row
    return np.asarray(position_mm, dtype=np.float64) + inward


def _refused(frame: Frame, reason: str, detail: str) -> Refused:
    return Refused((frame,), reason, detail)


def _side(tiles: int) -> int:
    return ceil(sqrt(tiles))
