from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pipeline.report import artifacts
from pipeline.report.artifacts import Artifacts
from pipeline.report.guards import Guard, guards


@pytest.fixture(scope="module")
def read(candidate: Any) -> Artifacts:
    folder = candidate.workspace.candidate
    settings = candidate.config.model_dump(mode="json")
    return artifacts.read(settings, candidate=folder, ledgers=folder.parent / "ledger", champion=None)


def _guard(key: str, artifacts_: Artifacts) -> Guard:
    [found] = [guard for guard in guards(artifacts_) if guard.key == key]
    return found


def _crossing(read: Artifacts) -> Artifacts:
    cases = read.cases.copy()
    cases.loc[0, "patient_id"] = cases.loc[cases["part"] != cases.loc[0, "part"], "patient_id"].iloc[0]
    return replace(read, cases=cases)


def _chosen_on_test(read: Artifacts) -> Artifacts:
    thresholds = [{**threshold, "chosen_on": "test"} for threshold in read.metrics["thresholds"]]
    return replace(read, metrics={**read.metrics, "thresholds": thresholds})


def _other_cohort(read: Artifacts) -> Artifacts:
    return replace(read, model={**read.model, "cohort_digest": "0" * 64})


def _row_missing(read: Artifacts) -> Artifacts:
    test = read.predictions.index[read.predictions["part"] == "test"]
    return replace(read, predictions=read.predictions.drop(index=test[:1]))


def _no_looks(read: Artifacts) -> Artifacts:
    return replace(read, looks=[])


FAULTS = {
    "patients_apart": _crossing,
    "choices_on_validation": _chosen_on_test,
    "cohort_frozen": _other_cohort,
    "all_predicted": _row_missing,
    "looks_recorded": _no_looks,
}


@pytest.mark.parametrize("key", sorted(FAULTS))
def test_a_check_passes_as_written_and_fails_with_its_fault_planted(key: str, read: Artifacts) -> None:
    fault: Callable[[Artifacts], Artifacts] = FAULTS[key]
    assert _guard(key, read).status == "pass"
    planted = _guard(key, fault(read))
    assert planted.status == "fail"
    assert planted.reason


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
    without = replace(read, cohort={**read.cohort, "findings": []})
    assert _guard("duplicates_apart", without).reason == ""
