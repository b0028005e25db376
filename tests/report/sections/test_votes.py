"""Who has a vote is called so wherever a page names them: patients, or cases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.page.artifacts import Artifacts
from pipeline.report import document, page
from pipeline.report.sections import brief, methods
from pipeline.tasks.classification.sections import thousand


def _of_cases(read: Artifacts) -> Artifacts:
    """The same numbers with a vote a case: 40 of 50 sick cases found, 90 of 100 others left alone."""
    counted = {"sensitivity": (40, 50), "specificity": (90, 100)}
    metrics = [
        replace(
            metric, unit="case",
            numerator=counted.get(metric.id, (metric.numerator, 0))[0],
            denominator=counted.get(metric.id, (0, metric.denominator))[1],
        )
        for metric in read.metrics.metrics
    ]  # fmt: skip
    return replace(read, unit="case", metrics=replace(read.metrics, unit="case", metrics=tuple(metrics)))


def test_a_vote_a_case_is_a_page_of_cases(read: Artifacts) -> None:
    found = _of_cases(read)
    section = thousand.build(found)
    assert section.title == "Of 1000 cases like these"
    assert section.tables["rows"][0]["prevalence"].value == pytest.approx(50 / 150)
    labels = [row["label"] for row in brief.build(found).tables["rows"]]
    assert labels[:2] == ["Ranks a case with nodule above one without", "Finds cases with nodule"]
    assert brief.build(found).words["lead"].startswith("Of one case with nodule and one without")


def test_the_methods_say_whose_vote_counts(read: Artifacts) -> None:
    written = document.build(read)
    (section,) = [section for section in written["sections"] if section["key"] == "methods"]
    section["words"] = methods.build(_of_cases(read), []).words
    html = page.html(written, read.pictures)
    assert "Every case has one vote" in html and "Every patient has one vote" not in html


def test_a_vote_a_patient_is_a_page_of_patients(read: Artifacts) -> None:
    html = page.html(document.build(read), read.pictures)
    assert "Finds patients with nodule" in html and "Every patient has one vote throughout" in html
    assert "Of 1000 patients like these" in html
