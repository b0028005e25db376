from __future__ import annotations

import pytest
from statsmodels.stats.proportion import proportion_confint

from pipeline.statistics import proportions
from pipeline.statistics.estimate import Estimate

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


def test_a_resampled_share_of_0_or_1_has_wilsons_interval_of_the_patients() -> None:
    inside = Estimate(0.5, 0.3, 0.7, "resampled patients")
    assert proportions.at_an_end(inside, 20, level=0.95) == inside
    for share in (0.0, 1.0):
        alike = Estimate(share, method="resampled patients", reason="no interval")
        found = proportions.at_an_end(alike, 20, level=0.95)
        assert found == proportions.wilson(20 * share, 20, level=0.95)
