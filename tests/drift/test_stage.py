"""The stage on a small analysis with a real model."""

from __future__ import annotations

import json

import pytest
import study

from pipeline import compare, drift
from pipeline.champion.promotion import publish
from pipeline.errors import DamageError, GateError

CONFIG = study.config()
FIRST_SCANS = (
    study.scans("a", 60, part="train")
    + study.scans("v", 40, part="validation", seed=2)
    + study.scans("t", 60, part="test", seed=3)
)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.keras"
    study.save_model(path, study.WEAK)
    return path


@pytest.fixture
def champion(workspace, model):
    """A workspace whose first candidate is the champion."""
    study.store(workspace, FIRST_SCANS)
    study.write_candidate(workspace, CONFIG, FIRST_SCANS, weights=study.WEAK, model=model)
    compare.run(CONFIG, workspace)
    publish(workspace, approver="Ada", reason="")
    return workspace


def arrive(workspace, model, count, *, part="train", **scanner):
    """New patients from a scanner; gives them."""
    new = study.scans("n", count, part=part, era=2, seed=4)
    study.store(workspace, new, **scanner)
    study.write_candidate(workspace, CONFIG, FIRST_SCANS + new, weights=study.WEAK, model=model)
    return new


def recorded(workspace):
    return json.loads((workspace.candidate / "drift.json").read_text())


def test_without_a_champion_there_is_nothing_to_drift_from(workspace):
    study.write_candidate(workspace, CONFIG, FIRST_SCANS, weights=study.WEAK)
    (workspace.candidate / "champion_new.csv").write_text("stale")
    summary = drift.run(CONFIG, workspace)
    assert summary.lines == ("No champion yet, so there is nothing to drift from.",)
    assert recorded(workspace)["level"] == "no_champion"
    assert not (workspace.candidate / "champion_new.csv").exists()
    assert not drift.run(CONFIG, workspace).changed


def test_scans_that_the_champion_knows_are_not_new(champion):
    drift.run(CONFIG, champion)
    assert recorded(champion)["level"] == "no_new"


def test_new_patients_of_the_same_scanner_do_not_drift_and_are_scored_first(champion, model):
    new = arrive(champion, model, 60).sorted()
    pointer = (champion.reports / "champion.json").read_bytes()
    summary = drift.run(CONFIG, champion)
    record = recorded(champion)
    assert record["level"] == "none"
    assert (record["new_patients"], record["new_cases"]) == (60, 60)
    names = {found["name"] for found in record["attributes"]}
    assert {"kvp", "manufacturer", "spacing_rows", "intensity_p99", "label", "score yes"} <= names
    assert "none found" in summary.lines[0]
    table = drift_table(champion)
    assert list(table["case_id"]) == list(new.cohort["case_id"])
    expected = study.predictions_of(new, study.WEAK)["score_yes"].to_numpy()
    assert table["score_yes"].astype(float).to_numpy() == pytest.approx(expected, abs=1e-6)
    assert not drift.run(CONFIG, champion).changed
    assert (champion.reports / "champion.json").read_bytes() == pointer


def drift_table(workspace):
    from pipeline.contracts.drift import NEW_SCANS

    return NEW_SCANS.frame(workspace.candidate)


def test_a_group_of_the_table_that_was_never_seen_is_told_however_few_have_it(workspace, model):
    import dataclasses

    def at(scans, site):
        return dataclasses.replace(scans, cohort=scans.cohort.assign(by_site=site))

    config = CONFIG.model_copy(
        update={"cohort": CONFIG.cohort.model_copy(update={"groups": {"Haus": "site"}})}
    )
    first = at(FIRST_SCANS, ["north", "south"] * 80)
    study.store(workspace, first)
    study.write_candidate(workspace, config, first, weights=study.WEAK, model=model)
    compare.run(config, workspace)
    publish(workspace, approver="Ada", reason="")
    new = at(
        study.scans("n", 30, part="train", era=2, seed=4), ["north", "south"] * 14 + ["north", "harbour"]
    )
    study.store(workspace, new)
    study.write_candidate(workspace, config, first + new, weights=study.WEAK, model=model)
    lines = drift.run(config, workspace).lines
    assert "none found" in lines[0]
    assert lines[1] == "Never seen before: group site harbour."
    group = next(found for found in recorded(workspace)["attributes"] if found["name"] == "group site")
    assert (group["n_old"], group["n_new"], group["unseen"]) == (160, 30, ["harbour"])


def test_another_scanner_stops_the_run_until_a_reason_is_given(champion, model):
    arrive(champion, model, 60, kvp=80.0, brightness=300)
    with pytest.raises(GateError, match=r"kvp \(by .* standard deviations") as refusal:
        drift.run(CONFIG, champion)
    assert "ACCEPT_DRIFT=why" in str(refusal.value)
    record = recorded(champion)
    assert (record["level"], record["accepted"]) == ("stop", None)
    stopped = {found["name"] for found in record["attributes"] if found["level"] == "stop"}
    assert {"kvp", "intensity_mean", "intensity_p50"} <= stopped
    summary = drift.run(CONFIG, champion, accept="the new scanner is meant to be learnt")
    assert summary.lines[-1] == "Accepted: the new scanner is meant to be learnt"
    assert recorded(champion)["accepted"] == "the new scanner is meant to be learnt"
    # the same scans need no second reason
    assert not drift.run(CONFIG, champion).changed


def test_another_source_is_no_drift_for_nothing_is_trained_on_it(champion, model):
    arrive(champion, model, 60, part="external", kvp=80.0, modality="DX")
    summary = drift.run(CONFIG, champion)
    assert summary.lines == ("No scans are new to generation 0001.",)


def test_few_new_patients_are_too_few_unless_their_modality_is_new(champion, model):
    arrive(champion, model, 6, kvp=80.0)
    drift.run(CONFIG, champion)
    assert recorded(champion)["level"] == "too_few"
    arrive(champion, model, 6, modality="MR")
    with pytest.raises(GateError, match="never seen before: MR"):
        drift.run(CONFIG, champion)


def test_a_champion_whose_files_changed_scores_nothing(champion, model):
    arrive(champion, model, 30)
    (champion.generations / "0001" / "model.keras").write_bytes(b"other")
    with pytest.raises(DamageError, match="Generation 0001"):
        drift.run(CONFIG, champion)
    assert not (champion.candidate / "champion_new.csv").exists()


def test_scans_in_place_of_others_are_new_and_the_old_ones_voxels_are_not_taken_for_theirs(champion, model):
    names = [f"case-a{number:04d}" for number in range(60)]
    now = study.replaced(FIRST_SCANS, names)
    rows = now.cohort["case_id"].isin(names).to_numpy()
    study.store(
        champion,
        study.Scans(now.cohort[rows].reset_index(drop=True), now.weak[rows], now.strong[rows]),
        brightness=300,
    )
    study.write_candidate(champion, CONFIG, now, weights=study.WEAK, model=model)
    with pytest.raises(GateError, match="intensity_mean"):
        drift.run(CONFIG, champion)
    record = recorded(champion)
    assert (record["new_cases"], record["replaced_cases"]) == (60, 60)
    intensity = next(found for found in record["attributes"] if found["name"] == "intensity_mean")
    assert (intensity["n_old"], intensity["n_new"]) == (100, 60)
    assert list(drift_table(champion)["case_id"]) == names
    lines = drift.run(CONFIG, champion, accept="exported anew").lines
    assert "60 new scans of 60 patients, 60 of them in place of others, against generation 0001" in lines[0]
    assert not drift.run(CONFIG, champion).changed


def test_when_every_scan_was_replaced_labels_and_scores_are_still_compared(champion, model):
    now = study.replaced(FIRST_SCANS, list(FIRST_SCANS.cohort["case_id"]))
    study.store(champion, now)
    study.write_candidate(champion, CONFIG, now, weights=study.WEAK, model=model)
    drift.run(CONFIG, champion, accept="all were exported anew")
    assert {found["name"] for found in recorded(champion)["attributes"]} == {"label", "score yes"}


def test_new_scans_are_told_from_training_beside_what_held_out_ones_give(champion, model):
    arrive(champion, model, 60)
    drift.run(CONFIG, champion)
    domain = recorded(champion)["domain"]
    assert domain["reason"] == ""
    assert (domain["new"]["old_patients"], domain["new"]["new_patients"]) == (60, 60)
    assert (domain["held"]["old_patients"], domain["held"]["new_patients"]) == (60, 100)
    assert domain["new"]["low"] < domain["new"]["value"] < domain["new"]["high"]
    assert len(domain["oddest"]) == 8
    assert {scan["case_id"][:6] for scan in domain["oddest"]} == {"case-n"}
