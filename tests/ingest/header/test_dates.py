"""Offsets of dates: by patient and key, intervals kept."""

from __future__ import annotations

from datetime import date, timedelta

from pipeline.ingest.header.dates import counted, shifted
from pipeline.pseudonyms import Key

KEYS = Key(b"a key of the tests, 32 bytes long"), Key(b"another key of tests, 32 bytes...")
DAY = date(2020, 2, 29)
PATIENTS = [f"patient {number}" for number in range(400)]


def moved(patient: str, day: date = DAY, key: Key = KEYS[0]) -> date:
    return date.fromisoformat(str(shifted(day, patient, key)["study_date"]))


def test_a_date_moves_by_thirty_days_to_ten_years_either_way() -> None:
    offsets = [(moved(patient) - DAY).days for patient in PATIENTS]
    assert min(map(abs, offsets)) >= 30
    assert max(map(abs, offsets)) <= 3650
    assert 150 < sum(offset > 0 for offset in offsets) < 250
    assert len(set(offsets)) > 350


def test_all_dates_of_a_patient_move_alike() -> None:
    for days in (1, 366, 5000):
        later = DAY + timedelta(days)
        assert (moved("p", later) - moved("p")).days == days
        first, second = (int(counted(day, "p", KEYS[0])["study_day"]) for day in (DAY, later))
        assert second - first == days


def test_another_key_gives_other_days() -> None:
    assert all(counted(DAY, p, KEYS[0]) != counted(DAY, p, KEYS[1]) for p in PATIENTS)
    assert sum(moved(p) == moved(p, key=KEYS[1]) for p in PATIENTS) <= 2  # 1 in 7242 by chance


def test_a_counted_day_is_far_from_the_calendar() -> None:
    days = sorted(int(counted(DAY, patient, KEYS[0])["study_day"]) for patient in PATIENTS)
    assert days[-1] - days[0] > 4_000_000_000
    assert not any(day == DAY.toordinal() for day in days)


def test_a_date_moved_beyond_the_calendar_is_left_out() -> None:
    intervals = [shifted(date(1, 1, 1), patient, KEYS[0]) for patient in PATIENTS]
    assert 150 < sum(one == {} for one in intervals) < 250
