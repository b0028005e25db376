import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm

from pipeline.statistics import agreement
from pipeline.statistics.agreement import Measurements

EXAMPLES = {
    example["id"]: example
    for example in json.loads(
        Path(__file__).with_name("evaluation_examples.json").read_text(encoding="utf-8")
    )["examples"]
}
LEVEL = 0.95


def _worked(name: str) -> tuple[Measurements, dict[str, float], float]:
    example = EXAMPLES[name]
    reference, prediction = (
        np.array(example["input"][key], dtype=float) for key in ("reference", "prediction")
    )
    return (
        Measurements(reference, prediction, np.arange(reference.size)),
        example["expect"],
        example["tol_abs"],
    )


def _repeated(seed: int = 0) -> Measurements:
    """Forty rows of at most fifteen patients whose rows err alike."""
    generator = np.random.default_rng(seed)
    patient = np.unique(generator.integers(0, 15, 40), return_inverse=True)[1]
    prediction = generator.normal(60, 10, 40)
    shared = generator.normal(0, 3, 15)[patient]
    return Measurements(5 + 0.9 * prediction + generator.normal(0, 4, 40) + shared, prediction, patient)


def test_errors_bias_and_limits_of_agreement_come_out_as_published() -> None:
    rows, expected, tolerance = _worked("T18-BA")
    found: dict[str, Any] = dict(agreement.statistic(rows)(np.ones(rows.patients)))
    bias = agreement.bias(rows, level=LEVEL)
    low, high = agreement.limits(rows, level=LEVEL)
    found |= {"loa_low": low.value, "loa_low_ci_low": low.low, "loa_low_ci_high": low.high}
    found |= {"loa_high": high.value, "loa_high_ci_low": high.low, "loa_high_ci_high": high.high}
    found |= {"bias": bias.value, "bias_ci_low": bias.low, "bias_ci_high": bias.high}
    found["loa_se"] = agreement.limit_error(found["sd"], rows.patients)
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=tolerance)


def test_the_intraclass_correlation_comes_out_as_published() -> None:
    rows, expected, tolerance = _worked("T18-ICC")
    found = agreement.icc(rows, level=LEVEL)
    ends = {"icc_a1": found.value, "ci_low": found.low, "ci_high": found.high}
    assert ends == pytest.approx(expected, abs=tolerance)


def test_the_weighted_sums_give_what_the_analysis_of_variance_gives() -> None:
    rows = _repeated().per_patient()
    summed = agreement.statistic(rows)(np.ones(rows.patients))
    assert summed["icc"] == pytest.approx(agreement.icc(rows, level=LEVEL).value, abs=1e-12)
    low, high = agreement.limits(rows, level=LEVEL)
    assert (summed["limit_low"], summed["limit_high"]) == pytest.approx((low.value, high.value))


def test_a_patient_drawn_twice_counts_like_two_patients() -> None:
    rows = Measurements(np.array([1.0, 2.0, 5.0]), np.array([1.5, 1.0, 6.0]), np.arange(3))
    twice = Measurements(np.array([1.0, 1, 5]), np.array([1.5, 1.5, 6]), np.arange(3))
    weighted = agreement.statistic(rows)(np.array([2.0, 0.0, 1.0]))
    assert dict(weighted) == pytest.approx(dict(agreement.statistic(twice)(np.ones(3))))


def test_the_bias_of_patients_who_recur_has_the_interval_of_a_clustered_regression() -> None:
    rows = _repeated()
    oracle = sm.OLS(rows.difference, np.ones(40)).fit(
        cov_type="cluster", cov_kwds={"groups": rows.patient}, use_t=True
    )
    found = agreement.bias(rows, level=LEVEL)
    assert [found.low, found.high] == pytest.approx(oracle.conf_int()[0], abs=1e-9)


@pytest.mark.parametrize("rows", [_repeated(), _repeated().per_patient()], ids=["recurring", "once"])
def test_slope_and_intercept_are_those_of_a_clustered_regression(rows: Measurements) -> None:
    oracle = sm.OLS(rows.reference, sm.add_constant(rows.prediction)).fit(
        cov_type="cluster", cov_kwds={"groups": rows.patient}, use_t=True
    )
    found = agreement.recalibration(rows, level=LEVEL)
    for name, value, ends in zip(("intercept", "slope"), oracle.params, oracle.conf_int(), strict=True):
        assert found[name].value == pytest.approx(value, abs=1e-9)
        assert [found[name].low, found[name].high] == pytest.approx(ends, abs=1e-8)


def test_a_prediction_that_never_varies_has_no_slope_and_says_why() -> None:
    rows = Measurements(np.arange(5.0), np.full(5, 2.0), np.arange(5))
    assert agreement.recalibration(rows, level=LEVEL)["slope"].reason == "the predictions don't vary"


def test_a_reference_that_never_varies_has_an_error_but_no_explained_variance() -> None:
    rows = Measurements(np.full(4, 1e6), 1e6 + np.arange(1.0, 5), np.arange(4))
    found = agreement.statistic(rows)(np.ones(4))
    assert found["mae"] == pytest.approx(2.5)
    assert np.isnan(found["r2"])


def test_differences_that_are_all_alike_have_no_interval_of_no_width() -> None:
    rows = Measurements(np.arange(6.0), np.arange(6.0) + 1, np.arange(6))
    for estimate in (agreement.bias(rows, level=LEVEL), *agreement.limits(rows, level=LEVEL)):
        assert estimate.low is None
        assert estimate.reason == "the estimated variance is zero: no interval"
    assert agreement.icc(rows, level=LEVEL).low is None


def test_formulas_for_independent_rows_are_refused_where_patients_recur() -> None:
    for formula in (agreement.limits, agreement.icc):
        with pytest.raises(ValueError, match="patients recur"):
            formula(_repeated(), level=LEVEL)


def test_a_patients_row_is_the_mean_of_the_patients_scans() -> None:
    rows = Measurements(np.array([1.0, 3, 10]), np.array([2.0, 6, 11]), np.array([0, 0, 1]))
    single = rows.per_patient()
    assert (single.reference.tolist(), single.prediction.tolist()) == ([2.0, 10.0], [4.0, 11.0])
