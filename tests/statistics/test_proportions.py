from __future__ import annotations

import pytest
from statsmodels.stats.proportion import proportion_confint

from pipeline.statistics import proportions

COUNTS = [(0, 1), (1, 1), (0, 7), (3, 7), (7, 7), (1, 200), (199, 200), (512, 1000)]


@pytest.mark.parametrize(("successes", "trials"), COUNTS)
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_both_intervals_agree_with_statsmodels(successes: int, trials: int, level: float) -> None:
    for found, method in ((proportions.wilson, "wilson"), (proportions.clopper_pearson, "beta")):
        estimate = found(successes, trials, level=level)
        low, high = proportion_confint(successes, trials, alpha=1 - level, method=method)
        assert estimate.low == pytest.approx(low, abs=1e-12)
        assert estimate.high == pytest.approx(high, abs=1e-12)


def test_a_share_of_nothing_is_withheld_with_a_reason() -> None:
    for found in (proportions.wilson, proportions.clopper_pearson):
        estimate = found(0, 0, level=0.95)
        assert estimate.value is None
        assert estimate.reason
