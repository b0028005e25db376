"""Whether a column of numbers can be what somebody measured: slips, two units, and numbers that only name.

Pure functions on values and how many scans have each. What is refused can be put right: in the table, or by a
line of the YAML.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.statistics.vectors import Floats

_FAR: Final = 100.0
"""So many times further from the median than nine of ten others: no quantity that an image shows.

A choice: values of skewed quantities (calcium scores, volumes) lie within some 30 times. Those at the median
itself are left aside, for a quantity may be nothing in most patients.
"""
_CODE_FAR: Final = 5.0
"""The same for the numbers that are often written for a missing value."""
_CODES: Final = frozenset({-9.0, -99.0, -999.0, -9999.0, 99.0, 999.0, 9999.0})
_FEWEST: Final = 10  # values: of fewer nothing can be said
_GAP: Final = 2.0  # a factor without any value in it parts two units; one quantity seldom has such a gap
_SMALLEST_SHARE: Final = 0.03  # of the values in either unit: fewer are slips
_TIMES: Final = (10.0, 25.4, 100.0, 1000.0)
"""How many times one unit is another: mm and cm, mm and inches, cm and m, mg and g."""
_ABOUT: Final = 1.5  # the medians of both groups differ by so much of that factor, by chance
_CALLED_IDS: Final = re.compile(
    r"(^|[_\W])(id|ids|pid|uid|nr|no|num|number|mrn|accession|case|index)($|[_\W])", re.I
)


@dataclass(frozen=True)
class TwoUnits:
    """Two groups of values, each as `(low, high, scans)`; the second is about `times` as large."""

    small: tuple[float, float, int]
    large: tuple[float, float, int]
    times: float


def far_off(counts: Mapping[float, int]) -> float | None:
    """The value that lies too far from all others to be one of them, None where there is none."""
    values = _repeated(counts)
    if values.size < _FEWEST:
        return None
    middle = float(np.median(values))
    farthest = max(counts, key=lambda value: (abs(value - middle), value))
    others = np.abs(values[(values != middle) & (values != farthest)] - middle)
    if not others.size:
        return None
    # Nearly the widest of the others, a choice: a tenth may be slips of their own.
    usual = float(np.quantile(others, 0.9, method="lower"))
    limit = _CODE_FAR if farthest in _CODES else _FAR
    return farthest if abs(farthest - middle) > limit * usual else None


def two_units(counts: Mapping[float, int]) -> TwoUnits | None:
    """The two groups of values that look like one quantity in two units, None where there are none."""
    values = _repeated(counts)
    if values.size < _FEWEST or values[0] <= 0:
        return None
    logs = np.log10(values)
    at = int(np.argmax(np.diff(logs))) + 1
    small, large = values[:at], values[at:]
    fewest = max(2, math.ceil(_SMALLEST_SHARE * values.size))
    if values[at] / values[at - 1] < _GAP or min(small.size, large.size) < fewest:
        return None
    ratio = float(np.median(large) / np.median(small))
    times = min(_TIMES, key=lambda one: abs(math.log(ratio / one)))
    if not 1 / _ABOUT <= ratio / times <= _ABOUT:
        return None
    return TwoUnits(
        (float(small[0]), float(small[-1]), small.size),
        (float(large[0]), float(large[-1]), large.size),
        times,
    )


def only_names(counts: Mapping[float, int], column: str) -> bool:
    """Whether the numbers only tell scans apart: whole, no two alike, and in a row or called an ID."""
    values = _repeated(counts)
    if values.size < _FEWEST or max(counts.values()) > 1 or not np.equal(values, np.round(values)).all():
        return False
    in_a_row = values[-1] - values[0] == values.size - 1
    return bool(in_a_row) or bool(_CALLED_IDS.search(column))


def _repeated(counts: Mapping[float, int]) -> Floats:
    """All values in ascending order, each as often as scans have it."""
    ordered = sorted(counts)
    return np.repeat(np.array(ordered, dtype=np.float64), [counts[value] for value in ordered])
