"""Who is one person, and who is withdrawn: pixels, studies, the table of links."""

from __future__ import annotations

import shutil

import pytest
from cohort_files import files, findings, parts, parts_ledger, rows

from pipeline import ledger
from pipeline.cohort import run
from pipeline.errors import ConfigError


def test_pixels_under_two_patients_leave_the_cohort(filled, scan) -> None:
    study = filled(30)
    study.add(scan("1.29", "P029", pixels="pixels of 1.0"))
    run(study.config(), study.workspace)
    assert {row["case_id"]: row["reason"] for row in rows(study, "excluded.csv")} == {
        study.case_id("1.0"): "patient_conflict",
        study.case_id("1.29"): "patient_conflict",
    }


def test_ids_of_one_study_are_one_patient(filled, scan) -> None:
    study = filled(30)
    study.add(scan("1.0", "P000", study="same"), scan("1.1", "P001", study="same"))
    run(study.config(), study.workspace)
    person = min(study.patient_id("P000"), study.patient_id("P001"))
    linked = [row for row in rows(study) if row["patient_id"] == person]
    assert len(linked) == 2
    assert findings(study)["linked_patients"] == 1


def test_ids_found_to_be_one_patient_across_parts_leave_the_test_part(filled, scan) -> None:
    study = filled(40)
    run(study.config(), study.workspace)
    part_of = parts(study)
    by_part = {part_of[study.patient_id(f"P{n:03d}")]: n for n in range(40)}
    trained, tested = by_part["train"], by_part["test"]
    study.add(
        scan(f"1.{trained}", f"P{trained:03d}", study="same"),
        scan(f"1.{tested}", f"P{tested:03d}", study="same"),
    )
    run(study.config(), study.workspace)
    assert {row["case_id"]: row["reason"] for row in rows(study, "excluded.csv")} == {
        study.case_id(f"1.{tested}"): "linked_across_parts"
    }
    kept = {row["case_id"]: row["part"] for row in rows(study)}
    assert kept[study.case_id(f"1.{trained}")] == "train"


def test_ids_that_the_table_of_links_joins_are_one_patient_in_one_part(filled, scan) -> None:
    study = filled(30)
    study.table("first,second", "P000,P001", "P001,P002", "P003,Doe^John", name="links.csv")
    run(study.config("links: data/raw/links.csv"), study.workspace)
    person = min(study.patient_id(f"P00{n}") for n in range(3))
    linked = [row for row in rows(study) if row["patient_id"] == person]
    assert len(linked) == 3 and len({row["part"] for row in linked}) == 1
    assert (findings(study)["linked_patients"], findings(study)["link_without_scan"]) == (2, 1)
    everything = b"".join(files(study).values()) + study.workspace.ledger("parts").read_bytes()
    assert not any(word in everything for word in (b"P001", b"Doe", b"links.csv"))


def test_a_link_told_later_moves_nobody_and_takes_the_test_scan_out(filled) -> None:
    study = filled(40)
    run(study.config(), study.workspace)
    book = parts_ledger(study.workspace)
    numbers = {parts(study)[study.patient_id(f"P{n:03d}")]: n for n in range(40)}
    study.table("a,b", f"P{numbers['test']:03d},P{numbers['train']:03d}", name="links.csv")
    run(study.config("links: data/raw/links.csv"), study.workspace)
    assert {row["case_id"]: row["reason"] for row in rows(study, "excluded.csv")} == {
        study.case_id(f"1.{numbers['test']}"): "linked_across_parts"
    }
    assert parts_ledger(study.workspace) == book


def test_a_link_to_a_patient_whose_scans_are_gone_gives_that_patients_part(filled, scan) -> None:
    study = filled(40)
    run(study.config(), study.workspace)
    tested = next(f"P{n:03d}" for n in range(40) if parts(study)[study.patient_id(f"P{n:03d}")] == "test")
    shutil.rmtree(study.workspace.data)
    study.add(*(scan(f"1.{n}", f"P{n:03d}" if f"P{n:03d}" != tested else "NEW") for n in range(40)))
    study.table("a,b", f"{tested},NEW", name="links.csv")
    run(study.config("links: data/raw/links.csv"), study.workspace)
    records = {record["patient_id"]: record for record in parts_ledger(study.workspace)}
    new = records[study.patient_id("NEW")]
    assert (new["part"], new["why"]) == ("test", "link")


def test_who_is_linked_to_a_withdrawn_patient_is_withdrawn(filled) -> None:
    study = filled(30)
    gone = {"patient_id": study.patient_id("P900"), "part": None, "era": None, "why": "tombstone"}
    ledger.append(study.workspace.ledger("parts"), gone)
    study.table("a,b", "P900,P003", name="links.csv")
    run(study.config("links: data/raw/links.csv"), study.workspace)
    (excluded,) = rows(study, "excluded.csv")
    assert (excluded["case_id"], excluded["reason"]) == (study.case_id("1.3"), "consent_withdrawn")


def test_a_missing_table_of_links_names_file_and_line(filled) -> None:
    study = filled(12)
    with pytest.raises(ConfigError, match=r"study\.yaml:6: there is no table 'links\.csv'"):
        run(study.config("links: links.csv"), study.workspace)


def test_a_withdrawn_patient_is_in_no_part(filled) -> None:
    study = filled(30)
    run(study.config(), study.workspace)
    gone = study.patient_id("P003")
    ledger.append(
        study.workspace.ledger("parts"), {"patient_id": gone, "part": None, "era": 1, "why": "tombstone"}
    )
    run(study.config(), study.workspace)
    assert gone not in parts(study)
    (excluded,) = rows(study, "excluded.csv")
    assert (excluded["case_id"], excluded["reason"]) == (study.case_id("1.3"), "consent_withdrawn")
