"""What a mask shares with the scan that it is of: told as the scan tells it, and never at the terminal."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from dicom_files import write
from mask_files import slices

from pipeline.ingest.limits import FileLimits
from pipeline.ingest.originals import planes_of
from pipeline.ingest.source.discover import SourcePath


def shared(folder: Path, **elements: object) -> dict[str, str]:
    """What a mask shares with slices that say so."""
    files = []
    for number, one in enumerate(slices()):
        path = folder / f"{number}.dcm"
        for keyword, value in elements.items():
            setattr(one, keyword, value)
        write(path, one)
        status = path.stat()
        files.append(SourcePath(path.name, os.fsencode(path), path.name, status.st_size, status.st_mtime_ns))
    planes = planes_of(files, FileLimits())
    assert planes is not None
    return dict(planes.series.patient_and_study)


def test_an_id_with_a_backslash_stays_that_id(tmp_path: Path) -> None:
    told = shared(tmp_path, PatientID=["A", "B"], AccessionNumber=["1", "2"])
    assert (told["PatientID"], told["AccessionNumber"]) == (r"A\B", r"1\2")


def test_a_name_in_any_letters_stays_that_name(tmp_path: Path) -> None:
    name = "Yamada^Tarou=山田^太郎"
    told = shared(tmp_path, SpecificCharacterSet=["", "ISO 2022 IR 87"], PatientName=name)
    assert (told["PatientName"], told["SpecificCharacterSet"]) == (name, "ISO_IR 192")


@pytest.mark.filterwarnings("ignore:Invalid value")  # of what this test writes
@pytest.mark.parametrize(
    ("keyword", "said", "told"),
    [
        ("StudyDate", "2020.01.02", "20200102"),
        ("StudyTime", "12:13:14", "121314"),
        ("PatientBirthDate", "19731301x", ""),
        ("PatientSex", "Unknown", ""),
        ("PatientSex", "F", "F"),
    ],
)
def test_a_date_is_written_as_of_today_and_what_is_none_is_left_out(
    tmp_path: Path, keyword: str, said: str, told: str
) -> None:
    assert shared(tmp_path, **{keyword: said})[keyword] == told
