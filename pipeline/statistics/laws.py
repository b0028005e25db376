"""Quantiles and tails of the laws that intervals and tests need.

They are the functions that scipy.stats itself calls. Every command imports this module and few ask it
anything: scipy.stats takes longer to import than most commands take to run, scipy.special a third of that.
"""

from __future__ import annotations

import functools
import importlib
import math
from types import ModuleType


@functools.cache
def _special() -> ModuleType:
    return importlib.import_module("scipy.special")


def normal_quantile(share: float) -> float:
    """The standard normal number below which a share of the law lies: 1.959963985 for 0.975."""
    return float(_special().ndtri(share))


def normal_tail(statistic: float) -> float:
    """The share of the standard normal law above `statistic`."""
    return float(_special().ndtr(-statistic))


def student_quantile(share: float, freedom: float) -> float:
    """The number below which a share of Student's t with `freedom` degrees of freedom lies."""
    return float(_special().stdtrit(freedom, share))


def f_quantile(share: float, above: float, below: float) -> float:
    """The number below which a share of the F law with these degrees of freedom lies."""
    return float(_special().fdtri(above, below, share))


def beta_quantile(share: float, a: float, b: float) -> float:
    """The number below which a share of the beta law lies."""
    return float(_special().betaincinv(a, b, share))


def poisson_tail(count: int, expected: float) -> float:
    """How probable more than `count` events are where `expected` are to be expected."""
    return float(_special().pdtrc(count, expected))


def beta_binomial(count: int, throws: int, a: float, b: float) -> float:
    """How probable `count` or fewer of `throws` are whose common probability follows the beta law."""
    whole = _log_beta(a, b)
    terms = (
        math.log(math.comb(throws, heads)) + _log_beta(heads + a, throws - heads + b) - whole
        for heads in range(count + 1)
    )
    return min(1.0, math.fsum(math.exp(term) for term in terms))


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def fair_coin(heads: int, throws: int) -> tuple[float, float]:
    """How probable `heads` or fewer of `throws` are, and exactly `heads`; for heads < throws."""
    at_most = float(_special().betainc(throws - heads, heads + 1, 0.5))
    return at_most, math.comb(throws, heads) / 2**throws  # of whole numbers, so that none underflows
