from __future__ import annotations

import pytest
from statsmodels.stats.contingency_tables import mcnemar as reference

from pipeline.statistics.paired import mcnemar


@pytest.mark.parametrize(("b", "c"), [(1, 0), (0, 6), (3, 4), (12, 30), (30, 12), (100, 90)])
def test_the_exact_p_agrees_with_statsmodels_at_every_n(b: int, c: int) -> None:
    assert mcnemar(b, c).p_exact == pytest.approx(reference([[50, b], [c, 50]], exact=True).pvalue)


def test_the_mid_p_is_below_the_exact_one() -> None:
    found = mcnemar(3, 12)
    assert 0 < found.p_mid < found.p_exact


def test_without_discordant_patients_nothing_speaks_for_a_difference() -> None:
    assert (mcnemar(0, 0).p_exact, mcnemar(0, 0).p_mid) == (1.0, 1.0)
