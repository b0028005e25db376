"""Scans that were replaced, and masks that were redrawn, since a champion was promoted."""

from __future__ import annotations

import numpy as np
import pytest
import study
from champions_in_line import FIRST_SCANS, IMPROVE, NEW, candidate, publish_by_force, recorded

from pipeline import compare
from pipeline.champion import seal
from pipeline.contracts import cohort as cohorts
from pipeline.contracts import comparison, predictions


def test_both_models_are_asked_of_the_new_pixels_of_replaced_scans(champion, models):
    names = ["case-t0003", "case-t0004"]
    now = study.replaced(FIRST_SCANS, names)
    study.store(champion, now)
    candidate(champion, models, study.STRONG, scans=now + NEW)
    summary = compare.run(IMPROVE, champion)
    assert (
        "2 test scans have other pixels than when generation 0001 was promoted: both models are asked of the "
        "new ones." in summary.lines
    )
    asked, frozen = (
        table.set_index("case_id")["score_yes"].astype(float)
        for table in (
            comparison.CHAMPION.frame(champion.candidate),
            predictions.FILE.frame(champion.generations / "0001"),
        )
    )
    expected = study.predictions_of(now.sorted(), study.WEAK).set_index("case_id")["score_yes"]
    assert asked[names].to_numpy() == pytest.approx(expected[names].to_numpy(), abs=1e-6)
    assert np.abs(asked[names] - frozen[names]).min() > 1e-3
    same = [name for name in asked.index if name in frozen.index and name not in names]
    assert asked[same].to_numpy() == pytest.approx(frozen[same].to_numpy(), abs=1e-6)


def test_a_former_champion_is_not_judged_by_answers_to_pixels_that_were_replaced(workspace, models):
    maintain = study.config(objective="maintain")
    study.store(workspace, FIRST_SCANS)
    for weights in (study.STRONG, study.BAD):
        candidate(workspace, models, weights, scans=FIRST_SCANS, config=maintain)
        publish_by_force(workspace)
    now = study.replaced(FIRST_SCANS, [f"case-t{number:04d}" for number in range(10)])
    study.store(workspace, now)
    candidate(workspace, models, study.WEAK, scans=now, config=maintain)
    summary = compare.run(maintain, workspace)
    patients = {row["rule"]: row["patients"] for row in recorded(workspace)["reasons"]}
    assert (patients["non_inferior_core"], patients["non_inferior_anchor"]) == (150, 140)
    assert (
        "10 test scans have other pixels than when generation 0001 was frozen, so they are left out of the "
        "comparison with it." in summary.lines
    )


def drawn_anew(workspace, names, folder=None):
    """Masks in every scan of the candidate's cohort, those of the named ones not as the others'."""
    path = (folder or workspace.candidate) / "cohort.csv"
    table = cohorts.TABLE.frame(path.parent)
    table["mask_digest"] = ["new" if name in names else "old" for name in table["case_id"]]
    path.write_text(table.to_csv(index=False))


def test_a_former_champion_is_not_judged_against_masks_that_were_redrawn(workspace, models):
    maintain = study.config(objective="maintain")
    study.store(workspace, FIRST_SCANS)
    for weights in (study.STRONG, study.BAD):
        candidate(workspace, models, weights, scans=FIRST_SCANS, config=maintain)
        drawn_anew(workspace, ())
        publish_by_force(workspace)
    candidate(workspace, models, study.WEAK, scans=FIRST_SCANS, config=maintain)
    drawn_anew(workspace, [f"case-t{number:04d}" for number in range(10)])
    lines = compare.run(maintain, workspace).lines
    patients = {row["rule"]: row["patients"] for row in recorded(workspace)["reasons"]}
    assert (patients["non_inferior_core"], patients["non_inferior_anchor"]) == (150, 140)
    assert [line for line in lines if "masks" in line] == [
        "10 test scans have other masks than when generation 0002 was promoted: both models are judged by the "
        "new ones.",
        "10 test scans have other masks than when generation 0001 was frozen, so they are left out of the "
        "comparison with it.",
    ]


def test_a_generation_that_kept_no_digests_of_masks_is_told(champion, models):
    candidate(champion, models, study.STRONG)
    drawn_anew(champion, ())
    notes = [line for line in compare.run(IMPROVE, champion).lines if "without digests of its masks" in line]
    assert len(notes) == 1


def test_a_generation_that_kept_no_digests_of_pixels_is_told(champion, models):
    path = champion.generations / "0001/cohort.csv"
    path.write_text(cohorts.TABLE.frame(path.parent).drop(columns="pixel_digest").to_csv(index=False))
    seal(champion.generations / "0001")
    candidate(champion, models, study.STRONG)
    notes = [line for line in compare.run(IMPROVE, champion).lines if "without digests of its pixels" in line]
    assert len(notes) == 1
