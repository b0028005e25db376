from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from pipeline.statistics import bootstrap, ranking
from pipeline.tasks.classification import points
from pipeline.tasks.classification.points import Scored

TRUTH = np.array([1, 1, 1, 0, 0, 0, 0])
SCORE = np.array([0.9, 0.5, 0.04, 0.7, 0.3, 0.1, 0.0])


def _none() -> bootstrap.Resampled:
    return bootstrap.Resampled({}, {}, 0)


def test_ten_thresholds_are_shown_and_the_one_in_use_among_them_once() -> None:
    assert points.thresholds(None).tolist() == [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    assert points.thresholds(0.35).size == 11
    assert points.thresholds(0.5).size == 10
    assert points.thresholds(2.0).size == 10  # above every score: nobody is flagged


def test_a_row_counts_what_is_found_and_flagged_at_its_threshold_with_wilsons_interval() -> None:
    seen = Scored(TRUTH, SCORE, np.arange(7))
    [row] = points.rows(seen, np.array([0.5]), _none(), prefix="", level=0.95)
    counted = {
        name: (cell["numerator"], cell["denominator"]) for name, cell in row.items() if name != "threshold"
    }
    assert counted == {
        "sensitivity": (2, 3), "specificity": (3, 4), "ppv": (2, 3), "npv": (3, 4), "alarm_share": (3, 7),
    }  # fmt: skip
    low, high = proportion_confint(3, 4, alpha=0.05, method="wilson")
    assert (row["npv"]["low"], row["npv"]["high"]) == pytest.approx((low, high))


def test_with_nobody_flagged_there_is_no_predictive_value_but_a_reason() -> None:
    seen = Scored(TRUTH, SCORE, np.arange(7))
    [row] = points.rows(seen, np.array([0.95]), _none(), prefix="", level=0.95)
    assert row["ppv"]["value"] is None
    assert row["ppv"]["reason"] == "nobody is in the denominator"
    assert (row["sensitivity"]["numerator"], row["sensitivity"]["denominator"]) == (0, 3)


def test_where_patients_recur_the_interval_is_resampled_by_patient() -> None:
    patient = np.array([0, 0, 1, 2, 2, 3, 4])
    at = np.array([0.5])
    ranked = ranking.rank(TRUTH, SCORE, patient)
    cuts = ranked.positions(at)
    member = np.array([[False, True], [False, True], [True, False], [True, False], [True, False]])
    drawn = bootstrap.resample(
        lambda weights: points.drawn_rates(ranked.counts(weights), cuts), member, resamples=300, seed=1
    )
    [row] = points.rows(Scored(TRUTH, SCORE, patient), at, drawn, prefix="", level=0.9)
    values = drawn.values["points_sensitivity"][:, 0]
    assert drawn.point["points_sensitivity"][0] == pytest.approx(2 / 3)
    assert (row["sensitivity"]["low"], row["sensitivity"]["high"]) == pytest.approx(
        tuple(np.nanquantile(values, [0.05, 0.95]))
    )
    assert row["sensitivity"]["method"] == bootstrap.METHOD
