from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics

from pipeline.statistics import confusion


def test_all_rates_agree_with_scikit_learn() -> None:
    generator = np.random.default_rng(1)
    truth = (generator.random(300) < 0.3).astype(int)
    flagged = generator.random(300) < 0.2 + 0.5 * truth
    found = confusion.rates(confusion.confusion(truth, flagged))
    expected = {
        "accuracy": metrics.accuracy_score(truth, flagged),
        "alarm_share": flagged.mean(),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, flagged),
        "f1": metrics.f1_score(truth, flagged),
        "kappa": metrics.cohen_kappa_score(truth, flagged),
        "mcc": metrics.matthews_corrcoef(truth, flagged),
        "npv": metrics.precision_score(1 - truth, ~flagged),
        "ppv": metrics.precision_score(truth, flagged),
        "sensitivity": metrics.recall_score(truth, flagged),
        "specificity": metrics.recall_score(1 - truth, ~flagged),
    }
    assert found == pytest.approx(expected)


def test_the_four_counts_add_up_to_the_cases() -> None:
    truth = np.array([1, 1, 1, 0, 0])
    flagged = np.array([True, True, False, True, False])
    assert confusion.confusion(truth, flagged) == (2, 1, 1, 1)


def test_an_empty_denominator_is_undefined_not_zero() -> None:
    nobody_flagged = confusion.rates(confusion.Confusion(tp=0, fp=0, fn=3, tn=4))
    assert math.isnan(nobody_flagged["ppv"])
    assert math.isnan(nobody_flagged["mcc"])
    assert nobody_flagged["sensitivity"] == 0
    assert nobody_flagged["f1"] == 0
