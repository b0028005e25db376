"""What worse scans do, as the page tells it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from invented_candidate import Candidate

from pipeline.report import document, page
from pipeline.report.reading import read
from pipeline.report.sections import robustness


@pytest.fixture
def artifacts(candidate: Candidate) -> Any:
    return read(
        candidate.config, candidate=candidate.workspace.candidate,
        ledgers=candidate.workspace.ledgers, champion=None,
    )  # fmt: skip


def test_levels_in_pixels_are_told_in_millimetres_and_the_level_that_leaves_the_goal(artifacts: Any) -> None:
    rows = {row["name"]: row for row in robustness.build(artifacts).tables["rows"]}
    shift = rows["Shift"]
    assert (shift["unit"], shift["mildest"].value, shift["strongest"].value) == ("mm", 2.7, 21.6)
    assert shift["leaves"].value == 5.4  # the second level
    assert (rows["Noise"]["unit"], rows["Noise"]["strongest"].value) == ("% of the window", 10)
    metric = rows["Noise"]["metric"]
    assert (metric.value, metric.low, metric.high, metric.patients) == pytest.approx((0.83, 0.74, 0.9, 60))


@pytest.mark.parametrize(("goal", "before"), [(0.9, "beyond"), (0.95, "across"), (0.99, "short"), (None, "")])
def test_where_the_scans_as_they_are_lie_by_the_goal_is_told(
    artifacts: Any, goal: float | None, before: str
) -> None:
    found = replace(artifacts.robustness, goal=goal)
    assert robustness.build(replace(artifacts, robustness=found)).words["before"] == before


def test_without_a_measurement_the_reason_stands_there(artifacts: Any) -> None:
    found = replace(artifacts.robustness, curves=(), reason="scans are large")
    assert robustness.build(replace(artifacts, robustness=found)).reason == "scans are large"
    assert robustness.build(replace(artifacts, robustness=None)).reason


def test_the_page_says_how_many_were_drawn_and_what_was_left_out(
    artifacts: Any,
) -> None:
    shown = re.sub(r"<[^>]*>", "", page.html(document.build(artifacts), artifacts.pictures))
    text = re.sub(r"\s+", " ", shown)
    assert "60 of 200 test patients, drawn at random, one scan each" in text
    assert "Left out: Lost slices (an image has no slices)." in text
    assert "Leaves the goal at" in text
    assert "after noise, contrast, brightness and JPEG, values are cut" in text


def test_a_remark_on_the_scans_as_they_are_stands_beside_their_number(artifacts: Any) -> None:
    remarked = replace(artifacts.robustness.unchanged, flag="small sample: 9 patients")
    found = replace(artifacts, robustness=replace(artifacts.robustness, unchanged=remarked))
    shown = re.sub(r"<[^>]*>", "", page.html(document.build(found), found.pictures))
    assert "(small sample: 9 patients)." in re.sub(r"\s+", " ", shown)
