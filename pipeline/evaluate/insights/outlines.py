"""Marked and true structures on three planes through a scan, at the slices that show where they differ.

The scan is shown on its own grid, in its own unit and window; all planes of a case have one scale.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.bits import Bits, wrong_along
from pipeline.contracts.insights import Outlined, Plane
from pipeline.pixel_text import hidden_because
from pipeline.records import Case
from pipeline.tasks.contract import Overlay
from pipeline.units import ARBITRARY
from pipeline.windows import in_grey, window

LARGEST_PIXELS: Final = 512
"""Sides of a picture, a choice: more than a card of the page shows, so that it can be enlarged."""
ROOM: Final = 1.4
"""How much wider than what is marked a view is: enough around it to tell where it lies (a choice)."""
LEAST_MM: Final = 30.0
"""The least side of a view, so that a small structure is seen with what surrounds it (a choice)."""
_ENDS: Final = ("RL", "AP", "HF")
"""The letters at the greater and the smaller end of each axis of RAS millimetres."""
_NAMES: Final = ("sagittal", "coronal", "axial")
"""The plane across each axis of RAS millimetres."""

Pictures = dict[str, NDArray[np.generic]]


@dataclass(frozen=True)
class _Cut:
    """A plane: the axis that it is across, its index, and the axes of its rows and columns.

    `upward` says that its rows are shown from the last to the first, so that the head is up.
    """

    across: int | None
    index: int
    rows: int
    columns: int
    upward: bool


@dataclass(frozen=True)
class _View:
    """The square that is shown: its middle in voxels, one number an axis, its side and the spacing."""

    middle: tuple[float, ...]
    side: float
    spacing: tuple[float, ...]


def outlines(
    chosen: Sequence[Overlay],
    cases: Mapping[str, Case],
    voxels: Callable[[Case], NDArray[Any]],
    *,
    reviewed: bool,
) -> tuple[tuple[Outlined, ...], Pictures]:
    """All chosen cases as the page shows them, with their pictures."""
    shown: list[Outlined] = []
    pictures: Pictures = {}
    for number, each in enumerate(chosen):
        case = cases[each.case_id]
        told, own = _outline(each, case, voxels(case), f"outline_{number:03d}", reviewed=reviewed)
        shown.append(told)
        pictures |= own
    return tuple(shown), pictures


def _outline(
    chosen: Overlay, case: Case, voxels: NDArray[Any], name: str, *, reviewed: bool
) -> tuple[Outlined, Pictures]:
    """The case as the page shows it, and its pictures, whose names begin with `name`.

    `voxels` are the scan's own, `([slices,] rows, columns[, 3])`. A case that may not be shown has none.
    """
    shown = Outlined(
        chosen.kind, chosen.case_id, chosen.patient_id, chosen.score, chosen.told, chosen.names,
        hidden=hidden_because(case, reviewed=reviewed),
    )  # fmt: skip
    if shown.hidden:
        return shown, {}
    truth, said = chosen.truth(), chosen.said()
    grey = voxels.astype(np.float32)
    grey = grey.mean(axis=-1) if case.channels > 1 else grey
    view = _view(case, truth | said)
    planes: list[Plane] = []
    pictures: Pictures = {}
    cuts = _cuts(case, truth, said)
    parts = [[_part(array, cut, view) for array in (grey, truth, said)] for cut in cuts]
    black_and_white = window(case, np.concatenate([part[0].ravel() for part in parts]))
    for number, (cut, (picture, true, marked)) in enumerate(zip(cuts, parts, strict=True)):
        plane = _plane(case, cut, view, f"{name}_{number}")
        planes.append(plane)
        pictures[plane.picture] = _reduced(in_grey(picture, black_and_white))
        pictures[f"{plane.picture}_truth"], pictures[f"{plane.picture}_said"] = true, marked
    told = replace(
        shown,
        window=black_and_white,
        value_unit="" if case.value_unit == ARBITRARY else case.value_unit,
        in_mm=case.geometry.spacing_kind != "pixels",
        planes=tuple(planes),
    )
    return told, pictures


def _cuts(case: Case, truth: Bits, said: Bits) -> list[_Cut]:
    """The planes that are shown, each where the masks differ most, or mark most where they don't differ.

    Every structure counts alike, however small.
    """
    if truth.ndim == 2:
        return [_Cut(None, 0, 0, 1, upward=False)]
    answer = said if (truth ^ said).any() else np.zeros_like(truth)
    cuts = []
    for across in range(truth.ndim):
        rows, columns = (axis for axis in range(truth.ndim) if axis != across)
        along = wrong_along(across, truth, [answer])
        index = int(along.argmax()) if along.any() else truth.shape[across] // 2
        cuts.append(_Cut(across, index, rows, columns, upward=rows == 0))
    return cuts


def _view(case: Case, marked: Bits) -> _View:
    """A square around everything that is marked, within the scan where it is smaller."""
    spacing = case.geometry.spacing
    within = _bounds(marked)
    extents = [(last - first) * size for (first, last), size in zip(within, spacing, strict=True)]
    whole = max(count * size for count, size in zip(marked.shape, spacing, strict=True))
    least = LEAST_MM if case.geometry.spacing_kind != "pixels" else 0.0
    side = min(max(ROOM * max(extents), least), whole)
    return _View(tuple((first + last) / 2 for first, last in within), side, spacing)


def _bounds(marked: Bits) -> list[tuple[int, int]]:
    """Where what is marked begins and ends on each axis; the whole axis where nothing is."""
    bounds = []
    for axis, size in enumerate(marked.shape):
        others = tuple(other for other in range(marked.ndim) if other != axis)
        held = np.flatnonzero(marked.any(axis=others))
        bounds.append((int(held[0]), int(held[-1]) + 1) if held.size else (0, size))
    return bounds


def _range(view: _View, axis: int, size: int) -> slice:
    """The voxels of an axis within the view."""
    half = view.side / view.spacing[axis] / 2
    first = max(0, int(np.floor(view.middle[axis] - half)))
    return slice(first, min(size, int(np.ceil(view.middle[axis] + half))))


def _part(array: NDArray[Any], cut: _Cut, view: _View) -> NDArray[Any]:
    """The part of a plane that is shown, `(rows, columns)`."""
    plane = array if cut.across is None else array.take(cut.index, axis=cut.across)
    rows, columns = (_range(view, axis, array.shape[axis]) for axis in (cut.rows, cut.columns))
    part = plane[rows, columns]
    return part[::-1] if cut.upward else part


def _plane(case: Case, cut: _Cut, view: _View, picture: str) -> Plane:
    shape = case.stored.shape
    rows, columns = (_range(view, axis, shape[axis]) for axis in (cut.rows, cut.columns))
    ends = [_letters(case, axis) for axis in range(len(view.spacing))]
    top, bottom = ends[cut.rows][::-1] if cut.upward else ends[cut.rows]
    down, along = view.spacing[cut.rows], view.spacing[cut.columns]
    first = view.middle[cut.rows] - view.side / down / 2
    offset = rows.start - first
    if cut.upward:
        offset = first + view.side / down - rows.stop
    return Plane(
        name=_name(case, cut.across),
        picture=picture,
        slice=cut.index + 1,
        slices=1 if cut.across is None else shape[cut.across],
        side=view.side,
        left=(columns.start - view.middle[cut.columns]) * along + view.side / 2,
        top=offset * down,
        width=(columns.stop - columns.start) * along,
        height=(rows.stop - rows.start) * down,
        edges=(*ends[cut.columns], top, bottom),
    )


def _letters(case: Case, axis: int) -> tuple[str, str]:
    """The sides of the patient at the first and the last voxel of an axis; empty where they aren't known."""
    direction = _direction(case, axis)
    if direction is None:
        return "", ""
    most = int(np.abs(direction).argmax())
    greater, smaller = _ENDS[most]
    return (smaller, greater) if direction[most] > 0 else (greater, smaller)


def _name(case: Case, across: int | None) -> str:
    direction = None if across is None else _direction(case, across)
    return "" if direction is None else _NAMES[int(np.abs(direction).argmax())]


def _direction(case: Case, axis: int) -> NDArray[np.float64] | None:
    """The way of an axis in RAS millimetres, None where the scan has no position."""
    affine = case.geometry.affine
    if affine is None or case.geometry.spacing_kind == "pixels":
        return None
    column = axis + 3 - len(case.geometry.spacing)
    return np.array([row[column] for row in affine[:3]], dtype=np.float64)


def _reduced(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture with its sides reduced by whole factors where they are too large."""
    factor = -(-max(grey.shape) // LARGEST_PIXELS)
    rows, columns = (-(-size // factor) * factor for size in grey.shape)
    padded = np.pad(grey, ((0, rows - grey.shape[0]), (0, columns - grey.shape[1])), mode="edge")
    blocks = padded.reshape(rows // factor, factor, columns // factor, factor)
    return np.asarray(np.rint(blocks.mean(axis=(1, 3))), dtype=np.uint8)
