"""How large the scans are: matrix, slices and spacing, by modality."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.records import Case
from pipeline.report.ingest.distributions import hidden_if_few

SIZES = {
    "slices": ("Slices", ""),
    "rows": ("Rows", "pixels"),
    "columns": ("Columns", "pixels"),
    "pixel_spacing": ("Pixel spacing", "mm"),
    "slice_distance": ("Slice distance", "mm"),
}
_ALIKE = 0.99  # a choice: spacings within 1 % are one that was rounded
_RANGE = (50, 5, 95)  # percentiles: the middle, and where nine of ten cases lie

Json = dict[str, Any]


def slice_axis(case: Case) -> int | None:
    """The axis across the slices as they were taken: the coarsest, of equal ones the shortest; None in 2-D.

    Volumes are stored in one orientation, whatever way their slices were cut.
    """
    spacing = case.geometry.spacing
    coarse = [axis for axis, length in enumerate(spacing) if length > _ALIKE * max(spacing)]
    return min(coarse, key=lambda axis: case.stored.shape[axis]) if len(spacing) == 3 else None


def sizes(case: Case) -> dict[str, float | int]:
    """The case's sizes by the names of `SIZES`; lengths only where they are known in millimetres."""
    spacing = case.geometry.spacing
    across = slice_axis(case)
    plane = [axis for axis in range(len(spacing)) if axis != across]
    rows, columns = (case.stored.shape[axis] for axis in plane)
    lengths: dict[str, float | int] = {"rows": rows, "columns": columns}
    if across is not None:
        lengths["slices"] = case.stored.shape[across]
    if case.geometry.spacing_kind != "pixels":
        lengths["pixel_spacing"] = spacing[plane[-1]]
        if across is not None:
            lengths["slice_distance"] = spacing[across]
    return lengths


def typical(cases: Sequence[Case]) -> list[Json]:
    """A row a modality: its cases, and `(median, 5th, 95th percentile)` of the sizes that occur.

    Cases are None where their patients are too few to tell.
    """
    by_modality: defaultdict[str, list[Case]] = defaultdict(list)
    for case in cases:
        by_modality[case.modality].append(case)
    return [_typical(modality, by_modality[modality]) for modality in sorted(by_modality)]


def _typical(modality: str, cases: Sequence[Case]) -> Json:
    patients = hidden_if_few(len({case.patient_id for case in cases}))
    if patients is None:
        return {"modality": modality, "cases": None, "ranges": {}}
    lengths = [sizes(case) for case in cases]
    measured = {name: [size[name] for size in lengths if name in size] for name in SIZES}
    ranges = {name: _range(numbers) for name, numbers in measured.items() if numbers}
    return {"modality": modality, "cases": len(cases), "ranges": ranges}


def _range(numbers: Sequence[float]) -> tuple[str, str, str]:
    digits = ".0f" if all(isinstance(number, int) for number in numbers) else ".3g"
    middle, low, high = (format(number, digits) for number in np.percentile(numbers, _RANGE))
    return middle, low, high
