"""The guards on what sets hold and on whom a candidate abstains."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta, betabinom

from pipeline.compare.rows import Evidence, rows
from pipeline.compare.trust import abstained_row, coverage_rows
from pipeline.compare.verdict import Row, decide
from pipeline.config import Compare, Evaluate
from pipeline.contracts.metrics import Metric
from pipeline.statistics.conformal import held_or_fewer
from pipeline.tasks.classification.answers import Frozen, Sets
from pipeline.tasks.classification.classes import of_names
from pipeline.tasks.gain import Promise
from pipeline.tasks.registry import task_of

PROMISES = [Promise("set_coverage", "no", 0.9, 40), Promise("set_coverage", "yes", 0.9, 40)]


def held(class_: str, numerator: int, denominator: int, **changes: object) -> Metric:
    values = {
        "id": "set_coverage", "part": "test", "unit": "patient", "value": numerator / denominator, "low": None,
        "high": None, "level": 0.95, "method": "Wilson", "class_": class_, "numerator": numerator,
        "denominator": denominator, "patients": 200, "cases": 200,
    }  # fmt: skip
    return Metric(**(values | changes))  # type: ignore[arg-type]


def test_a_class_that_is_held_too_rarely_fails_with_its_arithmetic_and_vetoes() -> None:
    found = coverage_rows(PROMISES, [held("no", 92, 100), held("yes", 70, 100)], unit="patient")
    assert [(row.part, row.outcome) for row in found] == [("test, no", "PASS"), ("test, yes", "FAIL")]
    row = found[1]
    # of 40 patients the 37th in order sets the limit: 41 x 0.9 = 36.9
    chance = betabinom.cdf(70, 100, 37, 4)
    low, high = beta.ppf(0.025, 70, 31), beta.ppf(0.975, 71, 30)
    assert (row.value, row.low, row.high) == pytest.approx((-0.2, low - 0.9, high - 0.9))
    for told in ("70 of 100 = 0.7000", f"{low:.4f} and {high:.4f}", f"{chance:.4f} < 0.025: FAIL."):
        assert told in row.sentence
    assert decide(found) == "KEEP"


def test_a_share_below_the_promise_that_validation_explains_is_left_open() -> None:
    (row, _) = coverage_rows(PROMISES, [held("no", 82, 100), held("yes", 95, 100)], unit="patient")
    assert betabinom.cdf(82, 100, 37, 4) > 0.025
    assert row.outcome == "UNKNOWN"


@pytest.mark.parametrize(("validation", "tested"), [(10, 30), (40, 100), (200, 50)])
def test_sets_that_hold_what_they_promise_fail_in_one_of_twenty_comparisons_at_most(
    validation: int, tested: int
) -> None:
    generator = np.random.default_rng(validation)
    fails = 0
    for _ in range(1000):
        ordered = np.sort(generator.random(validation))  # how unlike each validation patient's truth is
        limit = ordered[int(np.ceil(round((validation + 1) * 0.9, 9))) - 1]
        number = int((generator.random(tested) <= limit).sum())
        (row,) = coverage_rows(
            [Promise("coverage", None, 0.9, validation)],
            [replace(held("", number, tested), id="coverage", class_=None)],
            unit="patient",
        )
        fails += row.outcome == "FAIL"
    assert fails <= 71  # 50 expected at most, three standard deviations of 6.9 above


def test_the_chance_of_so_few_is_that_of_the_oracle() -> None:
    for number, tested, validation in ((0, 5, 10), (27, 30, 10), (300, 400, 95)):
        rank = int(np.ceil(round((validation + 1) * 0.9, 9)))
        expected = betabinom.cdf(number, tested, rank, validation + 1 - rank)
        found = held_or_fewer(number, tested, patients=validation, level=0.9)
        assert found == pytest.approx(expected, rel=1e-6)


def test_what_was_not_measured_or_recurs_is_left_open_with_the_reason() -> None:
    (row,) = coverage_rows(PROMISES[:1], [], unit="patient")
    assert row.sentence.endswith("it was not measured. UNKNOWN.")
    of_cases = held("no", 50, 60, unit="case", cases=60, patients=40)
    (row,) = coverage_rows(PROMISES[:1], [of_cases], unit="case")
    assert (row.outcome, "patients recur" in row.sentence) == ("UNKNOWN", True)


def test_a_classification_promises_for_each_class_and_nothing_without_sets() -> None:
    promises = task_of("classification").verdict.promises
    question = of_names(["no", "yes"])
    frozen = Frozen(sets=Sets(0.9, (40, 40), (0.1, 0.2)))
    assert list(promises(frozen, Evaluate(), question)) == PROMISES
    assert not promises(Frozen(), Evaluate(), question)


def tables(flagged_before: list[int], flagged_after: list[int], patients: int) -> list[pd.DataFrame]:
    names = [f"c{number:03d}" for number in range(patients)]
    cohort = pd.DataFrame({"case_id": names, "person_id": [name.replace("c", "p") for name in names]})
    made = [
        pd.DataFrame({"case_id": names, "stranger": "0.5", "abstain": ""})
        for _ in (flagged_before, flagged_after)
    ]
    for table, flagged in zip(made, (flagged_before, flagged_after), strict=True):
        table.loc[flagged, "abstain"] = "stranger: blank"
    return [cohort, *made]


def judged(before: list[int], after: list[int], patients: int = 100) -> Row:
    row = abstained_row(*tables(before, after, patients))
    assert row is not None
    return row


def test_a_candidate_that_abstains_on_many_more_fails_with_both_counts() -> None:
    row = judged([0, 1], list(range(1, 22)))
    # 20 new and 1 gone of 100: mean -0.19, variance (21 - 100 x 0.19^2) / 99
    error = (21 - 100 * 0.19**2) ** 0.5 / 99**0.5 / 10
    assert row.value == pytest.approx(-0.19)
    assert row.high == pytest.approx(-0.19 + 1.66039 * error, abs=1e-4)  # Student's t of 99, 95 %
    assert row.outcome == "FAIL"
    assert "2 of 100 and 21 of 100 (champion, candidate)" in row.sentence


def test_the_same_patients_pass_few_more_stay_open_and_nobody_is_judged_of_few() -> None:
    assert judged([3, 4], [3, 4]).outcome == "PASS"
    assert judged([3], [3, 4, 5]).outcome in ("PASS", "UNKNOWN")
    assert judged([3], [3, 4, 5], patients=14).reason == "test: it has 14 patients, fewer than 15"


def test_a_champion_that_knows_no_strangers_leaves_it_open_and_an_earlier_candidate_has_no_row() -> None:
    cohort, before, after = tables([], [1], 30)
    row = abstained_row(cohort, before.assign(stranger=""), after)
    assert row is not None and "the champion can't say" in row.sentence
    assert abstained_row(cohort, before, after.drop(columns="abstain")) is None


def test_as_likely_to_abstain_as_before_fails_in_one_of_twenty_comparisons_at_most() -> None:
    generator = np.random.default_rng(5)
    fails = 0
    for _ in range(400):
        before, after = (np.flatnonzero(generator.random(80) < 0.1).tolist() for _ in range(2))
        fails += judged(before, after, 80).outcome == "FAIL"
    assert fails <= 33  # 20 expected, three standard deviations of 4.4 above


def test_a_guard_of_trust_can_only_keep_a_candidate_out() -> None:
    held_rows = coverage_rows(PROMISES, [held("no", 95, 100), held("yes", 95, 100)], unit="patient")
    found = rows(
        task_of("classification"), Compare(), Evidence(None, frozenset(), trust=held_rows), alpha=0.01, seed=1
    )
    assert [row.rule for row in found[-2:]] == ["guard_coverage", "guard_coverage"]
    assert decide(found) == "INCONCLUSIVE"  # guards that pass promote nothing
