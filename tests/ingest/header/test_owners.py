"""Whose a file without PatientID is: by what the settings say, and nobody's without."""

from __future__ import annotations

from pathlib import Path

import pytest
from dicom_files import KEY

from pipeline.ingest.header.owners import NOBODY, Owner, Owners, answer, ordered, owner_of, write_rows
from pipeline.ingest.reasons import Refusal

STUDY = "2.25.7"


def of(owners: Owners, path: str = "PAT/study/a.dcm", names: list[tuple[str, str]] | None = None) -> Owner:
    return owner_of(owners, path, STUDY, identifiers=names or [], key=KEY)


def by(kind: str, text: str) -> Owner:
    return Owner(KEY.pseudonym(f"patient by {kind}", text), KEY.pseudonym("patient", text))


@pytest.mark.parametrize(
    ("owners", "path", "text"),
    [
        (Owners("study"), "a.dcm", STUDY),
        (Owners("folder"), "PAT/a.dcm", "PAT"),
        (Owners("folder"), "PAT/study/series/a.dcm", "PAT"),
        (Owners("folder"), "PAT.zip/inner/a.dcm", "PAT.zip"),
        (Owners("pattern", r"sub-(\w+)"), "delivery/sub-07/a.dcm", "07"),
        (Owners("pattern", r"^[^/]+/([^/]+)/"), "delivery/PAT/series/a.dcm", "PAT"),
    ],
)
def test_a_patient_is_a_pseudonym_of_a_kind_of_its_own(owners: Owners, path: str, text: str) -> None:
    assert of(owners, path) == by(owners.by, text)
    assert of(owners, path).patient_id != KEY.pseudonym("patient", "", text)


@pytest.mark.parametrize(
    ("owners", "path", "detail"),
    [
        (NOBODY, "PAT/a.dcm", "PatientID"),
        (Owners("folder"), "a.dcm", "PatientID, and the file lies in no folder"),
        (Owners("pattern", r"sub-(\w+)"), "PAT/a.dcm", "PatientID, and the path doesn't fit the pattern"),
        (Owners("column"), "PAT/a.dcm", "PatientID, and no row names the file"),
    ],
)
def test_where_nothing_tells_the_patient_the_file_is_nobodys(owners: Owners, path: str, detail: str) -> None:
    with pytest.raises(Refusal) as caught:
        of(owners, path)
    assert (caught.value.reason, caught.value.detail) == ("missing_attribute", detail)


def test_a_row_tells_the_patient_of_what_it_names(tmp_path: Path) -> None:
    rows = {"stu1": by("column", "A"), "sop1": by("column", "B"), "stu2": None}
    path = tmp_path / "rows.json"
    write_rows(path, rows)
    owners = Owners("column", rows=str(path))
    assert of(owners, names=[("sop", "other"), ("study", "stu1")]) == by("column", "A")
    with pytest.raises(Refusal, match="its rows name several patients"):
        of(owners, names=[("study", "stu2")])


def test_the_row_of_the_file_goes_before_the_row_of_its_study() -> None:
    rows = {"stu1": by("column", "A"), "sop1": by("column", "B")}
    assert answer(rows, ordered([("study", "stu1"), ("patient", "x"), ("sop", "sop1")])) == by("column", "B")


def test_an_id_that_names_nobody_counts_as_none() -> None:
    owners = Owners(dummies=frozenset({"ANONYMOUS", "0"}))
    assert [owners.named(patient) for patient in ("0", "00", "ANONYMOUS", "PAT")] == ["", "00", "", "PAT"]
