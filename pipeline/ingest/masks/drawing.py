"""What a file marks, as it comes onto the grids of the scans that it marks.

Each frame, contour and volume must lie on one of them: none is left out in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.limits import FileLimits
from pipeline.ingest.masks.grid import TOLERANCE_VOXELS, Block, Grid, Mask
from pipeline.ingest.masks.structures import Structures
from pipeline.ingest.reasons import Refusal
from pipeline.ingest.series.frames import Triple
from pipeline.ingest.series.geometry import LPS_TO_RAS
from pipeline.pseudonyms import Key

__all__ = ["OF_SEVERAL_SERIES", "Drawing", "Scan", "check_frame", "check_sources", "put_on_some"]

OF_SEVERAL_SERIES: Final = "mask_of_several_series"
"""The note on a mask that names several series, and not as drawn on one of them alone."""


@dataclass(frozen=True, eq=False)
class Scan:
    """A case as masks see it, in two orders of axes.

    `planes` is its grid as its planes were stacked, `grid` that of its stored array. `positions` are where
    its planes lie, LPS mm, by the pseudonym of their image; `frame_of_reference` is a pseudonym, too.
    `heights` are where they lie along the first axis of `planes`, in steps of it, one a slice: positions that
    are written in whole millimetres are a little off the even grid that their volume was given. A picture has
    no place, so that its grid says its size alone; it may have been `turned` upright as its file says.
    """

    planes: Grid
    grid: Grid
    positions: Mapping[str, tuple[Triple, ...]] = field(default_factory=dict)
    frame_of_reference: str = ""
    heights: tuple[float, ...] = ()
    is_picture: bool = False
    turned: bool = False

    def plane_at(self, height: float) -> tuple[int, float]:
        """The slice whose plane lies nearest to a height, and the height of that plane, both in steps."""
        heights = np.array(self.heights or range(self.planes.shape[0]), dtype=np.float64)
        nearest = int(np.abs(heights - height).argmin())
        return nearest, float(heights[nearest])


@dataclass(frozen=True, eq=False)
class Drawing:
    """The masks of one file: for each structure that it has, one a scan, still to be filled; and notes.

    `structures` are those declared, `key` that under which names are compared, `limits` what it may cost.
    """

    scans: Sequence[Scan]
    structures: Structures
    key: Key
    limits: FileLimits
    masks: Mapping[str, tuple[Mask, ...]]
    notes: set[str] = field(default_factory=set)


def put_on_some(
    drawing: Drawing, structure: str, block: Block, put_on: Callable[[Block, Scan, Mask], None]
) -> None:
    """Puts a block onto each scan that it lies on. Raises the first one's Refusal where that is none."""
    refusals = []
    for scan, mask in zip(drawing.scans, drawing.masks[structure], strict=True):
        try:
            put_on(block, scan, mask)
        except Refusal as refusal:
            refusals.append(refusal)
    if len(refusals) == len(drawing.scans):
        raise refusals[0]


def check_frame(drawing: Drawing, reference: str) -> None:
    """Raises Refusal where the file's UID says that its millimetres are counted from elsewhere."""
    frames = {scan.frame_of_reference for scan in drawing.scans} - {""}
    if reference and frames and drawing.key.pseudonym("frame", reference) not in frames:
        raise Refusal("mask_geometry_mismatch", "another frame of reference")


def check_sources(point: NDArray[np.float64], sources: Sequence[str], scan: Scan) -> None:
    """Raises Refusal where none of the images that a drawing names lies in its plane.

    `point` is one of its plane, RAS mm, `sources` are pseudonyms. Images of other scans say nothing.
    """
    positions = [place for source in sources for place in scan.positions.get(source, ())]
    if not positions:
        return
    normal = np.cross(scan.planes.affine[:3, 1], scan.planes.affine[:3, 2])
    normal /= np.linalg.norm(normal)
    ways = np.array(positions) @ LPS_TO_RAS[:3, :3].T - point
    off_mm = float(np.abs(ways @ normal).min())
    step_mm = float(np.linalg.norm(scan.planes.affine[:3, 0]))
    if off_mm > TOLERANCE_VOXELS * step_mm:
        raise Refusal("mask_geometry_mismatch", f"{off_mm:.2f} mm off the image that it names")
