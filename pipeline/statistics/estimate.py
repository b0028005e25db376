"""One estimated number with its interval, its method and, where something lacks, the reason."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from pipeline.statistics.laws import normal_quantile, normal_tail


@dataclass(frozen=True)
class Estimate:
    """A value with the ends of its interval.

    `value` is None when the quantity cannot be estimated, `low` and `high` are None when no interval
    can be given; `reason` says why in both cases. `flag` is a remark that does not withhold the number.
    A proportion has the counts that it is made of, `numerator` of `denominator`.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    method: str = ""
    reason: str | None = None
    flag: str | None = None
    numerator: int | None = None
    denominator: int | None = None

    def counted(self, numerator: int, denominator: int) -> Estimate:
        """The same proportion with its counts."""
        return replace(self, numerator=numerator, denominator=denominator)


def quantile(level: float) -> float:
    """The normal quantile of a two-sided interval: 1.959963985 for level 0.95."""
    return normal_quantile(0.5 + level / 2)


def two_sided_p(statistic: float) -> float:
    """The two-sided p-value of a standard normal statistic."""
    return 2 * normal_tail(abs(statistic))


def missing(reason: str, method: str = "") -> Estimate:
    """The estimate of what cannot be estimated, with the reason."""
    return Estimate(None, method=method, reason=reason)


def wald(value: float, standard_error: float, *, level: float, method: str) -> Estimate:
    """The value with its Wald interval, value -+ z standard errors; no interval at zero or nan error."""
    if not math.isfinite(standard_error) or standard_error <= 0:
        return Estimate(value, method=method, reason="the estimated variance is zero: no interval")
    half = quantile(level) * standard_error
    return Estimate(value, value - half, value + half, method)
