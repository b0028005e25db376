"""The stage on a small analysis with real models."""

from __future__ import annotations

import json
import shutil

import pytest
import study
from champions_in_line import FIRST_SCANS, IMPROVE, NEW, candidate, publish_by_force, recorded

from pipeline import compare
from pipeline.champion import promote
from pipeline.contracts import cohort as cohorts
from pipeline.contracts import comparison, predictions
from pipeline.errors import DataError, GateError
from pipeline.writing import write_json


def outcomes(workspace):
    return {row["rule"]: row["outcome"] for row in recorded(workspace)["reasons"]}


def test_without_a_champion_the_candidate_is_the_first(workspace):
    study.write_candidate(workspace, IMPROVE, FIRST_SCANS, weights=study.WEAK)
    summary = compare.run(IMPROVE, workspace)
    assert summary.lines[-1].startswith("VERDICT FIRST: no champion yet")
    record = recorded(workspace)
    assert (record["verdict"], record["champion"], record["reasons"]) == ("FIRST", None, [])
    assert set(record["files"]) >= {"model.keras", "predictions.csv", "operating.json", "cohort.csv"}
    assert not compare.run(IMPROVE, workspace).changed
    assert compare.read_verdict(workspace) == ("FIRST", summary.lines)


def test_there_is_no_verdict_before_the_comparison(workspace):
    with pytest.raises(DataError, match="no verdict yet"):
        compare.read_verdict(workspace)


def test_the_champion_compared_with_itself_stays(champion):
    (champion.candidate / "champion_predictions.csv").write_text("stale")
    summary = compare.run(IMPROVE, champion)
    assert summary.lines == ("VERDICT KEEP: the candidate is the champion itself, generation 0001",)
    assert not (champion.candidate / "champion_predictions.csv").exists()


def test_a_better_model_is_promoted_and_the_champion_stays_until_then(champion, models):
    pointer = (champion.reports / "champion.json").read_bytes()
    candidate(champion, models, study.STRONG)
    summary = compare.run(IMPROVE, champion)
    assert summary.lines[0] == "Compared with generation 0001, look 1 of 5, alpha 0.01 for each."
    assert summary.lines[-1] == (
        "VERDICT PROMOTE: 2 of 2 required rows pass, no guard fails; "
        "`make promote APPROVER='your name' CONFIG=configs/NAME.yaml` makes this candidate the champion"
    )
    record = recorded(champion)
    assert set(outcomes(champion).values()) == {"PASS"}
    assert (record["alpha"], record["look"]) == (0.01, {"number": 1, "budget": 5})
    assert [row["patients"] for row in record["reasons"]] == [150, 90, 240, 240, 240]
    assert record["flips"]["units"] == 240
    assert record["flips"]["positive"] == len(record["flips"]["positive_list"]) > record["flips"]["negative"]
    scored = comparison.CHAMPION.frame(champion.candidate)
    assert len(scored) == 240
    assert set(scored["status"]) == {"ok"}
    assert (champion.reports / "champion.json").read_bytes() == pointer
    assert compare.read_verdict(champion)[1] == summary.lines[1:]
    assert compare.run_shortly(IMPROVE, champion).lines == (summary.lines[0], summary.lines[-1])
    before = (champion.candidate / "comparison.json").read_bytes()
    assert not compare.run(IMPROVE, champion).changed
    assert (champion.candidate / "comparison.json").read_bytes() == before


def test_a_worse_model_is_kept_out_and_cannot_be_promoted(champion, models):
    candidate(champion, models, study.BAD)
    summary = compare.run(IMPROVE, champion)
    assert summary.lines[-1].startswith("VERDICT KEEP: auroc test-core FAIL (-")
    with pytest.raises(GateError, match="verdict is KEEP"):
        promote(champion, approver="Ada", override="please")


def test_a_better_model_without_new_test_patients_is_inconclusive_unless_the_aim_is_to_maintain(
    champion, models
):
    candidate(champion, models, study.STRONG, scans=FIRST_SCANS)
    summary = compare.run(IMPROVE, champion)
    assert summary.lines[-1].startswith(
        "VERDICT INCONCLUSIVE: auroc test-era UNKNOWN (test-era: it has no patients)"
    )
    assert any(
        line.startswith("About ") and "more test patients are needed" in line for line in summary.lines
    )
    maintain = study.config(objective="maintain")
    candidate(champion, models, study.STRONG, scans=FIRST_SCANS, config=maintain)
    assert compare.run(maintain, champion).lines[-1].startswith("VERDICT PROMOTE: 1 of 1 required rows")


def test_a_former_champion_that_was_better_is_the_anchor(workspace, models):
    maintain = study.config(objective="maintain")
    study.store(workspace, FIRST_SCANS)
    for weights in (study.STRONG, study.BAD):  # the second by force: how a line of champions gets worse
        candidate(workspace, models, weights, scans=FIRST_SCANS, config=maintain)
        publish_by_force(workspace)
    candidate(workspace, models, study.WEAK, scans=FIRST_SCANS, config=maintain)
    compare.run(maintain, workspace)
    assert outcomes(workspace)["non_inferior_core"] == "PASS"
    assert outcomes(workspace)["non_inferior_anchor"] == "FAIL"
    assert recorded(workspace)["verdict"] == "KEEP"
    assert "generation 0001, the best champion so far" in recorded(workspace)["reasons"][1]["sentence"]


def test_a_rule_that_changed_after_the_look_is_refused(champion, models):
    candidate(champion, models, study.STRONG)
    with pytest.raises(GateError, match="`compare` changed after this candidate looked"):
        compare.run(study.config(margin=0.2), champion)


def test_a_candidate_that_has_not_looked_is_refused(champion, models):
    candidate(champion, models, study.STRONG)
    shutil.rmtree(champion.ledgers)
    with pytest.raises(GateError, match="no look of this model against generation 0001"):
        compare.run(IMPROVE, champion)


def test_more_looks_than_the_budget_are_refused(champion, models):
    two = study.config(look_budget=2)
    for model in ("one", "two"):
        study.look(champion, model=model, chosen=two)
    candidate(champion, models, study.STRONG, config=two)
    with pytest.raises(GateError, match="look 3 of 2"):
        compare.run(two, champion)


def test_models_of_different_classes_cannot_be_compared(champion, models):
    candidate(champion, models, study.STRONG)
    path = champion.candidate / "model.json"
    write_json(
        path, {**json.loads(path.read_text()), "question": {"classes": ["maybe", "yes"], "positive": "yes"}}
    )
    with pytest.raises(GateError, match="classes no, yes, the candidate maybe, yes"):
        compare.run(IMPROVE, champion)


def test_scans_that_one_model_could_not_score_are_counted(champion, models):
    candidate(champion, models, study.STRONG)
    path = champion.candidate / "predictions.csv"
    table = predictions.FILE.frame(path.parent)
    lost = table.index[table["part"] == "test"][:3]
    table.loc[lost, ["status", "reason"]] = ["failed", "no array"]
    table.loc[lost, ["score_no", "score_yes", "logit_no", "logit_yes", "predicted"]] = ""
    path.write_text(table.to_csv(index=False))
    summary = compare.run(IMPROVE, champion)
    assert "3 of 240 labelled test scans lack one model's score and are left out." in summary.lines
    assert recorded(champion)["flips"]["units"] == 237


def test_test_scans_with_another_label_are_told_and_judged_by_it(champion, models):
    candidate(champion, models, study.STRONG)
    path = champion.candidate / "cohort.csv"
    table = cohorts.TABLE.frame(path.parent)
    rows = table["case_id"].isin(["case-t0003", "case-a0003"])
    table.loc[rows, "target"] = "no"
    path.write_text(table.to_csv(index=False))
    assert (
        "1 test scans have another label than when generation 0001 was promoted: both models are judged by the "
        "new one." in compare.run(IMPROVE, champion).lines
    )


def test_both_models_are_told_on_another_source_and_the_verdict_does_not_rest_on_it(champion, models):
    abroad = study.scans("x", 90, part="external", era=2, seed=5)
    turned = study.Scans(abroad.cohort, abroad.weak, -abroad.strong)  # the better model is worse there
    study.store(champion, turned)
    candidate(champion, models, study.STRONG, scans=FIRST_SCANS + NEW + turned)
    compare.run(IMPROVE, champion)
    told = recorded(champion)["reasons"][-1]
    assert (told["rule"], told["role"], told["outcome"], told["patients"]) == (
        "external",
        "report",
        "FAIL",
        90,
    )
    assert recorded(champion)["verdict"] == "PROMOTE"
    scored = comparison.CHAMPION.frame(champion.candidate)
    assert set(scored["part"]) == {"test", "external"}
