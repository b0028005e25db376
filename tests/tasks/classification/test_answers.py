"""Probabilities, decisions and the table of predictions."""

from __future__ import annotations

import handed_on
import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax

from pipeline.contracts.operating import Operating
from pipeline.contracts.unopened import Unopened
from pipeline.errors import DamageError
from pipeline.tasks.classification.answers import (
    Frozen,
    Sets,
    decide,
    followed,
    frozen,
    in_words,
    observed,
    pictured,
    probabilities,
    scores,
    table,
)
from pipeline.tasks.classification.classes import of_names
from pipeline.tasks.contract import Pictured

TWO, THREE = of_names(["no", "yes"]), of_names(["a", "b", "c"])
CASES = pd.DataFrame(
    {
        "case_id": ["c1", "c2", "c3"],
        "patient_id": ["p1", "p1", "p2"],
        "part": "test",
        "truth": ["yes", "no", ""],
        "by_sex": ["F", "F", "M"],
    }
)


def test_scores_are_the_softmax_of_scaled_logits() -> None:
    logits = np.array([[1.0, 2.0, 4.0], [-1000.0, 0.0, 1000.0]])
    np.testing.assert_allclose(scores(logits, Frozen(2.5)), softmax(logits / 2.5, axis=1), rtol=1e-12)


def test_before_the_evaluation_nothing_is_fixed_and_after_it_what_is_stored() -> None:
    assert frozen(None) == Frozen(1.0, None, "max")
    chosen = Unopened({"temperature": 1.7, "thresholds": [{"threshold": 0.3}]})
    assert frozen(Operating(handed_on.ASKED, chosen, "mean")) == Frozen(1.7, 0.3, "mean")
    likeliest = Unopened({"temperature": 2, "thresholds": []})
    assert frozen(Operating(handed_on.ASKED, likeliest, "max")).threshold is None


def test_what_validation_fixed_is_opened_by_its_task_alone() -> None:
    with pytest.raises(DamageError, match="it has no 'thresholds'"):
        frozen(Operating(handed_on.ASKED, Unopened({"temperature": 1.7}), "max"))


def test_probabilities_are_those_that_the_table_gives_back() -> None:
    found = probabilities(np.array([[0.0, 1.0], [np.nan, np.nan]]), Frozen(2.0))
    # 1 / (1 + exp(-1 / 2)) = 0.62245933120185...
    assert found[0, 1] == 0.622459331
    assert float(f"{found[0, 0]:.9g}") == found[0, 0]
    assert np.isnan(found[1]).all()


def test_a_score_at_the_threshold_is_positive() -> None:
    assert decide(np.array([[0.5, 0.5], [0.6, 0.4]]), 0.5).tolist() == [1, 0]
    assert decide(np.array([[0.2, 0.5, 0.3]]), None).tolist() == [1]


def test_a_case_without_an_answer_keeps_its_row() -> None:
    logits = np.array([[0.0, 2.0], [np.nan, np.nan], [1.0, 0.0]])
    frame = table(CASES, logits, ["", "no array", ""], question=TWO, fixed=Frozen(threshold=0.5))
    assert list(frame["predicted"]) == ["yes", "", "no"]
    assert list(frame["status"]) == ["ok", "failed", "ok"]
    assert list(frame["reason"]) == ["", "no array", ""]
    assert list(frame.columns) == [
        "case_id", "patient_id", "part", "truth", "predicted", "score_no", "score_yes", "logit_no",
        "logit_yes", "status", "reason", "by_sex",
    ]  # fmt: skip
    assert np.isnan(frame["score_yes"][1])
    # 1 / (1 + exp(-2)) = 0.88079707797788...
    assert frame["score_yes"][0] == pytest.approx(0.880797078, abs=1e-12)


def test_of_two_classes_one_score_tells_everything() -> None:
    frame = pd.DataFrame({"score_no": ["0.2"], "score_yes": ["0.8"]})
    assert {name: list(values) for name, values in observed(frame, TWO).items()} == {"score yes": [0.8]}


def test_a_reader_follows_the_finding_or_the_likeliest_class() -> None:
    assert followed(np.array([[0.9, 0.1], [0.4, 0.6]]), TWO).tolist() == [1, 1]
    assert followed(np.array([[0.2, 0.5, 0.3]]), THREE).tolist() == [1]


@pytest.mark.parametrize(
    ("truth", "predicted", "kind"),
    [
        ("yes", "no", "false_negative"),
        ("no", "yes", "false_positive"),
        ("yes", "yes", "true_positive"),
        ("no", "no", "true_negative"),
    ],
)
def test_of_two_classes_a_case_is_of_one_of_four_kinds(truth: str, predicted: str, kind: str) -> None:
    row = {"truth": truth, "predicted": predicted, "score_no": "0.3", "score_yes": "0.7"}
    sureness = {"no": 0.3, "yes": 0.7}[predicted]
    assert pictured(row, TWO) == (Pictured(kind, truth, predicted, sureness),)


def test_without_a_finding_a_case_is_an_error_or_a_hit() -> None:
    row = {"truth": "a", "score_a": "0.3", "score_b": "0.6"}
    assert [each.kind for each in pictured(row | {"predicted": "b"}, THREE)] == ["error"]
    assert [each.kind for each in pictured(row | {"predicted": "a"}, THREE)] == ["hit"]


def test_predictions_are_counted_by_class() -> None:
    assert in_words(["well", "sick", "well"]) == "sick 1, well 2"


def test_a_set_names_the_classes_that_are_likely_enough_and_a_failed_case_has_none() -> None:
    sets = Sets(0.9, (20, 20), (0.4, 0.3))
    logits = np.log([[0.65, 0.35], [0.8, 0.2], [0.5, 0.5]])
    found = table(CASES, logits, ["", "", "broken"], question=TWO, fixed=Frozen(1.0, 0.5, sets=sets))
    assert list(found["set"]) == ["no or yes", "no", ""]
    assert list(found["set_size"]) == [2, 1, ""]
    high = Sets(0.9, (20, 20), (0.9, 0.9))
    found = table(CASES, logits, ["", "", "broken"], question=TWO, fixed=Frozen(1.0, 0.5, sets=high))
    assert list(found["set"]) == ["(none)", "(none)", ""]


def test_too_few_validation_patients_make_no_column_of_sets() -> None:
    fixed = Frozen(1.0, 0.5, sets=Sets(0.9, (20, 9)))
    assert "set" not in table(CASES, np.zeros((3, 2)), ["", "", ""], question=TWO, fixed=fixed)
