"""Whether a column of numbers can be what somebody measured: slips, two units, and numbers that only name.

Pure functions on values and how many scans have each. What is refused can be put right: in the table, or by a
line of the YAML.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.statistics.vectors import Floats
from pipeline.tables.quantities import parts_of_a_year
from pipeline.tables.words import SERIAL_DAYS

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
_OF_AGES: Final = (1.0, 12.0, 52.18, 365.25)
"""How many years, months, weeks and days a year has."""
_FEWEST_TIMES: Final = 6.0
"""Units of age that are less apart (weeks and months) aren't told from two kinds of patients: a choice."""
_CLOCK: Final = frozenset(
    [
        "h",
        "hour",
        "hours",
        "std",
        "stunde",
        "stunden",
        "min",
        "mins",
        "minute",
        "minutes",
        "minuten",
        "s",
        "sec",
        "second",
        "seconds",
        "sekunden",
    ]
)
_SIXTIES: Final = (24.0, 60.0, 3600.0)
_ABOUT: Final = 1.5  # the medians of both groups differ by so much of that factor, by chance
_CALLED_IDS: Final = re.compile(
    r"(^|[_\W])(id|ids|pid|uid|nr|no|num|number|mrn|accession|case|index)($|[_\W])", re.I
)


_SIZES: Final = frozenset(
    [
        "mm",
        "cm",
        "m",
        "µm",
        "um",
        "mm2",
        "cm2",
        "m2",
        "mm²",
        "cm²",
        "m²",
        "mm3",
        "cm3",
        "mm³",
        "cm³",
        "ml",
        "l",
        "cc",
        "kg",
        "g",
        "mg",
        "lb",
        "lbs",
    ]
)
"""Units of sizes and weights: what is measured in them is rarely below 0, and then in many."""
_WEIGHTS: Final = frozenset({"kg", "g", "mg", "lb", "lbs"})
_SHARES: Final = frozenset({"%", "percent", "per cent"})
_FEW_BELOW: Final = 0.05  # of the scans, a choice: a signed quantity is below 0 in more
_DATES: Final = ("%Y%m%d", "%d%m%Y", "%m%d%Y")
_FEWEST_DATES: Final = 5  # a choice: so many numbers of eight digits are all days by no chance
_STAND_INS: Final = (0.0, 9.0, 99.0, 999.0, 9999.0, -1.0, -9.0)
_APART: Final = 2.0  # times the widest gap between the others, a choice: what stands so far off is told


@dataclass(frozen=True)
class TwoUnits:
    """Two groups of values, each as `(low, high, scans)`; the second is about `times` as large.

    `like` names two such units.
    """

    small: tuple[float, float, int]
    large: tuple[float, float, int]
    times: float
    like: str = "cm and mm"


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


def is_size(unit: str) -> bool:
    """Whether a unit is one of sizes or weights."""
    return unit.strip().casefold() in _SIZES


def is_time(unit: str) -> bool:
    """Whether a unit is one of time.

    >>> is_time("Days"), is_time("mm")
    (True, False)
    """
    plain = unit.strip().casefold()
    return plain in _CLOCK or parts_of_a_year(plain) is not None


def below_zero(counts: Mapping[float, int], unit: str) -> list[float]:
    """The few values below 0 of a quantity that as a rule has none; none where they are many."""
    plain = unit.strip().casefold()
    return few_below_zero(counts) if plain in _SIZES | _CLOCK or parts_of_a_year(plain) else []


def few_below_zero(counts: Mapping[float, int]) -> list[float]:
    """The few values below 0, whatever is measured; none where they are many.

    >>> few_below_zero({-1: 2} | dict.fromkeys(range(20, 80), 1)), few_below_zero({-1: 9, 1: 9})
    ([-1], [])
    """
    values = _repeated(counts)
    if values.size < _FEWEST:
        return []
    below = sorted(value for value in counts if value < 0)
    share = float(np.mean(values < 0))
    return below if share <= _FEW_BELOW or (len(below) == 1 and share < 1 / 2) else []


def written_days(counts: Mapping[float, int]) -> bool:
    """Whether all numbers are days, written as 20200403 or 3042020.

    >>> written_days({20200403: 1, 20201231: 2, 20210101: 1, 20190630: 1, 20180228: 1})
    True
    """
    return len(counts) >= _FEWEST_DATES and any(
        all(_is_day(float(value), form) for value in counts) for form in _DATES
    )


def spreadsheet_days(counts: Mapping[float, int]) -> bool:
    """Whether all numbers may be days as a spreadsheet counts them: whole, and of 2000 to 2049.

    >>> spreadsheet_days(dict.fromkeys(range(45000, 45020), 1)), spreadsheet_days({45000: 9, 50: 9})
    (True, False)
    """
    values = _repeated(counts)
    enough = values.size >= _FEWEST and len(counts) >= _FEWEST_DATES
    return enough and all(float(value).is_integer() and int(value) in SERIAL_DAYS for value in counts)


def _is_day(value: float, form: str) -> bool:
    try:
        day = datetime.datetime.strptime(f"{int(value):08d}", form)
    except (ValueError, OverflowError):
        return False
    return value.is_integer() and 1900 <= day.year <= 2100


def apart(counts: Mapping[float, int]) -> float | None:
    """A number that often stands for nothing, in several scans and apart from all others; None without any.

    >>> apart({0: 7} | dict.fromkeys(range(20, 60), 1)), apart({0: 7} | dict.fromkeys(range(1, 60), 1))
    (0.0, None)
    """
    for code in _STAND_INS:
        others = _repeated({value: count for value, count in counts.items() if value != code})
        if counts.get(code, 0) < 2 or others.size < _FEWEST:
            continue
        far = _APART * float(np.diff(others).max())
        if 0 < far < max(float(others[0]) - code, code - float(others[-1])):
            return code
    return None


def two_units(counts: Mapping[float, int], unit: str = "") -> TwoUnits | None:
    """The two groups of values that look like one quantity in two units, None where there are none.

    `unit` is what the quantity should be in: it says which other units come into question.
    """
    values = _repeated(counts)
    if values.size < _FEWEST or values[0] <= 0 or len(counts) < 2:
        return None
    # Numbers are known to half a step: between 1 and 2, where all are whole, lies no gap.
    half = float(np.diff(np.array(sorted(counts), dtype=np.float64)).min()) / 2
    gaps = (values[1:] - half) / (values[:-1] + half)
    at = int(np.argmax(gaps)) + 1
    small, large = values[:at], values[at:]
    fewest = max(2, math.ceil(_SMALLEST_SHARE * values.size))
    if gaps[at - 1] < _GAP or min(small.size, large.size) < fewest:
        return None
    ratio = float(np.median(large) / np.median(small))
    known, like = _other_units(unit)
    times = min(known, key=lambda one: abs(math.log(ratio / one)))
    if not 1 / _ABOUT <= ratio / times <= _ABOUT:
        return None
    return TwoUnits(
        (float(small[0]), float(small[-1]), small.size),
        (float(large[0]), float(large[-1]), large.size),
        times,
        like,
    )


def _other_units(unit: str) -> tuple[tuple[float, ...], str]:
    """How many times another unit of the kind is this one, or it is the other; and two of them by name."""
    plain = unit.strip().casefold()
    if own := parts_of_a_year(plain):
        ratios = (max(own / other, other / own) for other in _OF_AGES)
        return tuple(ratio for ratio in ratios if ratio >= _FEWEST_TIMES), "years and months"
    if plain in _CLOCK:
        return _SIXTIES, "hours and minutes"
    if plain in _SHARES:
        return (100.0,), "per cent and parts of 1"
    return _TIMES, "kg and g" if plain in _WEIGHTS else "cm and mm"


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
