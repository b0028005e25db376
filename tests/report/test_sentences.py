"""The sentences of the page: they hold for the task at hand, agree with their number, and stay whole on paper."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

import pipeline.report
from pipeline.contracts.leaks import Check, Leaks, Lookalike
from pipeline.page.artifacts import Artifacts
from pipeline.report import document, environment, page
from pipeline.report.sections import warnings
from pipeline.tasks.registry import task_of

HEADER = Check(
    "metadata_only", "Size alone", "pass", 0.6, 0.75, low=0.5, high=0.7, patients=90, cases=99
)  # fmt: skip
NOT_RUN = Check("dates", "Dates of the parts", "not_run", None, None, reason="as `cohort.by` keeps none")
COPY = Lookalike("first", "second", 2, 1.008, "cut", (), hidden="so it is")


def rendered(read: Artifacts) -> str:
    """The words of the page of a candidate, without markup."""
    html = page.html({**document.build(read), "created": ""}, read.pictures)
    body = re.sub(r"<(style|svg).*?</\1>", " ", html, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", body.replace("<br>", " ")))


@pytest.fixture(scope="module")
def words(read: Artifacts) -> str:
    return rendered(replace(read, leaks=Leaks((HEADER, NOT_RUN), (COPY,))))


def test_no_backtick_is_left_of_what_was_meant_as_code(words: str) -> None:
    assert "cohort.by" in words
    assert [words[at.start() - 40 : at.end() + 40] for at in re.finditer("`", words)] == []


def test_one_check_was_not_run_and_two_were_not(words: str, read: Artifacts) -> None:
    assert "1 more was not run" in words
    assert "2 more were not run" in rendered(
        replace(read, leaks=Leaks((NOT_RUN, replace(NOT_RUN, key="of_two"))))
    )


def test_what_header_and_image_tell_is_compared_where_both_are_areas_alone(read: Artifacts) -> None:
    with_header = replace(read, leaks=Leaks((HEADER,)))
    beside = warnings.build(with_header).facts
    assert (beside["from_image"].id, beside["from_image"].value) == ("auroc", read.metric("auroc").value)
    for chance in (("r2", 0.0), None):
        measures = SimpleNamespace(
            METRICS=read.task.measures.METRICS, chance=lambda question, chance=chance: chance
        )
        other = replace(with_header, task=SimpleNamespace(page=read.task.page, measures=measures))
        assert "metadata" in warnings.build(other).facts
        assert "from_image" not in warnings.build(other).facts
    assert task_of("regression").measures.chance(None) == ("r2", 0.0)


def test_how_alike_two_images_are_is_told_with_its_unit(words: str) -> None:
    assert "2 patient IDs · cut · agreement 1.008 of the limit" in words
    assert "in units of the limit above which two count as one image" in words


def test_an_answer_of_a_checklist_names_the_section_that_shows_it(words: str) -> None:
    assert "See “From files to patients”" in words
    assert "See “Checks against leakage”" in words


def test_the_card_says_on_how_many_patients_its_number_rests(words: str, read: Artifacts) -> None:
    tested = read.tested["patient_id"].nunique()
    assert f"), {tested} test patients Licence" in words


def test_on_paper_nothing_is_folded_and_no_rule_forces_an_empty_sheet() -> None:
    style = (Path(pipeline.report.__file__).parent / "templates/style.css").read_text(encoding="utf-8")
    on_paper = style.partition("@media print")[2]
    assert "details:not(.zoom)::details-content { content-visibility: visible; }" in on_paper
    assert "break-before: page" not in on_paper
    assert re.search(r"table\.long, table\.forest \{ break-inside: auto; \}", on_paper)
    assert ".big thead { display: none" not in style, "a number without the name of its column"


def test_a_report_of_an_earlier_version_is_made_again(read: Artifacts) -> None:
    body = json.loads(json.dumps(document.build(replace(read, leaks=Leaks((HEADER,), (COPY,))))))
    newer: dict[str, set[str]] = {
        "warnings": {"from_image"},
        "controls": {"networks"},
        "lookalikes": {"side"},
    }
    for section in body["sections"]:
        for kind in ("facts", "words"):
            for key in newer.get(section["key"], set()):
                section.get(kind, {}).pop(key, None)
    assert "1.008" in environment.dated(page.html(body, read.pictures), "2026-01-01T00:00:00Z")
