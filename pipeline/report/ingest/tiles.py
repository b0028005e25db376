"""One picture a series: its middle slice in a usual window, or the reason why none may be shown."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.pixel_text import hidden_because, way_to_see
from pipeline.records import Case
from pipeline.report.ingest.sizes import slice_axis
from pipeline.report.png import uri
from pipeline.units import ARBITRARY
from pipeline.windows import in_grey, window

MOST_TILES = 60  # a choice: what a person looks through, and a page of a few megabytes
LARGEST_PIXELS = 192

Json = dict[str, Any]
Read = Callable[[Case], NDArray[Any]]
Plane = NDArray[np.float32]


def tiles(cases: Sequence[Case], read: Read, *, reviewed: bool) -> Json:
    """`{series, shown, hidden, to_see, tiles}`: how many series there are, how many have a picture, how many
    may not be shown for which reason, what would open them, and a tile for each of the first `MOST_TILES` in
    the order of pseudonyms.

    Pseudonyms are random, so the first are a fair draw, and few of them change when scans come.
    `reviewed` says that a person looked through the pixels.
    """
    by_series: defaultdict[str, list[Case]] = defaultdict(list)
    for case in cases:
        by_series[case.series_id].append(case)
    hidden = {name: _hidden(series, reviewed=reviewed) for name, series in by_series.items()}
    shown_tiles = [_tile(by_series[name], read, hidden[name]) for name in sorted(by_series)[:MOST_TILES]]
    return {
        "series": len(by_series),
        "shown": sum(not tile["hidden"] for tile in shown_tiles),
        "hidden": sorted(Counter(filter(None, hidden.values())).items()),
        "to_see": way_to_see(hidden.values()),
        "tiles": shown_tiles,
    }


def _hidden(series: Sequence[Case], *, reviewed: bool) -> str:
    """Why the series is not shown; "" when it is. Text in one of its cases is enough."""
    reasons = [hidden_because(case, reviewed=reviewed) for case in series]
    return min(filter(None, reasons), default="")


def _tile(series: Sequence[Case], read: Read, hidden: str) -> Json:
    case = sorted(series, key=_place)[len(series) // 2]
    caption = {"series": case.series_id[:12], "modality": case.modality, "cases": len(series)}
    if hidden:
        return {**caption, "hidden": hidden}
    plane, width_by_height = middle_slice(case, read(case))
    low, high = window(case, plane)
    return {
        **caption,
        "hidden": "",
        "picture": uri(in_grey(plane, (low, high))),
        "ratio": round(width_by_height, 4),
        "window": f"{low:.4g} to {high:.4g}",
        "unit": "" if case.value_unit == ARBITRARY else case.value_unit,
    }


def middle_slice(case: Case, array: NDArray[Any]) -> tuple[Plane, float]:
    """The middle plane as its slices were cut, head up, and its width by its height in space.

    `array` is `([slices,] rows, columns[, channels])`; channels are shown by their mean, sides above
    `LARGEST_PIXELS` reduced by whole factors.
    """
    spacing, across = list(case.geometry.spacing), slice_axis(case)
    if across is not None:
        array = array.take(array.shape[across] // 2, axis=across)
        del spacing[across]
        if across:
            array = array[::-1]  # the rows of such a plane run to the head
    plane = array.astype(np.float32)
    plane = plane.mean(axis=-1) if case.channels > 1 else plane
    ratio = plane.shape[1] * spacing[1] / (plane.shape[0] * spacing[0])
    return _reduced(_reduced(plane, 0), 1), ratio


def _reduced(plane: Plane, axis: int) -> Plane:
    factor = -(-plane.shape[axis] // LARGEST_PIXELS)
    blocks = plane.shape[axis] // factor
    kept = plane.take(range(blocks * factor), axis=axis)
    shape = (*kept.shape[:axis], blocks, factor, *kept.shape[axis + 1 :])
    return np.asarray(kept.reshape(shape).mean(axis=axis + 1), dtype=np.float32)


def _place(case: Case) -> tuple[float, str]:
    """How far along its slices a case lies, for images that are cases of their own."""
    affine = case.geometry.affine
    return (sum(row[0] * row[3] for row in affine[:3]) if affine else 0.0, case.case_id)
