"""When a study was, as far as a case may tell it: in days of the patient's own, never a day of the calendar.

Each patient has one offset, drawn by the key, that is added to the dates of all studies: intervals stay
what they are, and new scans change nothing about old ones (PS3.15 E.3.6, 45 CFR 164.514(b)(2)(i)(C)).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from pipeline.pseudonyms import Key
from pipeline.records import Attribute

_FEWEST_DAYS, _MOST_DAYS = 30, 3650  # a choice: never within a month of the true date
_ORIGINS = 2**32
"""So many first days a patient's count may have: what number a day gets says nothing."""


def counted(day: date, patient_id: str, key: Key) -> Mapping[str, Attribute]:
    """`study_day`: a whole number that means nothing but by its difference to the patient's others."""
    return {"study_day": day.toordinal() + _drawn(patient_id, key) % _ORIGINS}


def shifted(day: date, patient_id: str, key: Key) -> Mapping[str, Attribute]:
    """`study_date`: the date, 30 to 3650 days earlier or later; nothing where the calendar ends before."""
    turn, draw = divmod(_drawn(patient_id, key), _MOST_DAYS - _FEWEST_DAYS + 1)
    moved = day.toordinal() + (1 if turn % 2 else -1) * (_FEWEST_DAYS + draw)
    if not 1 <= moved <= date.max.toordinal():
        return {}
    return {"study_date": date.fromordinal(moved).isoformat()}


POLICIES: dict[str, Callable[[date, str, Key], Mapping[str, Attribute]]] = {"none": counted, "shift": shifted}
"""What a case tells of its study's date, by the word of `ingest.dates`."""


def _drawn(patient_id: str, key: Key) -> int:
    return int(key.digest(f"days of {patient_id}".encode()), 16)
