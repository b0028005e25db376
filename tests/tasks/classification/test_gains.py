"""Gains of a candidate over a reference, worked by hand or from published examples."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.tasks.classification.gains import gain
from pipeline.tasks.classification.pairs import Pairs, Scores


def pairs_of(truth, reference, candidate, *, patient=None, threshold=0.5):
    truth = np.array(truth, dtype=np.int64)
    patient = np.arange(truth.size) if patient is None else np.array(patient)

    def scores(positive):
        positive = np.array(positive, dtype=np.float64)
        return Scores(np.column_stack([1 - positive, positive]), (positive >= threshold).astype(np.int64))

    names = tuple(f"p{index:03d}" for index in range(truth.size))
    return Pairs(names, patient, truth, 1, scores(reference), scores(candidate))


EXAMPLE = pairs_of(
    [1, 1, 1, 1, 0, 0, 0, 0, 0, 0],
    [0.9, 0.8, 0.7, 0.4, 0.8, 0.6, 0.5, 0.4, 0.3, 0.1],
    [0.95, 0.6, 0.85, 0.7, 0.5, 0.65, 0.4, 0.3, 0.2, 0.1],
)


def test_the_gain_in_area_is_the_paired_difference_of_delong():
    # DeLong 1988, checked with MLstatkit: 0.9583 - 0.7917, 95 % interval -0.184272 to 0.517605
    found = gain("auroc", EXAMPLE, alpha=0.025, seed=1)
    assert found.value == pytest.approx(1 / 6, abs=1e-12)
    assert (found.low, found.high) == pytest.approx((-0.184271905127, 0.517605238461), abs=1e-9)
    assert found.standard_error == pytest.approx(0.0320601851852**0.5, abs=1e-9)
    assert found.method == "paired DeLong"


def test_models_that_order_all_patients_alike_have_no_interval_but_a_reason():
    same = pairs_of([1, 1, 0, 0], [0.9, 0.4, 0.5, 0.1], [0.8, 0.3, 0.4, 0.2])
    found = gain("auroc", same, alpha=0.01, seed=1)
    assert found.value == 0
    assert found.low is None
    assert "no variance" in found.reason


def test_cases_of_one_patient_are_resampled_together():
    # Every patient's case three times over: the point stays, and the error must not shrink.
    generator = np.random.default_rng(3)
    truth = np.repeat([1, 0], 20)
    reference, candidate = generator.random((2, 40)) * 0.5 + 0.3 * truth
    single = pairs_of(truth, reference, candidate)
    tripled = pairs_of(
        np.repeat(truth, 3),
        np.repeat(reference, 3),
        np.repeat(candidate, 3),
        patient=np.repeat(np.arange(40), 3),
    )
    exact = gain("auroc", single, alpha=0.05, seed=1)
    clustered = gain("auroc", tripled, alpha=0.05, seed=1)
    assert clustered.method == "resampled patients"
    assert clustered.value == pytest.approx(exact.value, abs=1e-12)
    assert clustered.standard_error == pytest.approx(exact.standard_error, rel=0.1)


def test_the_gain_in_sensitivity_counts_the_positives_that_are_found():
    # reference finds 3 of 4, candidate 4 of 4
    assert gain("sensitivity", EXAMPLE, alpha=0.05, seed=1).value == pytest.approx(0.25)


def test_the_gain_in_specificity_counts_the_negatives_that_are_left_alone():
    # of two negatives the reference flags none, the candidate one
    pairs = pairs_of([1, 1, 0, 0], [0.9, 0.8, 0.4, 0.1], [0.9, 0.8, 0.6, 0.1])
    found = gain("specificity", pairs, alpha=0.05, seed=1)
    assert (found.reference, found.candidate) == (1.0, 0.5)


def test_the_gain_in_brier_skill_is_measured_in_units_of_the_prevalence_forecast():
    # two of four positive, so always saying 0.5 scores 0.25; reference says 0.5 throughout: skill 0.
    # candidate: errors .1 .4 .3 .2, squares .01 .16 .09 .04, mean 0.075: skill 1 - 0.075 / 0.25 = 0.7
    pairs = pairs_of([1, 1, 0, 0], [0.5, 0.5, 0.5, 0.5], [0.9, 0.6, 0.3, 0.2])
    found = gain("brier_skill", pairs, alpha=0.05, seed=1)
    assert (found.reference, found.candidate) == pytest.approx((0.0, 0.7), abs=1e-12)


def test_decisions_that_agree_for_every_patient_give_no_interval():
    found = gain(
        "sensitivity", pairs_of([1, 1, 0, 0], [0.9, 0.4, 0.5, 0.1], [0.8, 0.3, 0.6, 0.2]), alpha=0.05, seed=1
    )
    assert found.value == 0
    assert found.low is None


def test_of_three_classes_the_areas_of_one_against_the_rest_are_averaged():
    truth = np.array([0, 0, 1, 1, 2, 2])
    perfect = Scores(np.eye(3)[truth] * 0.7 + 0.1, truth)
    # Class 2 is scored upside down, classes 0 and 1 are not told apart: (0.5 + 0.5 + 0) / 3
    blind = np.where(truth == 2, 0.2, 0.6)
    poor = Scores(np.column_stack([np.full(6, 0.25), np.full(6, 0.25), blind]), np.zeros(6, dtype=np.int64))
    pairs = Pairs(tuple("abcdef"), np.arange(6), truth, None, poor, perfect)
    found = gain("auroc", pairs, alpha=0.01, seed=1)
    assert (found.reference, found.candidate) == pytest.approx((1 / 3, 1.0))
    assert gain("sensitivity", pairs, alpha=0.05, seed=1).reference == pytest.approx(1 / 3)


def test_the_same_seed_gives_the_same_bounds():
    first, second, other = (gain("brier_skill", EXAMPLE, alpha=0.05, seed=seed) for seed in (1, 1, 2))
    assert first == second
    assert first != other
