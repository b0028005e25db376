"""From logits of findings to probabilities, decisions, the table, and back."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.config import Evaluate
from pipeline.contracts import predictions as contract
from pipeline.contracts.operating import FILE, Operating
from pipeline.contracts.unopened import Unopened
from pipeline.errors import DamageError, DataError
from pipeline.tasks.contract import Pictured
from pipeline.tasks.multilabel import answers, choices
from pipeline.tasks.multilabel.answers import Frozen
from pipeline.tasks.multilabel.labels import Labels

QUESTION = Labels(("edema", "mass"), ("mass", "edema"))
FIXED = Frozen((1.0, 2.0), (0.5, 0.9))


def cases(truth: list[str]) -> pd.DataFrame:
    names = [f"c{number}" for number in range(len(truth))]
    return pd.DataFrame(
        {"case_id": names, "patient_id": names, "part": "test", "truth": truth, "by_site": "A"}
    )


def test_each_finding_has_its_own_probability_and_threshold() -> None:
    logits = np.array([[math.log(3), math.log(9)], [-1.0, 2 * math.log(9)]])
    scores = answers.scores(logits, FIXED)
    assert scores[:, 1] == pytest.approx([0.75, 0.9])
    assert scores[0, 0] == pytest.approx(0.75)
    assert answers.flagged(np.array([[0.75, 0.75], [0.2, 0.9]]), FIXED).tolist() == [
        [True, False],
        [False, True],
    ]


def test_another_decision_on_any_finding_is_another_number() -> None:
    scores = np.array([[0.6, 0.1], [0.7, 0.2], [0.6, 0.95]])
    first, second, third = answers.decided(scores, FIXED).tolist()
    assert first == second != third
    assert answers.followed(scores, QUESTION).tolist() == [0, 0, 1]


def test_the_table_is_written_and_read_back_with_a_column_for_each_finding(tmp_path: Path) -> None:
    logits = np.array([[2.0, -1.0], [0.0, 9.0], [np.nan, np.nan]])
    table = answers.table(
        cases(["1|", "0|1", "1|1"]), logits, ["", "", "no array"], question=QUESTION, fixed=FIXED
    )
    contract.FILE.write(tmp_path, table, targets=QUESTION.names)
    header = (tmp_path / "predictions.csv").read_text().splitlines()[0]
    assert "truth_edema,truth_mass,predicted_edema,predicted_mass" in header
    read = answers.read(tmp_path / "predictions.csv")
    assert list(read.frame["truth"]) == ["1|", "0|1", "1|1"]
    assert list(read.frame["predicted"]) == ["1|0", "1|1", ""]
    assert read.measurable("test").tolist() == [True, True, False]
    assert read.truth(read.measurable("test")).tolist() == [[1, -1], [0, 1]]
    assert answers.outputs(contract.FILE.frame(tmp_path)[:2], QUESTION).tolist() == logits[:2].tolist()


def test_a_truth_that_is_no_yes_or_no_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("case_id,patient_id,truth_edema,score_edema\na,a,1,0.5\nb,b,maybe,0.5\n")
    with pytest.raises(DataError, match="line 3: 'truth_edema' must be 1, 0 or empty"):
        answers.read(path)


def test_a_gallery_shows_each_known_finding_of_a_case() -> None:
    row = {"truth": "1|0", "predicted": "0|1", "score_edema": "0.2", "score_mass": "0.95"}
    assert list(answers.pictured(row, QUESTION)) == [
        Pictured("missed", "edema", "no edema", 0.8),
        Pictured("false_alarm", "no mass", "mass", 0.95),
    ]
    assert [each.kind for each in answers.pictured(row | {"truth": "|1"}, QUESTION)] == ["found"]
    assert [answers.output_of(said, QUESTION) for said in ("edema", "no edema", "mass")] == [0, 0, 1]
    assert answers.in_words(["1|0", "0|0"]) == "1 with a finding, 1 with none"


def chosen(truth: list[str], plan: Evaluate | None = None) -> choices.Choices:
    logits = np.random.default_rng(0).normal(0, 1, (len(truth), 2))
    patients = [f"p{number}" for number in range(len(truth))]
    return choices.choose(truth, logits, patients, question=QUESTION, plan=plan or Evaluate())


def test_what_validation_fixed_is_handed_on_and_read_again(tmp_path: Path) -> None:
    made = chosen(["1|0", "0|1", "1|1", "0|0", "1|", "0|"] * 3)
    record = Operating(Unopened(QUESTION.to_json()), Unopened(made.to_json()), "mean", "patient")
    FILE.write(tmp_path, record)
    read = answers.frozen(FILE.read(tmp_path))
    assert (read.temperatures, read.thresholds) == (made.fixed.temperatures, made.fixed.thresholds)
    assert read.patient_score == "mean"


def test_a_finding_of_one_side_keeps_its_threshold_and_says_why() -> None:
    made = chosen(["1|0", "0|0", "1|", "0|0"] * 4)
    assert made.fixed.temperatures[1] == 1.0
    assert made.fixed.thresholds[1] == 0.5
    reason = "the finding is in none of the validation patients, so nothing was chosen"
    assert made.of_finding["mass"].reason == reason
    assert [(each.class_, each.reason) for each in made.thresholds] == [("edema", None), ("mass", reason)]
    with pytest.raises(DataError, match="both with and without any of the findings"):
        chosen(["1|0"] * 6)


def test_a_choice_that_lacks_a_finding_is_damage(tmp_path: Path) -> None:
    made = chosen(["1|0", "0|1"] * 6).to_json()
    del made["labels"]["mass"]
    FILE.write(tmp_path, Operating(Unopened(QUESTION.to_json()), Unopened(made), "max", "patient"))
    with pytest.raises(DamageError, match="it has no threshold of 'mass'"):
        answers.frozen(FILE.read(tmp_path))
