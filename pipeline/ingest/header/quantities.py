"""Age and field strength as headers write them, in years and tesla; what can't be true is left out.

A number that stands for "unknown", or for something in another unit, would put a scan in a wrong group.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from pipeline.ingest.dicom.dataset import Dataset, date_of, optional_number
from pipeline.units import is_gauss, tesla

GAUSS: Final = "field_in_gauss"
LEFT_OUT: Final = "implausible_left_out"
"""Notes of a file whose field strength was brought to tesla, or whose age or field strength can't be true."""

POOLED: Final = 90
"""Ages above 89 are pooled (45 CFR 164.514(b)(2)(i)(C))."""
_OLDEST: Final = 110
"""In years: some hundred people alive are older, and 999Y, or a day of birth in 1850, stands for unknown."""
_NOBODYS_BIRTH: Final = frozenset({date(1900, 1, 1), date(1899, 12, 30)})
"""The first days of two calendars of computers: what programs write where no day of birth is known."""
_ROUNDING: Final = 1
"""Years by which an age and a day of birth may differ: one is rounded, or only the year of birth is true."""
_AGE: Final = re.compile(r"(\d{1,4})([DWMY])")
_A_YEAR: Final = {"D": 365.25, "W": 52.18, "M": 12, "Y": 1}


def age_years(dataset: Dataset) -> int | None:
    """Whole years by PatientAge, else by the dates (read in memory only); None where they can't be true.

    Also none where age and day of birth contradict each other: nothing says which of them is made up.
    """
    said, born = _said(dataset), _since_birth(dataset)
    if said is not None and born is not None and abs(said - born) > _ROUNDING:
        return None
    return born if said is None else said


def field_strength(dataset: Dataset, keyword: str) -> float | None:
    """The field strength in tesla, also where it is written in gauss; None where it can't be true."""
    value = optional_number(dataset, keyword)
    return None if value is None else tesla(value)


def notes_of(dataset: Dataset) -> list[str]:
    """What was done to these numbers, or that one was left out."""
    notes = []
    field = optional_number(dataset, "MagneticFieldStrength")
    if field is not None and is_gauss(field):
        notes.append(GAUSS)
    lost = field is not None and tesla(field) is None
    if lost or (dataset.text("PatientAge") and age_years(dataset) is None):
        notes.append(LEFT_OUT)
    return notes


def _said(dataset: Dataset) -> int | None:
    """PatientAge in years, pooled; a number without its unit says nothing (PS3.5 6.2, AS)."""
    match = _AGE.fullmatch(dataset.text("PatientAge").upper())
    # Nought years stand for unknown: an infant's age is in days, weeks or months.
    if match is None or (int(match[1]) == 0 and match[2] == "Y"):
        return None
    return _pooled(int(int(match[1]) / _A_YEAR[match[2]]))


def _since_birth(dataset: Dataset) -> int | None:
    born, seen = date_of(dataset.text("PatientBirthDate")), date_of(dataset.text("StudyDate"))
    if born is None or seen is None or seen < born or born in _NOBODYS_BIRTH:
        return None
    return _pooled(seen.year - born.year - ((seen.month, seen.day) < (born.month, born.day)))


def _pooled(years: int) -> int | None:
    return min(years, POOLED) if years <= _OLDEST else None
