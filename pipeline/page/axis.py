"""The axis on which a metric's values and intervals are drawn: its range, as far as the values need it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.page.facts import MINUS
from pipeline.tasks.metric import Metric

PARTS: Final = 10
"""Ticks divide a range with two ends into so many parts."""
_ROUND: Final = (1, 2, 5, 10)
_ROUNDING: Final = 1e-9  # steps: nearer than this to a tick is on it


@dataclass(frozen=True)
class Axis:
    """An axis from `start` to `end` with a tick every `step` from its end down."""

    start: float
    end: float
    step: float

    def at(self, value: float, width: float) -> float:
        """The place of a value on an axis of that width, kept on it."""
        return min(max((value - self.start) / (self.end - self.start), 0.0), 1.0) * width

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """The places of the ticks as values, and as they are printed."""
        count = math.floor((self.end - self.start) / self.step + _ROUNDING)
        digits = max(0, -math.floor(math.log10(self.step) + _ROUNDING))
        values = [round(self.end - number * self.step, 12) for number in range(count, -1, -1)]
        return [(value, f"{value:.{digits}f}".replace("-", MINUS)) for value in values]


def axis(
    metric: Metric, values: Iterable[float | None], *, margin: float = 0.0, most_ticks: int = PARTS + 1
) -> Axis:
    """The axis of a metric that holds `values`, and a `margin` (a share of their range) beside them.

    >>> from pipeline.tasks.metric import UNBOUNDED
    >>> axis(Metric("auroc", "", "", ""), [0.86, 0.93])
    Axis(start=0.8, end=1.0, step=0.1)
    >>> axis(Metric("mae", "", "", "", high=UNBOUNDED), [3.1, None, 4.4], most_ticks=6)
    Axis(start=3.0, end=4.5, step=0.5)
    """
    known = [value for value in values if value is not None]
    if math.isfinite(metric.low) and math.isfinite(metric.high):
        return _in_range(metric, known, margin=margin, most_ticks=most_ticks)
    return _free(metric, known or [0.0], margin=margin, most_ticks=most_ticks)


def _in_range(metric: Metric, values: Sequence[float], *, margin: float, most_ticks: int) -> Axis:
    """To the upper end of the range, from the last tick before the values."""
    span = metric.high - metric.low
    lowest = min(values, default=metric.low) - margin * span
    for parts in (PARTS, PARTS // 2, 1):
        step = span / parts
        needed = max(1, math.ceil((metric.high - lowest) / step - _ROUNDING))
        if (length := min(needed, parts)) < most_ticks:
            break
    return Axis(round(metric.high - length * step, 12), metric.high, step)


def _free(metric: Metric, values: Sequence[float], *, margin: float, most_ticks: int) -> Axis:
    """Around the values, from tick to tick, within the range."""
    low, high = min(values), max(values)
    span = (high - low) or abs(high) or 1.0
    low, high = max(low - margin * span, metric.low), min(high + margin * span, metric.high)
    step = _round_step((high - low or span) / max(most_ticks - 2, 1))
    start = math.floor(low / step + _ROUNDING) * step
    end = max(math.ceil(high / step - _ROUNDING) * step, start + step)
    return Axis(round(start, 12), round(end, 12), step)


def _round_step(least: float) -> float:
    """The least of 1, 2 and 5 times a power of ten that isn't below `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor for factor in _ROUND if factor * power >= least * (1 - _ROUNDING)) * power
