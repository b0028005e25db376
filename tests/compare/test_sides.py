"""The guard that few change sides for the worse, and who does by group."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.stats import beta, binom

from pipeline.compare.rows import Evidence, rows
from pipeline.compare.rule import GUARD_ALPHA
from pipeline.compare.sides import cap_row, flips
from pipeline.compare.verdict import decide
from pipeline.config import Compare
from pipeline.contracts.comparison import Flips, Sides
from pipeline.tasks.classification.classes import of_names
from pipeline.tasks.classification.pairs import Pairs, Scores
from pipeline.tasks.registry import task_of

TASK = task_of("classification")
CLASSES = of_names(["no", "yes"])


def of_patients(negative: int, patients: int) -> Flips:
    sides = Sides("", patients, negative, 0)
    return Flips(patients, negative, 0, negative / max(patients, 1), None, None, sides=sides)


def test_a_share_that_is_shown_to_be_above_the_limit_fails_with_its_arithmetic() -> None:
    row = cap_row(of_patients(16, 100), most=0.08)
    # exact one-sided bounds, of the oracle: 16 of 100
    low, high = beta.ppf(0.05, 16, 85), beta.ppf(0.95, 17, 84)
    assert (row.value, row.low, row.high) == (-0.16, pytest.approx(-high), pytest.approx(-low))
    assert (row.outcome, row.role, row.bound, row.patients) == ("FAIL", "guard", -0.08, 100)
    assert row.sentence == (
        "test, at most 0.08 of the patients for the worse (right before, wrong now): 16 of 100 = 0.1600; "
        f"one-sided bounds at alpha 0.05 are {low:.4f} and {high:.4f} (Clopper-Pearson); {low:.4f} > 0.08: FAIL."
    )
    assert decide([row]) == "KEEP"


def test_few_patients_leave_it_open_and_many_without_a_flip_pass() -> None:
    assert cap_row(of_patients(2, 10), most=0.1).outcome == "UNKNOWN"
    # nobody of 60: the upper bound is 1 - 0.05 ** (1 / 60) = 0.0487
    assert cap_row(of_patients(0, 60), most=0.05).outcome == "PASS"
    assert cap_row(of_patients(0, 58), most=0.05).outcome == "UNKNOWN"  # 0.0504
    nobody = cap_row(None, most=0.05)
    assert (nobody.outcome, nobody.sentence.endswith("it has no patients. UNKNOWN.")) == ("UNKNOWN", True)


@pytest.mark.parametrize(("patients", "most"), [(30, 0.05), (100, 0.1), (400, 0.02)])
def test_a_candidate_at_the_limit_fails_in_one_of_twenty_comparisons_at_most(
    patients: int, most: float
) -> None:
    fails = [cap_row(of_patients(k, patients), most=most).outcome == "FAIL" for k in range(patients + 1)]
    assert 0 < binom.pmf(np.arange(patients + 1), patients, most)[fails].sum() <= GUARD_ALPHA


def pairs_of(lost: int, patients: int = 100) -> Pairs:
    """Patients of whom the champion has all right and the candidate the first `lost` wrong."""
    truth = np.arange(patients) % 2
    decided = np.where(np.arange(patients) < lost, 1 - truth, truth)
    scores = [Scores(np.column_stack([1 - said, said]).astype(float), said) for said in (truth, decided)]
    return Pairs(tuple(f"p{n:03d}" for n in range(patients)), np.arange(patients), truth, 1, *scores)


def test_the_row_stands_among_the_guards_where_the_rule_has_a_limit_and_else_nowhere() -> None:
    pairs = pairs_of(12)
    found = flips(TASK, pairs, {}, question=CLASSES, level=0.95)
    evidence = Evidence(pairs, frozenset(pairs.names), flips=found)
    maintain = Compare(objective="maintain")
    limited = Compare(objective="maintain", max_negative_flips=0.05)
    without = rows(TASK, maintain, evidence, alpha=0.01, seed=1)
    assert "guard_negative_flips" not in [row.rule for row in without]
    row = rows(TASK, limited, evidence, alpha=0.01, seed=1)[-1]
    assert (row.rule, row.value, row.outcome) == ("guard_negative_flips", -0.12, "FAIL")


def test_who_changes_sides_is_counted_by_group() -> None:
    pairs = pairs_of(3)
    first = pairs.chosen(np.arange(100) < 10)
    found = flips(TASK, pairs, {"site = B": None, "site = A": first}, question=CLASSES, level=0.95)
    assert found is not None
    assert [(each.name, each.patients, each.negative) for each in found.groups] == [("site = A", 10, 3)]


def test_a_rule_without_a_limit_has_the_digest_that_it_had_before_there_was_one() -> None:
    assert "max_negative_flips" not in json.loads(Compare().model_dump_json())
    assert Compare(max_negative_flips=0.1).model_dump()["max_negative_flips"] == 0.1
