from __future__ import annotations

import numpy as np
import pytest

from pipeline.statistics.net_benefit import net_benefit, treat_all


def test_a_perfect_test_gains_the_prevalence_at_every_threshold() -> None:
    thresholds = np.array([0.1, 0.5, 0.9])
    found = net_benefit(np.ones(3), np.ones(3), 0.3, threshold=thresholds)
    assert found == pytest.approx(np.full(3, 0.3))


def test_acting_on_everybody_gains_nothing_where_the_threshold_is_the_prevalence() -> None:
    assert treat_all(0.2, threshold=np.array([0.2]))[0] == pytest.approx(0.0)
