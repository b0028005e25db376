"""How often bootstrapped bounds miss the truth, by simulation: their size at the alphas that are used."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from pipeline.tasks.classification.gains import gain
from pipeline.tasks.classification.pairs import Pairs, Scores

STUDIES = 200


def equal_models(generator, *, patients, cases):
    """Two models of the same quality on patients with some cases each, a third of the patients positive."""
    truth = np.repeat(np.arange(patients) % 3 == 0, cases)
    patient = np.repeat(np.arange(patients), cases)
    shared = np.repeat(generator.standard_normal(patients), cases)
    scores = []
    for _ in range(2):
        logit = 1.2 * truth + 0.8 * shared + 0.6 * generator.standard_normal(truth.size)
        positive = expit(logit)
        scores.append(Scores(np.column_stack([1 - positive, positive]), (positive >= 0.6).astype(np.int64)))
    return Pairs(tuple(map(str, range(truth.size))), patient, truth.astype(np.int64), 1, *scores)


def misses(metric, *, alpha, cases):
    """How often the lower and the upper bound miss a true gain of 0."""
    generator = np.random.default_rng(36)
    above = below = 0
    for _ in range(STUDIES):
        found = gain(metric, equal_models(generator, patients=150, cases=cases), alpha=alpha, seed=1)
        above += found.low > 0
        below += found.high < 0
    return above, below


@pytest.mark.slow
@pytest.mark.parametrize(
    ("metric", "alpha", "cases"),
    [("auroc", 0.01, 2), ("sensitivity", 0.05, 1)],
    ids=["area", "sensitivity"],
)
def test_each_bound_is_missed_about_as_often_as_alpha_says(metric, alpha, cases):
    # a binomial count: three standard deviations above its expectation
    most = STUDIES * alpha + 3 * (STUDIES * alpha * (1 - alpha)) ** 0.5
    above, below = misses(metric, alpha=alpha, cases=cases)
    print(f"alpha {alpha}: missed above {above}, below {below} of {STUDIES}")
    assert max(above, below) <= most
