"""What is kept of the dates of scans: days since the first study, or dates that are moved."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from dicom_files import write
from ingesting import cases, config, scan, store, without_shards

from pipeline.ingest import run
from pipeline.workspace import Workspace

pytestmark = pytest.mark.usefixtures("own_key")


def test_no_date_is_kept_but_the_days_since_the_patients_first_study(tmp_path: Path) -> None:
    dates = {1: "20200110", 2: "20200120", 3: "20191231"}
    stores = []
    for deliveries in ([(1, 2), (3,)], [(1, 2, 3)]):
        space = Workspace(tmp_path / str(len(stores)), "study")
        for numbers in deliveries:
            for number in numbers:
                made = scan(number, PatientID="PAT1", StudyDate=dates[number], AcquisitionDate=dates[number])
                write(space.root / f"raw/{number}.dcm", made)
            run(config(), space)
        found = store(space)
        stores.append({name: found[name] for name in ("cases", "identifiers")})
        days = sorted(case.attributes["days_since_first"] for case in cases(space))
        assert days == [0, 10, 20]
        stored = space.catalogue.read_bytes()
        ordinals = [date(2019, 12, 31).toordinal(), date(2020, 1, 10).toordinal()]
        assert not any(str(word).encode() in stored for word in (*dates.values(), "2020-01", *ordinals))
    assert without_shards(stores[0]["cases"]) == without_shards(stores[1]["cases"])
    assert stores[0]["identifiers"] == stores[1]["identifiers"]


def test_shifted_dates_keep_their_intervals_and_are_nowhere_beside_the_real_ones(
    workspace: Workspace, raw: Path
) -> None:
    for number, day in enumerate(["20200110", "20200120", "20210120"]):
        patient = "PAT1" if number < 2 else "PAT2"
        write(
            raw / f"{number}.dcm",
            scan(number + 1, PatientID=patient, StudyDate=day, PatientBirthDate="19500115"),
        )
    run(config(dates="shift"), workspace)
    by_patient: dict[str, list[date]] = {}
    for case in cases(workspace):
        told = date.fromisoformat(str(case.attributes["study_date"]))
        by_patient.setdefault(case.patient_id, []).append(told)
    (first, second), (third,) = sorted(map(sorted, by_patient.values()), key=len, reverse=True)
    assert (second - first).days == 10
    assert 30 <= abs((first - date(2020, 1, 10)).days) <= 3650
    assert (first - date(2020, 1, 10)) != (third - date(2021, 1, 20))
    assert sorted(case.attributes["patient_age"] for case in cases(workspace)) == [69, 70, 71]
    stored = workspace.catalogue.read_bytes()
    assert not any(word in stored for word in (b"2020-01-10", b"2021-01-20", b"20200110", b"19500115"))
    run(config(), workspace)
    assert all("study_date" not in case.attributes for case in cases(workspace))
