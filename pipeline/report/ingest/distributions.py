"""How patients spread over the values of an attribute.

Patients are counted once for every value that one of their cases has. What fewer than `FEWEST_SHOWN`
patients share could point to a person: such words are merged, such bins say "fewer".
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from pipeline.page.facts import FEWEST_SHOWN
from pipeline.records import Attribute

MOST_BARS = 8  # values told one by one; more numbers make a histogram, more words are merged
_BINS = 12  # a choice: about so many, before their width is rounded up
_ENDS = (1, 99)  # percentiles of patients; what lies beyond goes into the first and the last bin
_STEPS = (1, 2, 5, 10)

Values = Mapping[Attribute, Collection[str]]
Json = dict[str, Any]


def spread(values: Values, everyone: Collection[str], *, step: float | None = None) -> Json:
    """`{kind, rows, missing}` of an attribute whose `values` each have the patients that show them.

    A row is `{label, patients, share}`, share of `everyone`, with None for both where they are too few;
    `missing` has a row for the patients without a value, if there are any.
    Kinds: "same" (all patients have one value), "bars", "histogram" (bins of `step`, or of a round
    width), "few" (no value is shared by enough patients).
    """
    numbers = all(not isinstance(value, str) for value in values)
    binned = numbers and (step is not None or len(values) > MOST_BARS)
    rows = _histogram(values, step) if binned else _bars(values)
    silent = set(everyone).difference(*values.values())
    kind = "histogram" if binned and len(rows) > 1 else "bars"
    shared = [patients for _, patients in rows] if binned else values.values()
    if all(len(patients) < FEWEST_SHOWN for patients in shared):
        kind, rows, silent = "few", [], set()
    elif len(values) == 1 and not silent:
        kind = "same"
    return {
        "kind": kind,
        "rows": [_row(label, patients, everyone) for label, patients in rows],
        "missing": [_row("not stated", silent, everyone)] if silent else [],
    }


def hidden_if_few(patients: int) -> int | None:
    """The number of patients; None from 1 to 4."""
    return None if 0 < patients < FEWEST_SHOWN else patients


def _bars(values: Values) -> list[tuple[str, set[str]]]:
    """Numbers in their order, words by their patients; the rare ones together at the end."""
    numbers = all(not isinstance(value, str) for value in values)
    common = [value for value, patients in values.items() if len(patients) >= FEWEST_SHOWN]
    common.sort(key=lambda value: (-len(values[value]), str(value)))
    kept = sorted(common[:MOST_BARS], key=float) if numbers else common[:MOST_BARS]
    rare = [value for value in values if value not in kept]
    bars = [(_word(value), set(values[value])) for value in kept]
    if rare:
        label = f"{len(rare)} other values" if len(rare) > 1 else "another value"
        bars.append((label, set().union(*(values[value] for value in rare))))
    return bars


def _histogram(values: Values, step: float | None) -> list[tuple[str, set[str]]]:
    """Bins `start to end` from the first to the last that holds the middle 98 % of patients."""
    repeated = np.repeat([float(value) for value in values], [len(patients) for patients in values.values()])
    low, high = (float(end) for end in np.percentile(repeated, _ENDS))
    width = step or _round_step((high - low) / _BINS, whole=all(isinstance(value, int) for value in values))
    # 0.3 / 0.1 is a little less than 3, and belongs to the bin that begins there.
    first, last = math.floor(low / width + 1e-9), math.floor(high / width + 1e-9)
    bins: list[set[str]] = [set() for _ in range(first, last + 1)]
    for value, patients in values.items():
        place = math.floor(float(value) / width + 1e-9)
        bins[min(max(place, first), last) - first].update(patients)
    return [(_bin(first + index, width), patients) for index, patients in enumerate(bins)]


def _round_step(least: float, *, whole: bool) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is not below `least`."""
    if least <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(least))
    step = next(factor * power for factor in _STEPS if factor * power >= least * (1 - 1e-9))
    return max(step, 1.0) if whole else step


def _bin(index: int, width: float) -> str:
    return f"{index * width:.6g} to {(index + 1) * width:.6g}"


def _word(value: Attribute) -> str:
    return value.strip("\\").replace("\\", " / ") if isinstance(value, str) else f"{value:.6g}"


def _row(label: str, patients: Collection[str], everyone: Collection[str]) -> Json:
    shown = hidden_if_few(len(patients))
    return {
        "label": label,
        "patients": shown,
        "share": None if shown is None else shown / max(len(everyone), 1),
    }
