"""The smoke test with real models, in a process of its own where that is the point."""

from __future__ import annotations

import pytest
import study

from pipeline import compare
from pipeline.champion import check_generation, current, promote
from pipeline.champion.predictions import score
from pipeline.champion.smoke import repeat_scores, smoke_test
from pipeline.contracts import predictions
from pipeline.errors import DamageError, GateError
from pipeline.workspace import Workspace
from pipeline.writing import write_csv

PREDICTED = study.scans("t", 30, part="test") + study.scans("v", 6, part="validation")
CONFIG = study.config()


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.keras"
    study.save_model(path, study.WEAK)
    return path


@pytest.fixture
def candidate(workspace: Workspace, model):
    study.store(workspace, PREDICTED)
    study.write_candidate(workspace, CONFIG, PREDICTED, weights=study.WEAK, model=model)
    return workspace


def test_a_model_that_repeats_its_scores_in_a_new_process_is_promoted(candidate):
    compare.run(CONFIG, candidate)
    summary = promote(candidate, approver=" Ada ")
    assert "a new process repeats the scores of 16 test cases" in summary.lines[0]
    assert summary.lines[1] == "Generation 0001 is the champion, approved by Ada."
    check_generation(candidate, "0001")
    assert current(candidate).approver == "Ada"
    assert not promote(candidate, approver="Ada").changed


def test_other_scores_than_the_stored_ones_are_refused(candidate):
    path = candidate.candidate / "predictions.csv"
    table = predictions.FILE.frame(path.parent)
    table["logit_yes"] = (table["logit_yes"].astype(float) + 0.01).astype(str)
    write_csv(path, table)
    with pytest.raises(GateError, match=r"16 test cases differ from the stored ones by up to 0\.01"):
        repeat_scores(candidate, candidate.candidate)


def test_a_model_cannot_be_tried_without_arrays(workspace, model):
    study.write_candidate(workspace, CONFIG, PREDICTED, weights=study.WEAK, model=model)
    with pytest.raises(GateError, match="no test case has a normalized array"):
        repeat_scores(workspace, workspace.candidate)


def test_what_the_new_process_says_reaches_the_user(candidate):
    (candidate.candidate / "model.keras").write_bytes(b"not a model")
    with pytest.raises(DamageError, match=r"nothing was promoted: candidate/model\.keras is not the file"):
        smoke_test(candidate, candidate.candidate)


def test_scores_come_from_the_models_own_arrays_temperature_and_threshold(candidate):
    found = PREDICTED.sorted()
    expected = study.predictions_of(found, study.WEAK)
    table = score(candidate, candidate.candidate, cohort=found.cohort)
    assert list(table.columns) == list(expected.columns)
    assert list(table["predicted"]) == list(expected["predicted"])
    for column in ("score_no", "score_yes", "logit_no", "logit_yes"):
        assert table[column].to_numpy() == pytest.approx(expected[column].to_numpy(), abs=1e-6)


def test_a_scan_without_an_array_keeps_its_row_as_failed(candidate):
    found = PREDICTED.sorted()
    more = study.scans("x", 1, part="test")
    table = score(candidate, candidate.candidate, cohort=(found + more).cohort)
    failed = table[table["status"] == "failed"]
    assert list(failed["case_id"]) == ["case-x0000"]
    assert list(failed["reason"]) == ["no array under this model's recipe"]
    assert failed["predicted"].item() == ""
    assert failed["score_yes"].isna().all()
