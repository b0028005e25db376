"""How far apart two samples are: a p-value, a standardised difference and a stability index for each.

Pure functions of arrays with one value per patient, `old` and `new`.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from pipeline.statistics import standardised

BINS = 10  # tenths of the old patients, as the stability index is usually taken
_PERMUTATIONS = 9999  # with the observed table 10 000: the smallest p is 0.0001, small enough after Holm
_SMALLEST_EXPECTED = 5.0  # below it the chi-square law doesn't hold (Cochran 1954)

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]


def kolmogorov_smirnov(old: Numbers, new: Numbers) -> float:
    """The two-sided p-value that both samples come from one distribution."""
    from scipy import stats  # a second, which a look without a champion needs not wait

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the exact law underflows; its limit is used then
        return float(stats.ks_2samp(old, new).pvalue)


def standardised_difference(old: Numbers, new: Numbers) -> float:
    """|difference of means| in units of the common standard deviation; inf where there is no spread."""
    return abs(standardised.of_means(new, old))


def largest_share_difference(table: Counts) -> float:
    """The largest standardised difference of a category's share; rows of `table` are old and new."""
    old, new = table / table.sum(axis=1, keepdims=True)
    return max(abs(standardised.of_shares(float(p), float(q))) for p, q in zip(old, new, strict=True))


def independence(table: Counts, generator: np.random.Generator) -> float:
    """The p-value that old and new (rows of `table`) have the same shares of categories (columns).

    Chi-square where every expected count is at least 5, else a permutation test of the same statistic:
    random tables with both margins fixed (Patefield 1981).
    """
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2:
        return 1.0
    from scipy import stats

    expected = stats.contingency.expected_freq(table)
    if expected.min() >= _SMALLEST_EXPECTED:
        return float(stats.chi2_contingency(table, correction=False).pvalue)
    law = stats.random_table(table.sum(axis=1), table.sum(axis=0), seed=generator)
    permuted = _chi_square(np.asarray(law.rvs(_PERMUTATIONS)), expected)
    observed = float(_chi_square(table[None], expected)[0])
    # Equal tables differ in the last digits, as sums in another order do.
    return (1 + int(np.sum(permuted >= observed * (1 - 1e-12)))) / (1 + _PERMUTATIONS)


def stability_index(table: Counts) -> tuple[float, float]:
    """The population stability index of counts (rows old and new) and what unchanged data would give.

    sum (q - p) ln(q / p) over bins, half a patient added to each so that empty bins have a logarithm. By
    chance alone it is about (bins - 1)(1/n_old + 1/n_new), so no fixed limit means anything.
    """
    bins = table.shape[1]
    smooth = (table + 0.5) / (table.sum(axis=1, keepdims=True) + 0.5 * bins)
    old, new = smooth
    n_old, n_new = table.sum(axis=1)
    return float(np.sum((new - old) * np.log(new / old))), float((bins - 1) * (1 / n_old + 1 / n_new))


def binned(old: Numbers, new: Numbers) -> Counts:
    """Counts `(2, bins)` of both samples in at most ten bins of equal mass in `old`."""
    edges = np.unique(np.quantile(old, np.linspace(0, 1, BINS + 1)[1:-1]))
    places = (np.searchsorted(edges, values, side="left") for values in (old, new))
    return np.stack([np.bincount(place, minlength=len(edges) + 1) for place in places])


def cross_table(old: list[str], new: list[str]) -> Counts:
    """Counts `(2, categories)` of both samples, categories sorted."""
    categories = sorted({*old, *new})
    return np.array([[values.count(category) for category in categories] for values in (old, new)])


def _chi_square(tables: NDArray[np.float64] | Counts, expected: NDArray[np.float64]) -> NDArray[np.float64]:
    squares: NDArray[np.float64] = ((tables - expected) ** 2 / expected).sum(axis=(-2, -1))
    return squares
