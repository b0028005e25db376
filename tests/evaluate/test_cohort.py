from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import DataError
from pipeline.evaluate import cohort

TEXT = "case_id,patient_id,part,era,target,by_sex\nb,p2,test,1,yes,F\na,p1,validation,1,no,\n"


def test_cases_come_sorted_and_without_their_labels(tmp_path: Path) -> None:
    (tmp_path / "cohort.csv").write_text(TEXT)
    frame = cohort.cases(tmp_path / "cohort.csv")
    assert list(frame["case_id"]) == ["a", "b"]
    assert list(frame["by_sex"]) == ["", "F"]
    assert "target" not in frame


def test_only_the_labels_of_the_parts_asked_for_are_given(tmp_path: Path) -> None:
    (tmp_path / "cohort.csv").write_text(TEXT)
    assert cohort.labels(tmp_path / "cohort.csv", ("validation",)) == {"a": "no"}


def test_a_missing_cohort_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"Run `.*scanloom cohort"):
        cohort.cases(tmp_path / "cohort.csv")
