"""Whose a file is: pseudonyms of what it and its path say."""

from __future__ import annotations

from pathlib import Path

import pytest
from dicom_files import KEY, header, image


def test_identifiers_are_pseudonyms_of_what_the_file_and_its_path_say(tmp_path: Path) -> None:
    dataset = image(IssuerOfPatientID="HOSPITAL", StudyDate="20200102")
    found = header(dataset, tmp_path, "a.b/scan.one.dcm")
    assert dict(found.identifiers) == {
        "sop": KEY.pseudonym("sop", "2.25.1"),
        "series": KEY.pseudonym("series", "2.25.100"),
        "study": KEY.pseudonym("study", "2.25.1000"),
        "accession": KEY.pseudonym("accession", "ACC1"),
        "patient": KEY.pseudonym("patient", "PAT1"),
        "path": KEY.pseudonym("path", "a.b/scan.one.dcm"),
        "name": KEY.pseudonym("name", "scan.one.dcm"),
        "stem": KEY.pseudonym("stem", "scan.one"),
        "alias": KEY.pseudonym("patient", "hospital", "pat1"),
        "issued_id": KEY.pseudonym("id", "pat1"),
        "day": KEY.pseudonym("day", "PAT1", "2020-01-02"),
    }
    assert found.patient_id == KEY.pseudonym("patient", "HOSPITAL", "PAT1")


@pytest.mark.parametrize("missing", ["SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "PatientID"])
def test_an_image_of_nobody_is_refused_by_the_missing_keyword(tmp_path: Path, missing: str) -> None:
    found = header(image(**{missing: None}), tmp_path)
    assert (found.reason, found.detail, found.frames) == ("missing_attribute", missing, ())
