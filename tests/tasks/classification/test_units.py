"""Pairs of units from two tables of predictions."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.tasks.classification.answers import Frozen
from pipeline.tasks.classification.classes import of_names
from pipeline.tasks.classification.units import common_cases, pair
from pipeline.tasks.contract import Table


def cohort(rows):
    return pd.DataFrame(rows, columns=["case_id", "person_id", "target"])


def predictions(scores, failed=()):
    frame = pd.DataFrame({"case_id": list(scores), "score_yes": [str(v) for v in scores.values()]})
    frame["score_no"] = [str(1 - value) for value in scores.values()]
    frame["status"] = ["failed" if case in failed else "ok" for case in scores]
    frame.loc[frame["status"] == "failed", ["score_yes", "score_no"]] = ""
    return frame


COHORT = cohort(
    [("c3", "A", "no"), ("c1", "A", "yes"), ("c2", "B", "no"), ("c4", "C", ""), ("c5", "D", "no")]
)
FIRST = predictions({"c1": 0.2, "c2": 0.3, "c3": 0.7, "c4": 0.9, "c5": 0.1})
SECOND = predictions({"c1": 0.6, "c2": 0.5, "c3": 0.1, "c4": 0.9, "c5": 0.1}, failed=("c5",))


def test_only_labelled_cases_that_both_models_scored_are_paired():
    assert list(common_cases(COHORT, FIRST, SECOND)["case_id"]) == ["c1", "c2", "c3"]


def test_a_patient_is_positive_with_any_case_and_has_each_models_own_patient_score():
    pairs = pair(
        COHORT,
        Table(FIRST, Frozen(threshold=0.6, patient_score="max")),
        candidate=Table(SECOND, Frozen(threshold=0.5, patient_score="mean")),
        question=of_names(["no", "yes"]),
        unit="patient",
    )
    assert pairs.names == ("A", "B")
    assert list(pairs.truth) == [1, 0]
    assert list(pairs.reference.probability[:, 1]) == pytest.approx([0.7, 0.3])
    assert list(pairs.candidate.probability[:, 1]) == pytest.approx([0.35, 0.5])
    assert list(pairs.reference.decided) == [1, 0]
    assert list(pairs.candidate.decided) == [0, 1]  # a score at the threshold is positive


def test_cases_are_paired_singly_where_the_unit_is_the_case():
    pairs = pair(
        COHORT,
        Table(FIRST, Frozen(threshold=0.6, patient_score="max")),
        candidate=Table(SECOND, Frozen(threshold=0.5, patient_score="max")),
        question=of_names(["no", "yes"]),
        unit="case",
    )
    assert pairs.names == ("c1", "c2", "c3")
    assert list(pairs.patient) == [0, 1, 0]
    assert list(pairs.truth) == [1, 0, 0]


def test_nothing_in_common_gives_no_pairs():
    none = FIRST.assign(status="failed")
    assert (
        pair(
            COHORT,
            Table(FIRST, Frozen(threshold=0.5, patient_score="max")),
            candidate=Table(none, Frozen(threshold=0.5, patient_score="max")),
            question=of_names(["no", "yes"]),
            unit="case",
        )
        is None
    )


def test_of_many_classes_a_patient_with_cases_of_several_is_left_out():
    rows = cohort([("c1", "A", "x"), ("c2", "A", "y"), ("c3", "B", "z"), ("c4", "C", "x")])
    scores = pd.DataFrame(
        {
            "case_id": ["c1", "c2", "c3", "c4"],
            "score_x": ["0.8", "0.1", "0.2", "0.2"],
            "score_y": ["0.1", "0.8", "0.2", "0.5"],
            "score_z": ["0.1", "0.1", "0.6", "0.3"],
            "status": ["ok"] * 4,
        }
    )
    table = Table(scores, Frozen(threshold=None, patient_score="mean"))
    pairs = pair(rows, table, candidate=table, question=of_names(["x", "y", "z"]), unit="patient")
    assert pairs.names == ("B", "C")
    assert list(pairs.truth) == [2, 0]
    assert list(pairs.candidate.decided) == [2, 1]
    assert pairs.positive is None
