"""Guards on whether the candidate may be trusted with a new scan: what its sets hold, how often it abstains.

A set or interval that promises to hold nine of ten patients of a class fails where so few of the test part
were held as validation's own chance explains in one of twenty comparisons at most, shared out among the
classes. That a candidate abstains more often fails like any loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.compare.rule import GUARD_ALPHA, TEST
from pipeline.compare.verdict import Outcome, Row, outcome
from pipeline.contracts.cohort import PERSON
from pipeline.contracts.metrics import Metric
from pipeline.statistics.conformal import held_or_fewer
from pipeline.statistics.proportions import clopper_pearson
from pipeline.statistics.sample import codes
from pipeline.statistics.vectors import Floats, Integers
from pipeline.strangers import ABSTAIN, STRANGER
from pipeline.tasks.gain import Promise, of_means

if TYPE_CHECKING:
    import pandas as pd

COVERAGE_RULE: Final = "guard_coverage"
ABSTAINED_RULE: Final = "guard_abstained"
ABSTAINED: Final = "abstained"
MORE_ABSTAINED: Final = 0.05
"""The growth of the share of patients to abstain on that doesn't matter, a choice: as `margin` by default."""
_FEWEST: Final = 15  # patients: below it Student's law can't be relied on


def coverage_rows(promises: Sequence[Promise], measured: Sequence[Metric], *, unit: str) -> list[Row]:
    """The guards that promises are held on the test part, one each; `measured` as in metrics.json."""
    return [_coverage_row(each, measured, unit, alpha=GUARD_ALPHA / len(promises)) for each in promises]


def _coverage_row(promise: Promise, measured: Sequence[Metric], unit: str, *, alpha: float) -> Row:
    part = TEST if promise.class_ is None else f"{TEST}, {promise.class_}"
    row = _open(COVERAGE_RULE, promise.metric, part, alpha=alpha, bound=0.0)
    question = f"{part}, as many held as promised ({promise.level:g} of patients like these)"
    found = [
        each for each in measured
        if (each.id, each.class_, each.part, each.unit, each.group)
        == (promise.metric, promise.class_, TEST, unit, None)
    ]  # fmt: skip
    metric = found[0] if found else None
    held, rows = (metric.numerator, metric.denominator) if metric else (None, None)
    if metric is None or held is None or not rows:
        return _unanswered(row, question, (metric and metric.reason) or "it was not measured")
    row = replace(row, patients=rows)
    if metric.unit == "case" and metric.cases != metric.patients:
        return _unanswered(row, question, "patients recur, and a promise is made to a patient")
    share = clopper_pearson(held, rows, level=row.level)
    value, low, high = (float(each or 0.0) - promise.level for each in (share.value, share.low, share.high))
    chance = held_or_fewer(held, rows, patients=promise.patients, level=promise.level)
    result: Outcome = "FAIL" if chance < alpha else "PASS" if value >= 0 else "UNKNOWN"
    reason = {
        "FAIL": f"{chance:.4f} < {alpha:g}: FAIL.",
        "PASS": "no fewer than promised: PASS.",
        "UNKNOWN": f"fewer than promised, but {chance:.4f} >= {alpha:g}: UNKNOWN.",
    }[result]
    sentence = (
        f"{question}: {held} of {rows} = {held / rows:.4f}, one-sided bounds at alpha {alpha:g} "
        f"{low + promise.level:.4f} and {high + promise.level:.4f} ({share.method}); of a limit that "
        f"{promise.patients} validation patients set, so few or fewer are held with probability {chance:.4f} "
        f"(beta-binomial); {reason}"
    )
    return replace(row, value=value, low=low, high=high, outcome=result, method=share.method, reason=None,
                   sentence=sentence)  # fmt: skip


def abstained_row(test: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame) -> Row | None:
    """The guard that the candidate has no more patients to abstain on; `test` are rows of the cohort.

    `before` and `after` are the champion's and the candidate's predictions; None where the candidate's don't
    say on whom to abstain, as those of an earlier version.
    """
    if ABSTAIN not in after:
        return None
    row = _open(ABSTAINED_RULE, ABSTAINED, TEST, alpha=GUARD_ALPHA, bound=-MORE_ABSTAINED)
    question = f"{TEST}, no growth by {MORE_ABSTAINED:g} or more of the patients to abstain on"
    if ABSTAIN not in before or not any(_judged(before)):
        return _unanswered(row, question, "the champion can't say which scans are strangers to it")
    known = test[test["case_id"].isin(set(before["case_id"]) & set(after["case_id"]))]
    patient = codes(list(known[PERSON]))
    was, now = (_of_patients(table, list(known["case_id"]), patient) for table in (before, after))
    patients = was.size
    row = replace(row, patients=patients)
    if patients < _FEWEST:
        return _unanswered(row, question, f"it has {patients} patients, fewer than {_FEWEST}")
    gain = of_means(was, now, np.arange(patients), alpha=GUARD_ALPHA, better=-1)
    result = outcome(gain.low, gain.high, bound=row.bound)
    counts = " and ".join(f"{int(each.sum())} of {patients}" for each in (was, now))
    if gain.low is None or gain.high is None:
        told = f"{counts}, the same ones: PASS." if gain.value == 0 else f"{counts}. UNKNOWN: {gain.reason}."
        result = "PASS" if gain.value == 0 else "UNKNOWN"
    else:
        told = (
            f"{counts} (champion, candidate), a gain of {gain.value:+z.4f}; one-sided bounds at alpha "
            f"{GUARD_ALPHA:g} are {gain.low:+z.4f} and {gain.high:+z.4f} ({gain.method}), held against "
            f"{row.bound:+z.4f} and 0: {result}."
        )
    return replace(row, value=gain.value, low=gain.low, high=gain.high, outcome=result, method=gain.method,
                   reason=gain.reason, sentence=f"{question}: {told}")  # fmt: skip


def _of_patients(table: pd.DataFrame, case_ids: list[str], patient: Integers) -> Floats:
    """Of each patient 1 where one should abstain on a scan, else 0, shape (patients,)."""
    why = table.set_index("case_id")[ABSTAIN].loc[case_ids].fillna("")
    flagged = np.zeros(int(patient.max()) + 1)
    np.maximum.at(flagged, patient, (why != "").to_numpy().astype(np.float64))
    return flagged


def _judged(table: pd.DataFrame) -> list[bool]:
    return [str(value) not in ("", "nan") for value in table[STRANGER]]


def _open(rule: str, metric: str, part: str, *, alpha: float, bound: float) -> Row:
    return Row(
        rule=rule, role="guard", metric=metric, part=part, value=None, low=None, high=None,
        level=1 - 2 * alpha, bound=bound, outcome="UNKNOWN", patients=0, positive_patients=None,
        method="none", n_more=None, reason=None, sentence="",
    )  # fmt: skip


def _unanswered(row: Row, question: str, lack: str) -> Row:
    return replace(row, reason=f"{row.part}: {lack}", sentence=f"{question}: {lack}. UNKNOWN.")
