"""The pixels of a study: its person's chest, rendered and scanned, with its place in the room."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.phantom.chest import Chest, at_follow_up, draw_chest, with_nodules
from pipeline.phantom.difficulty import IMAGE, MARKED, MEASURED, SEVERAL, VOLUME, Difficulty, Range
from pipeline.phantom.findings import with_findings
from pipeline.phantom.plan import Study
from pipeline.phantom.render import Grid, render
from pipeline.phantom.scanner import acquire

SCOUT_SIDE: Final = 64
SCOUT_MM: Final = 5.0


@dataclass(frozen=True)
class Protocol:
    """How a chest is scanned: a square matrix, how many slices `(fewest, most)`, and from where.

    `step_mm` are the possible distances of the slices; their middle lies at a height in the chest
    within `middle_mm`; the centres of nodules keep `margin_mm` from the first and the last slice. With
    `several` people have other findings, too; what is `marked` has masks beside it.
    """

    difficulty: Difficulty
    matrix: int
    slices: tuple[int, int]
    step_mm: tuple[float, ...]
    middle_mm: Range
    margin_mm: float
    several: bool = False
    marked: bool = False


SINGLE_SLICE: Final = Protocol(
    IMAGE, matrix=128, slices=(1, 1), step_mm=(2.5, 3.0, 5.0), middle_mm=(-45.0, 55.0), margin_mm=-2.0
)
MEASURED_SLICE: Final = replace(SINGLE_SLICE, difficulty=MEASURED)
SEVERAL_FINDINGS: Final = replace(SINGLE_SLICE, difficulty=SEVERAL, several=True)
WHOLE_CHEST: Final = Protocol(
    VOLUME, matrix=64, slices=(24, 32), step_mm=(4.0, 5.0), middle_mm=(-10.0, 10.0), margin_mm=15.0
)
MARKED_CHEST: Final = Protocol(
    MARKED,
    matrix=80,
    slices=(20, 24),
    step_mm=(5.0, 6.0),
    middle_mm=(-10.0, 10.0),
    margin_mm=20.0,
    marked=True,
)


@dataclass(frozen=True)
class Scan:
    """Whole HU `(slices, rows, columns)`, feet to head, on `grid`.

    `couch_mm` is where the middle of the chest lies along the scanner's axis.
    """

    hu: NDArray[np.int16]
    grid: Grid
    couch_mm: float

    def position(self, index: float) -> tuple[float, float, float]:
        """The centre of a slice's first voxel in the scanner's frame (LPS), in mm; parts lie between."""
        x, y, z = self.grid.first
        return x, y, z + index * self.grid.step_mm + self.couch_mm


def scan_of(study: Study, protocol: Protocol) -> Scan:
    """The scan of a study; the same study gives the same voxels."""
    chest, stack, rng = _at_visit(study, protocol)
    grid = _positioned(chest, stack, matrix=protocol.matrix, rng=rng)
    hu = acquire(render(chest, grid, rng=rng), study.scanner, rng=rng, spacing_mm=grid.spacing_mm)
    return Scan(hu, grid, couch_mm=-float(np.round(rng.uniform(150, 400), 1)))


def chest_in(study: Study, protocol: Protocol) -> tuple[Chest, Grid]:
    """What is there to be seen in the scan of a study, and the grid that it is seen on."""
    chest, stack, rng = _at_visit(study, protocol)
    return chest, _positioned(chest, stack, matrix=protocol.matrix, rng=rng)


def diameter_mm(study: Study, protocol: Protocol) -> float | None:
    """The mean diameter of the largest nodule at this visit, to a tenth; None where there is none."""
    chest, _, _ = _at_visit(study, protocol)
    return round(max(2 * nodule.radius_mm for nodule in chest.nodules), 1) if chest.nodules else None


def scout_of(study: Study, protocol: Protocol) -> NDArray[np.int16]:
    """The planning view of a study, `(rows, columns)` of SCOUT_MM each: seen from the front, head up."""
    chest, _ = _subject(study, protocol)
    corner = -0.5 * (SCOUT_SIDE - 1) * SCOUT_MM
    grid = Grid(
        shape=(SCOUT_SIDE, SCOUT_SIDE, SCOUT_SIDE),
        first=(corner, corner, corner),
        spacing_mm=SCOUT_MM,
        step_mm=SCOUT_MM,
        roll=0.0,
        shift_mm=(0.0, 0.0),
    )
    bare = replace(chest, vessels=chest.vessels[:0], nodules=(), effusion=None, drain=None)
    hu = render(bare, grid, rng=study.generator("scout", study.visit))
    seen: NDArray[np.float64] = hu.mean(axis=1)[::-1]  # (slices, rows, columns) -> (slices, columns)
    return np.rint(seen).astype(np.int16)


@dataclass(frozen=True)
class Stack:
    """The heights of parallel slices in the chest."""

    lowest_mm: float
    step_mm: float
    count: int

    def span_mm(self, margin_mm: float = 0.0) -> Range:
        """The lowest and the highest slice, both moved inwards by a margin."""
        highest = self.lowest_mm + self.step_mm * (self.count - 1)
        return self.lowest_mm + margin_mm, highest - margin_mm


def _at_visit(study: Study, protocol: Protocol) -> tuple[Chest, Stack, np.random.Generator]:
    """The person's chest as it is at the visit, where it is sliced, and what draws the rest of the scan."""
    chest, stack = _subject(study, protocol)
    rng = study.generator("scan", study.visit)
    return (at_follow_up(chest, rng) if study.visit else chest), stack, rng


def _subject(study: Study, protocol: Protocol) -> tuple[Chest, Stack]:
    """The person's chest as it is at the first visit, and where it is sliced."""
    rng = study.generator("chest")
    count = int(rng.integers(protocol.slices[0], protocol.slices[1] + 1))
    step, middle = float(rng.choice(protocol.step_mm)), float(np.round(rng.uniform(*protocol.middle_mm)))
    stack = Stack(middle - 0.5 * step * (count - 1), step, count)
    size = 0.93 if study.person.sex == "F" else 1.0
    chest = draw_chest(rng, protocol.difficulty, span_mm=stack.span_mm(), size=size)
    if study.finding == "nodule":
        chest = with_nodules(
            chest, rng, difficulty=protocol.difficulty, span_mm=stack.span_mm(protocol.margin_mm)
        )
    if protocol.several:
        chest = with_findings(chest, study, span_mm=stack.span_mm())
    return chest, stack


def _positioned(chest: Chest, stack: Stack, *, matrix: int, rng: np.random.Generator) -> Grid:
    """The grid of one visit: a field of view that fits the person, who lies a little off and turned."""
    spacing = round(2 * chest.half_width_mm * rng.uniform(1.06, 1.18) / matrix, 4)
    corner = -0.5 * (matrix - 1) * spacing
    return Grid(
        shape=(stack.count, matrix, matrix),
        first=(corner, corner, stack.lowest_mm),
        spacing_mm=spacing,
        step_mm=stack.step_mm,
        roll=rng.normal(0.0, 0.05),
        shift_mm=(rng.normal(0.0, 5.0), rng.normal(0.0, 5.0)),
    )
