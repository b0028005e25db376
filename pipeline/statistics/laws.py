"""Quantiles and tails of the laws that intervals and tests need.

They are the functions that scipy.stats itself calls. Every command imports this module and few ask it
anything, and scipy.stats takes longer to import than most commands take to run.
"""

from __future__ import annotations

import math

from scipy import special


def normal_quantile(share: float) -> float:
    """The standard normal number below which a share of the law lies: 1.959963985 for 0.975."""
    return float(special.ndtri(share))


def normal_tail(statistic: float) -> float:
    """The share of the standard normal law above `statistic`."""
    return float(special.ndtr(-statistic))


def student_quantile(share: float, freedom: float) -> float:
    """The number below which a share of Student's t with `freedom` degrees of freedom lies."""
    return float(special.stdtrit(freedom, share))


def f_quantile(share: float, above: float, below: float) -> float:
    """The number below which a share of the F law with these degrees of freedom lies."""
    return float(special.fdtri(above, below, share))


def beta_quantile(share: float, a: float, b: float) -> float:
    """The number below which a share of the beta law lies."""
    return float(special.betaincinv(a, b, share))


def poisson_tail(count: int, expected: float) -> float:
    """How probable more than `count` events are where `expected` are to be expected."""
    return float(special.pdtrc(count, expected))


def fair_coin(heads: int, throws: int) -> tuple[float, float]:
    """How probable `heads` or fewer of `throws` are, and exactly `heads`; for heads < throws."""
    at_most = float(special.betainc(throws - heads, heads + 1, 0.5))
    return at_most, math.comb(throws, heads) / 2**throws  # of whole numbers, so that none underflows
