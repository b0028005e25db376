from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from pipeline.contracts.leaks import Check, Leaks
from pipeline.controls import CONTROLS
from pipeline.page.artifacts import Artifacts
from pipeline.report import document, judgements, page, reading
from pipeline.report.guards import Guard, guards
from pipeline.report.sections import controls, warnings


@pytest.fixture(scope="module")
def read(candidate: Any) -> Artifacts:
    folder = candidate.workspace.candidate
    return reading.read(candidate.config, candidate=folder, ledgers=folder.parent / "ledger", champion=None)


def _guard(key: str, artifacts_: Artifacts) -> Guard:
    [found] = [guard for guard in guards(artifacts_) if guard.key == key]
    return found


def _crossing(read: Artifacts) -> Artifacts:
    cases = read.cases.copy()
    cases.loc[0, "patient_id"] = cases.loc[cases["part"] != cases.loc[0, "part"], "patient_id"].iloc[0]
    return replace(read, cases=cases)


def _chosen_on_test(read: Artifacts) -> Artifacts:
    thresholds = tuple(replace(threshold, chosen_on="test") for threshold in read.metrics.thresholds)
    return replace(read, metrics=replace(read.metrics, thresholds=thresholds))


def _other_cohort(read: Artifacts) -> Artifacts:
    return replace(read, of_model=replace(read.model, cohort_digest="0" * 64))


def _row_missing(read: Artifacts) -> Artifacts:
    test = read.predictions.index[read.predictions["part"] == "test"]
    return replace(read, predictions=read.predictions.drop(index=test[:1]))


def _row_of_nobody(read: Artifacts) -> Artifacts:
    test = read.predictions[read.predictions["part"] == "test"][:1].assign(case_id="of nobody")
    return replace(read, predictions=pd.concat([read.predictions, test]))


def _no_looks(read: Artifacts) -> Artifacts:
    return replace(read, looks=[])


def _look_of_another(read: Artifacts) -> Artifacts:
    return replace(read, looks=[{**look, "model": "0" * 64} for look in read.looks])


def _same_images(read: Artifacts) -> Artifacts:
    return replace(read, of_cohort=replace(read.cohort, images_across_parts=2))


def _found_by(key: str) -> Callable[[Artifacts], Artifacts]:
    """The control run of this key finds what it must not."""

    def planted(read: Artifacts) -> Artifacts:
        assert read.controls is not None
        runs = tuple(
            replace(run, status="fail", reason="it tells the truth") if run.key == key else run
            for run in read.controls.controls
        )
        return replace(read, controls=replace(read.controls, controls=runs))

    return planted


FAULTS: dict[tuple[str, str], Callable[[Artifacts], Artifacts]] = {
    **{(key, "a control run that finds it"): _found_by(key) for key in CONTROLS},
    ("patients_apart", "one patient in two parts"): _crossing,
    ("duplicates_apart", "two images in two parts"): _same_images,
    ("choices_on_validation", "a threshold of the test part"): _chosen_on_test,
    ("cohort_frozen", "another cohort"): _other_cohort,
    ("all_predicted", "a row is missing"): _row_missing,
    ("all_predicted", "a row too many"): _row_of_nobody,
    ("looks_recorded", "no look"): _no_looks,
    ("looks_recorded", "the look of another model"): _look_of_another,
}


@pytest.mark.parametrize(("key", "planted"), sorted(FAULTS))
def test_a_check_passes_as_written_and_fails_with_its_fault_planted(
    key: str, planted: str, read: Artifacts
) -> None:
    assert _guard(key, read).status == "pass"
    faulty = FAULTS[key, planted](read)
    failed = _guard(key, faulty)
    assert (failed.status, bool(failed.reason)) == ("fail", True)
    texts = [row["text"] for row in warnings.build(faulty).tables["rows"]]
    assert f"Failed check “{failed.title}”: {failed.reason}" in texts


def test_every_check_that_is_made_has_a_fault_that_it_finds(read: Artifacts) -> None:
    made = {guard.key for guard in guards(read) if guard.status != "not_run"}
    assert made == {key for key, _ in FAULTS}


def test_a_cohort_of_an_earlier_version_leaves_its_check_not_run(read: Artifacts) -> None:
    cohort = replace(read.cohort, images_across_parts=None)
    found = _guard("duplicates_apart", replace(read, of_cohort=cohort))
    assert (found.status, found.value) == ("not_run", None)
    assert "the cohort is of an earlier version" in found.reason


def test_a_check_that_was_not_run_says_why(read: Artifacts) -> None:
    not_run = [guard for guard in guards(read) if guard.status == "not_run"]
    assert not_run
    assert all(guard.reason for guard in not_run)


def test_identical_images_that_were_found_are_told_and_no_fault(read: Artifacts) -> None:
    found = _guard("duplicates_apart", read)
    assert (found.status, found.reason) == (
        "pass",
        "identical images were found, and at most one of each was kept",
    )
    without = replace(read, of_cohort=replace(read.cohort, notices=()))
    assert _guard("duplicates_apart", without).reason == ""


def _with(read: Artifacts, status: Any, override: str = "") -> Artifacts:
    check = Check("near_duplicates", "No image twice", status, 3.0, 0.0, "three pairs", override)
    return replace(read, leaks=Leaks((check,)))


def test_what_the_cohort_stage_found_is_a_guard_and_a_warning(read: Artifacts) -> None:
    failed = _with(read, "fail")
    assert _guard("near_duplicates", failed).status == "fail"
    shown = warnings.build(failed)
    assert "Failed check “No image twice”: three pairs" in [row["text"] for row in shown.tables["rows"]]
    ran = sum(guard.status != "not_run" for guard in guards(failed))
    assert judgements.of(failed)[0] == (f"1 of {ran} checks failed", "bad")


def test_the_first_screen_says_how_many_checks_ran_of_how_many(read: Artifacts) -> None:
    passed = _with(read, "pass")
    ran = [guard for guard in guards(passed) if guard.status != "not_run"]
    row = judgements.of(passed)[1][-1]
    assert (row["failed"].value, row["ran"].value) == (0, len(ran))
    assert row["not_run"].value == len(guards(passed)) - len(ran)
    assert "expect less elsewhere" in warnings.build(passed).words["source"]


def test_the_first_screen_names_the_checks_that_were_not_run_by_their_reason(read: Artifacts) -> None:
    without = replace(read, controls=None, leaks=None)
    named = warnings.build(without).words["not_run"]
    assert len(named) == len({guard.reason for guard in guards(without) if guard.status == "not_run"}) == 2
    for guard in guards(without):
        (text,) = [text for text in named if guard.title in text] or [""]
        assert text.endswith(f"({guard.reason})") if guard.status == "not_run" else text == ""


@pytest.mark.parametrize(("area", "warned"), [(0.70, False), (0.999, True)])
def test_size_and_header_alone_stand_beside_the_model_and_warn_where_it_is_not_above(
    read: Artifacts, area: float, warned: bool
) -> None:
    check = Check(
        "metadata_only", "Size alone", "pass", area, 0.75, low=area - 0.1, high=1.0, patients=90, cases=99
    )
    shown = warnings.build(replace(read, leaks=Leaks((check,))))
    fact = shown.facts["metadata"]
    assert (fact.value, fact.low, fact.high, fact.level) == (area, area - 0.1, 1.0, 0.95)
    assert (fact.patients, fact.cases, fact.reason) == (90, 99, "")
    texts = [row["text"] for row in shown.tables["rows"]]
    assert any("The image tells the model no more of the label" in text for text in texts) == warned
    without = replace(check, low=None, high=None)
    assert "metadata" not in warnings.build(replace(read, leaks=Leaks((without,)))).facts


def test_a_control_run_stands_in_the_report_with_n_and_interval_and_the_key_that_leaves_it_out(
    read: Artifacts,
) -> None:
    section = controls.build(_found_by(CONTROLS[0])(read))
    rows = section.tables["rows"]
    assert [row["status"] for row in rows] == ["fail", "pass", "pass", "pass"]
    for row in rows:
        assert row["reached"].low < row["reached"].value < row["reached"].high
        assert (row["reached"].patients, row["reached"].rule) == (200, "")
    assert (rows[0]["means"], "must not tell" in rows[1]["means"]) == ("it tells the truth", True)
    assert section.words["off"] == "train: {controls: false}"


def test_control_runs_that_were_left_out_say_why(read: Artifacts) -> None:
    assert read.controls is not None
    left_out = tuple(
        replace(run, status="not_run", metric=None, reason="it was said so") for run in read.controls.controls
    )
    without = replace(read, controls=replace(read.controls, controls=left_out))
    assert controls.build(without).reason == "it was said so"
    assert any("it was said so" in text for text in warnings.build(without).words["not_run"])
    assert controls.build(replace(read, controls=None)).reason.startswith(
        "as the evaluation is of an earlier"
    )


def test_a_failed_check_is_told_with_the_name_of_its_number_and_no_number_twice(read: Artifacts) -> None:
    area = Check(
        "burned_in_text", "No mark tells", "fail", 0.97, 0.75, "it ranks the label with an area of 0.97"
    )
    found = replace(_found_by(CONTROLS[0])(read), leaks=Leaks((area,)))
    html = re.sub(r"\s+", " ", page.html(document.build(found), found.pictures))
    assert "“No mark tells”: it ranks the label with an area of 0.97. See" in html
    assert "“Training on shuffled labels finds nothing”: it tells the truth (AUROC 0." in html


def test_a_cohort_without_these_checks_says_that_they_were_not_made(read: Artifacts) -> None:
    without = replace(read, leaks=None)
    found = _guard("near_duplicates", without)
    assert (found.status, "earlier version" in found.reason) == ("not_run", True)
