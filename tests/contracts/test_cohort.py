from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.contracts import cohort

TEXT = "case_id,patient_id,part,era,target,by_sex\nb,p2,test,1,yes,F\na,p1,validation,1,no,\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    cohort.TABLE.path(tmp_path).write_text(TEXT)
    return tmp_path


def test_cases_come_sorted_and_without_their_labels(folder: Path) -> None:
    frame = cohort.cases(folder)
    assert list(frame["case_id"]) == ["a", "b"]
    assert list(frame["by_sex"]) == ["", "F"]
    assert "target" not in frame


def test_only_the_labels_of_the_parts_asked_for_are_given(folder: Path) -> None:
    assert cohort.labels(folder, ("validation",)) == {"a": "no"}
    assert cohort.parts(folder) == {"b": "test", "a": "validation"}


def test_a_cohort_of_before_pixels_were_kept_tells_no_digests(folder: Path) -> None:
    assert cohort.pixel_digests(folder) == {}
    cohort.TABLE.path(folder).write_text("case_id,patient_id,part,era,target,pixel_digest\na,p,test,1,x,d\n")
    assert cohort.pixel_digests(folder) == {"a": "d"}
