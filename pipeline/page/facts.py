"""A fact: one number of the report with everything needed to judge it, and how it is printed.

Facts have the fields of a metric in metrics.json, so that report.json can be read by the same code.
A fact without an interval says why; nothing is printed that is not a fact.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.contracts.metrics import Metric

COUNTED = "a count, not an estimate"
SETTING = "a setting, not an estimate"
RECORDED = "recorded, not an estimate"
DESCRIBED = "describes these data, no inference"
_MOST_PLACES = 9  # after the point: less is nothing in any unit that people measure in
FEWEST_SHOWN = 5  # patients: smaller groups could point to a person
MEASURES = ("mm", "pixels", "s", "mm per pixel", "input value")
EN_DASH, MINUS, THIN_SPACE = "–", "−", "\u202f"


@dataclass(frozen=True)
class Fact:
    """One number; `value` is None where it can't be had, and then `reason` says why.

    `low` and `high` are the ends of the interval at `level`; `unit` says what is counted, or what has one
    vote; `rule` names the method in the report's own list of methods; `cases`, `patients` and
    `positive_patients` are what the number rests on. `measured_in` is the unit of value and interval, empty
    for a pure number. A proportion is `numerator` of `denominator` of what has one vote.
    """

    id: str
    value: float | int | str | None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    unit: str = ""
    method: str = ""
    rule: str = ""
    part: str = ""
    group: str = ""
    target: str = ""
    cases: int | None = None
    patients: int | None = None
    positive_patients: int | None = None
    flag: str = ""
    reason: str = ""
    measured_in: str = ""
    numerator: int | None = None
    denominator: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The fact as plain JSON values."""
        return asdict(self)


def of_metric(metric: Metric, measured_in: str = "") -> Fact:
    """The fact that a metric of metrics.json is; its class is the target where it has one."""
    return Fact(
        metric.id, metric.value, metric.low, metric.high, metric.level, unit=metric.unit,
        method=metric.method, rule=metric.rule or "", part=metric.part, group=metric.group or "",
        target=metric.class_ or metric.target or "", cases=metric.cases, patients=metric.patients,
        positive_patients=metric.positive_patients, flag=metric.flag or "", reason=metric.reason or "",
        measured_in=measured_in, numerator=metric.numerator, denominator=metric.denominator,
    )  # fmt: skip


def count(name: str, value: int, unit: str, part: str = "") -> Fact:
    """A count of things; it is its own n."""
    return Fact(name, value, unit=unit, method="count", part=part, reason=COUNTED)


def small_count(name: str, patients: int, part: str) -> Fact:
    """A count of patients that hides numbers from 1 to 4: a small group could point to a person."""
    if 0 < patients < FEWEST_SHOWN:
        return Fact(
            name,
            None,
            unit="patients",
            method="count",
            part=part,
            reason=f"fewer than {FEWEST_SHOWN} patients",
        )
    return count(name, patients, "patients", part)


def setting(name: str, value: float | int | str | None, unit: str = "", *, measured_in: str = "") -> Fact:
    """A value chosen by people beforehand."""
    reason = SETTING if value is not None else "not set"
    return Fact(name, value, unit=unit, measured_in=measured_in, method="setting", reason=reason)


def recorded(name: str, value: float | int | str | None, unit: str = "") -> Fact:
    """A value written down by an earlier stage, such as a digest or a number of epochs."""
    return Fact(
        name, value, unit=unit, method="record", reason=RECORDED if value is not None else "not recorded"
    )


def unavailable(name: str, reason: str) -> Fact:
    """A number that can't be had, and why."""
    return Fact(name, None, reason=reason)


def shown_value(value: float | int | str | None) -> str:
    """The number as printed: three decimals for fractions, thousands apart for large counts.

    >>> shown_value(0.91249), shown_value(1000), shown_value(None), shown_value(-0.25), shown_value(-0.0004)
    ('0.912', '1000', '–', '−0.250', '0.000')
    """
    if value is None:
        return EN_DASH
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, int):
        return _apart(f"{value:,}")
    whole_digits = len(str(int(abs(value))))
    return _apart(f"{value:,.{3 if whole_digits == 1 else max(0, 4 - whole_digits)}f}")


def shown_measure(value: float) -> str:
    """A number that has a unit as printed: to three digits, whatever the unit makes of its size.

    >>> shown_measure(5.8403), shown_measure(0.0023), shown_measure(189.73), shown_measure(0.0)
    ('5.84', '0.00230', '190', '0.00')
    """
    places = 2 - math.floor(math.log10(abs(value))) if value else 2
    return _apart(f"{value:,.{min(max(0, places), _MOST_PLACES)}f}")


def printed(fact: Mapping[str, Any]) -> str:
    """The value of a fact as printed; measures and settings without needless digits.

    >>> printed(setting("goal", 0.9).to_json()), printed(recorded("width", 47.58, "mm").to_json())
    ('0.9', '47.6')
    >>> printed(Fact("hd95", 5.8403, measured_in="mm").to_json())
    '5.84'
    """
    value = fact["value"]
    if not isinstance(value, float):
        return shown_value(value)
    if fact["method"] == "setting":
        return _apart(f"{value:g}")
    if fact.get("measured_in"):  # a report of an earlier version says none
        return shown_measure(value)
    return _apart(f"{value:.3g}") if fact["unit"] in MEASURES and abs(value) < 1000 else shown_value(value)


def shown_interval(low: float | None, high: float | None, measured_in: str = "") -> str:
    """Both ends of an interval, or a dash; of what has a unit to three digits.

    >>> shown_interval(0.88123, 0.94), shown_interval(-0.2, 0.1), shown_interval(5.1234, 12.51, "mm")
    ('0.881–0.940', '−0.200 to 0.100', '5.12–12.5')
    """
    if low is None or high is None:
        return EN_DASH
    first, last = (shown_measure(end) if measured_in else shown_value(end) for end in (low, high))
    return f"{first}{' to ' if first.startswith(MINUS) else EN_DASH}{last}"


def shown_p(value: float | None) -> str:
    """A p value as journals print it.

    >>> shown_p(0.0004), shown_p(0.0312), shown_p(1.0)
    ('< 0.001', '0.031', '1.000')
    """
    if value is None:
        return EN_DASH
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def stated_p(value: float | None) -> str:
    """A p value in a sentence.

    >>> stated_p(0.0004), stated_p(0.0312)
    ('p < 0.001', 'p = 0.031')
    """
    shown = shown_p(value)
    return f"p {shown}" if shown.startswith("<") else f"p = {shown}"


def _apart(digits: str) -> str:
    """Digits with a true minus, thousands apart from five digits on; what rounds to zero has no sign."""
    if not digits.strip("-0.,"):
        digits = digits.lstrip("-")
    whole = digits.partition(".")[0].lstrip("-").replace(",", "")
    return digits.replace(",", THIN_SPACE if len(whole) > 4 else "").replace("-", MINUS)
