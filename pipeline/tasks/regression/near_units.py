"""Two units of a column that lie so near that their values overlap: pounds among kilograms, inches among cm.

Nothing parts such groups but an emptier place between them; so a person is asked, and only where one group,
taken times the factor, is the other in middle, width and shape.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np

from pipeline.statistics.vectors import Floats
from pipeline.tasks.regression.columns import TwoUnits

_KILOGRAMS: Final = (2.2046, "kg and lb")
_CENTIMETRES: Final = (2.54, "cm and inches")
_METRES: Final = (3.2808, "m and feet")
_OF_UNIT: Final = {
    unit: factor
    for factor, units in {
        _KILOGRAMS: ("kg", "lb", "lbs", "pound", "pounds"),
        _CENTIMETRES: ("cm", "in", "inch", "inches"),
        _METRES: ("m", "ft", "foot", "feet"),
        (7.5006, "kPa and mmHg"): ("mmhg", "kpa"),
        (18.016, "mmol/l and mg/dl of glucose"): ("mmol/l", "mg/dl"),
    }.items()
    for unit in units
}
"""How many times one unit is the other, and both by name."""
_FEWEST: Final = 30  # values: fewer show no shape
_SHARE: Final = 0.1  # of the values in either unit, and _LEAST at least
_LEAST: Final = 10
_MIDDLES: Final = 0.04  # the logarithms of both medians differ by the factor's, give or take so much
_WINDOW: Final = 0.12  # of the logarithm of the factor, on either side: where values are counted
_EMPTIER: Final = 0.3  # values between the groups, to those about the middle of the thinner one
_WIDTHS: Final = 1.35  # the most that one group is wider than the other
_SHAPES: Final = 1.3  # times the root of 1/n + 1/m: how far the distributions may lie apart,
_ALIKE: Final = 0.08  # and however many values there are, so far
"""Choices, by 18,000 simulated columns of one unit, of 14 kinds, a fifth with two or three groups of patients
whose ratio was anything from 1.2 to 10: of 30 to 5,000 values 0.3 % at most are asked about."""


def near_units(counts: Mapping[float, int], unit: str = "") -> TwoUnits | None:
    """Two groups that are one quantity in two units not far from each other; None where nothing shows it.

    `unit` is what the quantity should be in; without one, those of weights and lengths come into question.
    """
    ordered = sorted(counts)
    values = np.repeat(np.array(ordered, dtype=np.float64), [counts[value] for value in ordered])
    if values.size < _FEWEST or values[0] <= 0:
        return None
    known = _OF_UNIT.get(unit.strip().casefold())
    asked = (known,) if known else () if unit.strip() else (_KILOGRAMS, _CENTIMETRES)
    for times, like in asked:
        at = _parted(np.log(values), math.log(times))
        if at:
            small, large = values[:at], values[at:]
            return TwoUnits(
                (float(small[0]), float(small[-1]), small.size),
                (float(large[0]), float(large[-1]), large.size),
                round(times, 2),
                like,
            )
    return None


def _parted(logs: Floats, factor: float) -> int:
    """How many of ascending logarithms are in the smaller unit; 0 where they are no two groups."""
    window = _WINDOW * factor
    fewest = max(_LEAST, math.ceil(_SHARE * logs.size))
    cuts = (logs[fewest - 1 : logs.size - fewest] + logs[fewest : logs.size - fewest + 1]) / 2
    if not cuts.size:
        return 0
    between = np.searchsorted(logs, cuts + window) - np.searchsorted(logs, cuts - window)
    emptiest = cuts[between == between.min()]
    at = int(np.searchsorted(logs, emptiest[emptiest.size // 2]))
    small, large = logs[:at] + factor, logs[at:]
    if min(small.size, large.size) < fewest or abs(np.median(large) - np.median(small)) > _MIDDLES:
        return 0
    thinner = min(int((np.abs(group - np.median(group)) < window).sum()) for group in (small, large))
    if between.min() > _EMPTIER * thinner:
        return 0
    return at if _same_shape(small, large) else 0


def _same_shape(one: Floats, other: Floats) -> bool:
    """Whether two groups of ascending numbers are as wide as each other, and alike all over."""
    widths = [float(np.diff(np.quantile(group, [0.1, 0.9]))[0]) for group in (one, other)]
    if max(widths) > _WIDTHS * min(widths):
        return False
    both = np.concatenate([one, other])
    below = [np.searchsorted(group, both, side="right") / group.size for group in (one, other)]
    apart = float(np.abs(below[0] - below[1]).max())
    return apart <= max(_ALIKE, _SHAPES * math.sqrt(1 / one.size + 1 / other.size))
