"""The first screen's judgements, on a candidate whose record is changed by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pipeline.page.artifacts import Artifacts
from pipeline.report import judgements
from pipeline.report.guards import guards


def _of(kind: str, artifacts: Artifacts) -> dict[str, Any]:
    [row] = [row for row in judgements.of(artifacts)[1] if row["kind"] == kind]
    return row


def test_the_record_says_inconclusive_and_so_does_the_first_word_though_the_goal_is_met(
    read: Artifacts,
) -> None:
    word, rows = judgements.of(read)
    assert word == ("Inconclusive", "doubt")
    assert [row["kind"] for row in rows] == ["verdict", "goal", "rule", "checks"]
    assert _of("goal", read)["tone"] == "good"


def test_a_target_that_is_out_of_the_intervals_reach_is_missed(read: Artifacts) -> None:
    threshold = replace(read.metrics.thresholds[0], target=0.999)
    missed = replace(read, metrics=replace(read.metrics, thresholds=(threshold,)), comparison=None)
    assert judgements.of(missed)[0] == ("Operating rule missed", "bad")
    row = _of("rule", missed)
    assert (row["says"], row["metric"], row["target"].value) == ("missed", "sensitivity", 0.999)
    assert row["fact"].numerator == 75
    assert row["fact"].denominator == 78


def test_a_threshold_without_a_target_has_no_row(read: Artifacts) -> None:
    threshold = replace(read.metrics.thresholds[0], rule="youden", target=None)
    youden = replace(read, metrics=replace(read.metrics, thresholds=(threshold,)))
    assert "rule" not in [row["kind"] for row in judgements.of(youden)[1]]


def test_checks_that_failed_are_counted_among_those_that_ran(read: Artifacts) -> None:
    unrecorded = replace(read, looks=[])
    row = _of("checks", unrecorded)
    ran = sum(guard.status != "not_run" for guard in guards(unrecorded))
    assert (row["failed"].value, row["ran"].value, row["tone"]) == (1, ran, "bad")
    assert judgements.of(unrecorded)[0] == (f"1 of {ran} checks failed", "bad")
