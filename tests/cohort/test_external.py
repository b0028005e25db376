"""Scans of another source are in a part of their own, and nobody of them in any other."""

from __future__ import annotations

import shutil

import pytest
from cohort_files import cohort, notices, parts, parts_ledger, rows

from pipeline import ledger
from pipeline.cohort import run
from pipeline.errors import ConfigError, DataError

SITES = "external: {column: site, values: [B]}"


def two_sites(study, scan, *, home: int = 12, abroad: int = 4, extra: tuple[str, ...] = ()) -> None:
    """Patients P0, P1 ... of site A and then of site B, one scan each, every other one sick."""
    everyone = home + abroad
    study.add(*(scan(f"1.{n}", f"P{n}") for n in range(everyone)))
    words = [f"1.{n},{('well', 'sick')[n % 2]},{'A' if n < home else 'B'}" for n in range(everyone)]
    study.table("uid,label,site", *words, *extra)


def external(study) -> set[str]:
    return {person for person, part in parts(study).items() if part == "external"}


def persons(study, *numbers: int) -> set[str]:
    return {study.patient_id(f"P{n}") for n in numbers}


def excluded(study) -> dict[str, str]:
    return {row["case_id"]: row["reason"] for row in rows(study, "excluded.csv")}


def test_the_patients_of_a_site_are_external_and_the_others_are_drawn_as_without_them(study, scan) -> None:
    two_sites(study, scan)
    run(study.config(SITES), study.workspace)
    assert external(study) == persons(study, 12, 13, 14, 15)
    with_them = {person: part for person, part in parts(study).items() if part != "external"}
    assert {"train", "validation", "test"} == set(with_them.values())
    ledger_of = {record["patient_id"]: record for record in parts_ledger(study.workspace)}
    assert ledger_of[study.patient_id("P12")]["why"] == "source"
    assert cohort(study)["parts"]["external"] == {"patients": 4, "cases": 4, "counts": {"well": 2, "sick": 2}}
    shutil.rmtree(study.workspace.ledgers)
    study.table("uid,label", *(f"1.{n},{('well', 'sick')[n % 2]}" for n in range(12)))
    run(study.config(), study.workspace)
    assert parts(study) == with_them
    assert "external" not in cohort(study)["parts"]


def test_the_word_external_in_the_column_of_parts_says_so_too(study, scan) -> None:
    study.add(*(scan(f"1.{n}", f"P{n}") for n in range(14)))
    words = ["train"] * 8 + ["val"] * 2 + ["test"] * 2 + ["External"] * 2
    study.table("uid,label,split", *(f"1.{n},{('well', 'sick')[n % 2]},{words[n]}" for n in range(14)))
    run(study.config("part_column: split"), study.workspace)
    assert external(study) == persons(study, 12, 13)


def test_a_patient_of_both_sources_is_told_and_kept_out_of_training(study, scan) -> None:
    two_sites(study, scan, extra=("2.0,well,A",))
    study.add(scan("2.0", "P12"))
    run(study.config(SITES), study.workspace)
    assert external(study) == persons(study, 12, 13, 14, 15)
    assert excluded(study) == {study.case_id("2.0"): "also_external"}
    assert notices(study)["also_external"] == 1


def test_two_ids_of_one_person_lie_on_one_side(study, scan) -> None:
    two_sites(study, scan)
    study.add(*(scan(f"2.{n}", f"P{n}", study="shared") for n in (3, 13)))
    run(study.config(SITES), study.workspace)
    person = min(study.patient_id("P3"), study.patient_id("P13"))
    assert external(study) == {person} | persons(study, 12, 14, 15)
    assert excluded(study)[study.case_id("1.3")] == "also_external"


def test_the_ledger_holds_and_a_scan_of_elsewhere_of_a_known_patient_is_left_out(study, scan) -> None:
    two_sites(study, scan)
    run(study.config(), study.workspace)
    before = parts(study)
    study.add(scan("3.0", "P99"))
    two_sites_table = [f"1.{n},{('well', 'sick')[n % 2]},{'A' if n != 5 else 'B'}" for n in range(16)]
    study.table("uid,label,site", *two_sites_table, "3.0,well,B")
    run(study.config(SITES), study.workspace)
    assert external(study) == {study.patient_id("P99")}
    assert excluded(study) == {study.case_id("1.5"): "external_in_other_part"}
    assert {person: part for person, part in parts(study).items() if part != "external"} == {
        person: part for person, part in before.items() if person != study.patient_id("P5")
    }
    run(study.config(), study.workspace)
    assert excluded(study) == {study.case_id("3.0"): "also_external"}


def test_a_source_whose_patients_were_all_drawn_is_refused_with_the_way_on(study, scan) -> None:
    two_sites(study, scan)
    run(study.config(), study.workspace)
    with pytest.raises(DataError, match=r"None of the 4 scans of the other source .* draw all parts anew"):
        run(study.config(SITES), study.workspace)
    run(study.config(SITES), study.workspace, redraw="site B is another source")
    assert external(study) == persons(study, 12, 13, 14, 15)


def test_an_answer_that_the_other_source_alone_has_is_no_class(study, scan) -> None:
    two_sites(study, scan, extra=("2.0,maybe,B",))
    study.add(scan("2.0", "P50"))
    run(study.config(SITES), study.workspace)
    assert excluded(study) == {study.case_id("2.0"): "external_answer_unknown"}
    assert cohort(study)["question"]["classes"] == ["well", "sick"]


def test_a_patient_with_two_given_parts_of_whom_one_is_external_stops_nothing(study, scan) -> None:
    study.add(*(scan(f"1.{n}", f"P{n}") for n in range(14)), scan("2.0", "P13"))
    words = ["train"] * 8 + ["val"] * 2 + ["test"] * 2 + ["external"] * 2
    study.table(
        "uid,label,split",
        *(f"1.{n},{('well', 'sick')[n % 2]},{words[n]}" for n in range(14)),
        "2.0,well,train",
    )
    run(study.config("part_column: split"), study.workspace)
    assert external(study) == persons(study, 12, 13)
    assert excluded(study) == {study.case_id("2.0"): "also_external"}


def test_folders_tell_the_other_source(study, scan) -> None:
    two_sites(study, scan)
    config = study.config("external: {folders: [B]}")
    abroad = [study.case_id(f"1.{n}") for n in (12, 14)]
    run(config, study.workspace, below=lambda folders: dict.fromkeys(folders, abroad))
    assert external(study) == persons(study, 12, 14)
    with pytest.raises(ConfigError, match="no scan that was read lies below 'B'"):
        run(config, study.workspace, below=lambda folders: {folder: [] for folder in folders})


def test_which_folders_they_are_is_kept_as_a_keyed_digest_alone(study, scan) -> None:
    def digest(*folders: str) -> str:
        config = study.config(f"external: {{folders: [{', '.join(folders)}]}}" if folders else "salt: 1")
        run(config, study.workspace, below=lambda asked: dict.fromkeys(asked, abroad))
        assert "south" not in (study.workspace.candidate / "cohort.json").read_text()
        return cohort(study)["external_folders"]

    two_sites(study, scan)
    abroad = [study.case_id(f"1.{n}") for n in (12, 14)]
    one = digest("south")
    assert len(one) == 32
    assert digest("south/") == one and digest("north", "south") == digest("south", "north") != one
    assert digest() == ""


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("external: {column: site, values: [C]}", r"no scan has 'C' in the column 'site' \(known: A, B\)"),
        ("external: {column: sites, values: [B]}", "no column 'sites'.*did you mean 'site'"),
        ("external: {column: site}", "expected a column of the table with the words of the other source"),
        ("external: {values: [B]}", "expected a column of the table with the words of the other source"),
        ("external: {}", "expected a column of the table with the words of the other source"),
    ],
)
def test_what_names_no_source_is_refused(line: str, told: str, study, scan) -> None:
    two_sites(study, scan)
    with pytest.raises(ConfigError, match=told):
        run(study.config(line), study.workspace)


def test_the_same_again_changes_nothing(study, scan) -> None:
    two_sites(study, scan)
    config = study.config(SITES)
    run(config, study.workspace)
    before = ledger.read(study.workspace.ledger("parts"))
    assert not run(config, study.workspace).changed
    assert ledger.read(study.workspace.ledger("parts")) == before


def test_answers_in_other_words_are_said_to_be_so_with_the_key_that_maps_them(study, scan) -> None:
    study.add(*(scan(f"1.{n}", f"P{n}") for n in range(16)))
    words = [("well", "sick") if n < 12 else ("0", "1") for n in range(16)]
    study.table("uid,label,site", *(f"1.{n},{words[n][n % 2]},{'AB'[n >= 12]}" for n in range(16)))
    with pytest.raises(
        DataError, match=r"the answers of 4 are none .* Map their words .* `cohort.classes: {"
    ):
        run(study.config(SITES), study.workspace)
    run(study.config(SITES, "classes: {well: [well, '0'], sick: [sick, '1']}"), study.workspace)
    assert external(study) == persons(study, 12, 13, 14, 15)


@pytest.mark.parametrize("uid", ["2.0", "4.0"])  # whose pseudonyms come after and before the other scan's
def test_an_identical_scan_under_both_sources_is_kept_once(study, scan, uid: str) -> None:
    two_sites(study, scan, extra=(f"{uid},sick,A",))
    study.add(scan("1.13", "P13", "same"), scan(uid, "P13", "same"))
    run(study.config(SITES), study.workspace)
    assert external(study) == persons(study, 12, 13, 14, 15)
    assert list(excluded(study).values()) == ["duplicate_pixels"]


@pytest.mark.parametrize("uid", ["2.0", "4.0"])  # whose pseudonyms come after and before the other scan's
def test_an_identical_scan_of_elsewhere_takes_no_patient_out_of_training(study, scan, uid: str) -> None:
    two_sites(study, scan)
    study.add(scan("1.3", "P3", "same"))
    run(study.config(), study.workspace)
    before = parts(study)[study.patient_id("P3")]
    study.add(scan(uid, "P3", "same"), scan("9.0", "P99"))
    home = [f"1.{n},{('well', 'sick')[n % 2]},A" for n in range(16)]
    study.table("uid,label,site", *home, f"{uid},sick,B", "9.0,well,B")
    run(study.config(SITES), study.workspace)
    assert parts(study)[study.patient_id("P3")] == before
    assert list(excluded(study).values()) == ["duplicate_pixels"]


def test_a_scan_that_rows_put_in_both_sources_is_told(study, scan) -> None:
    two_sites(study, scan, extra=("1.13,sick,A", "1.14,well,"))
    run(study.config(SITES, "id: {column: uid, names: sop}"), study.workspace)
    assert external(study) == persons(study, 12, 13, 14, 15)
    (notice,) = [one for one in cohort(study)["notices"] if one["kind"] == "source_conflict"]
    assert notice["case_ids"] == [study.case_id("1.13")]
    assert "in the column 'site': they count to the other one until their rows agree" in notice["detail"]


def test_a_scan_that_the_column_of_parts_puts_in_external_and_another_part_is_told(study, scan) -> None:
    study.add(*(scan(f"1.{n}", f"P{n}") for n in range(14)))
    words = ["train"] * 8 + ["val"] * 2 + ["test"] * 2 + ["external"] * 2
    lines = [f"1.{n},{('well', 'sick')[n % 2]},{words[n]}" for n in range(14)]
    study.table("uid,label,split", *lines, "1.12,well,train", "1.13,sick,")
    run(study.config("part_column: split", "id: {column: uid, names: sop}"), study.workspace)
    assert external(study) == persons(study, 12, 13)
    assert notices(study)["source_conflict"] == 1
