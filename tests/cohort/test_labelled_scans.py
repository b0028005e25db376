"""Which label a scan gets, and what is refused in a table of labels."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cohort_files import cohort, files, rows

from pipeline.catalogue import Catalogue
from pipeline.cohort import run
from pipeline.errors import ConfigError, DataError


def test_only_the_configured_columns_go_further(study, scan) -> None:
    study.add(*(scan(f"1.{number}", f"P{number}") for number in range(12)))
    lines = (
        f"1.{n},{('well', 'sick')[n % 2]},{'north' if n < 6 else 'south'},secret remark" for n in range(12)
    )
    study.table("uid,label,site,remark", *lines)
    run(study.config("groups: [site]"), study.workspace)
    found = {row["case_id"]: row["by_site"] for row in rows(study)}
    assert found[study.case_id("1.5")] == "north"
    assert found[study.case_id("1.6")] == "south"
    everything = b"".join(files(study).values()) + study.workspace.ledger("parts").read_bytes()
    for word in (b"secret", b"remark", b"P11", b"1.11"):
        assert word not in everything


def test_three_classes_need_no_positive(study, scan) -> None:
    study.add(*(scan(f"1.{number}", f"P{number}") for number in range(30)))
    study.table("uid,label", *(f"1.{number},{'abc'[number % 3]}" for number in range(30)))
    run(study.config("positive: null"), study.workspace)
    assert cohort(study)["question"]["classes"] == ["a", "b", "c"]
    assert cohort(study)["question"]["positive"] is None


def test_too_few_patients_are_refused_with_the_numbers(filled) -> None:
    study = filled(4)
    with pytest.raises(DataError, match="at least 2 patients, and there are: train 2, validation"):
        run(study.config(), study.workspace)
    assert not study.workspace.ledger("parts").exists()


def test_the_column_may_be_told(study, scan) -> None:
    study.add(*(scan(f"1.{number}", f"P{number}") for number in range(12)))
    study.table("uid,who,label", *(f"1.{n},P{n},{('well', 'sick')[n % 2]}" for n in range(12)))
    run(study.config("id: {column: who, names: patient}"), study.workspace)
    assert cohort(study)["join"]["names"] == "patient"


def test_a_missing_table_names_file_and_line(filled) -> None:
    study = filled(12)
    with pytest.raises(ConfigError, match=r"study\.yaml:5: there is no table 'data/raw/lables\.csv'"):
        run(study.config(labels="data/raw/lables.csv"), study.workspace)


def test_a_positive_that_no_scan_has_names_file_and_line(filled) -> None:
    study = filled(12)
    with pytest.raises(ConfigError, match=r"study\.yaml:6: no labelled scan has the class 'sikc'"):
        run(study.config("positive: sikc"), study.workspace)


def test_scans_whose_label_is_missing_are_left_out_and_told_by_the_words(filled) -> None:
    study = filled(40)
    words = {0: "NaN", 8: "n/a", 16: "?", 24: "-1", 32: "unknown"}
    study.table("uid,label", *(f"1.{n},{words.get(n, ('well', 'sick')[n % 2])}" for n in range(40)))
    summary = run(study.config(), study.workspace)
    assert cohort(study)["question"]["classes"] == ["well", "sick"]
    assert cohort(study)["flow"]["excluded"] == {"label_empty": 5}
    assert (
        "note: scans without a label, by what stands in its place: '-1' 1, '?' 1, 'NaN' 1, 'n/a' 1, 'unknown' 1 (`cohort.classes` makes a class of a word)"
        in summary.lines
    )


def test_words_are_mapped_to_classes_by_the_yaml(filled) -> None:
    study = filled(40)
    words = ["0", "1", "0.0", "krank"]
    study.table("uid,label", *(f"1.{n},{words[n % 4]}" for n in range(40)))
    run(study.config("classes: {sick: [1, krank], well: [0]}"), study.workspace)
    assert cohort(study)["question"]["classes"] == ["well", "sick"]
    assert {row["case_id"]: row["target"] for row in rows(study)}[study.case_id("1.3")] == "sick"


def test_two_columns_that_contradict_each_other_are_refused_with_file_and_line(study, scan) -> None:
    study.add(*(scan(f"1.{number}", str(number)) for number in range(1, 31)))
    study.table(",id,label", *(f"{n - 1},{n},{('well', 'sick')[n % 2]}" for n in range(1, 31)))
    with pytest.raises(
        ConfigError, match=r"study\.yaml:4: two columns name scans and contradict each other: by 'id'"
    ):
        run(study.config(), study.workspace)
    assert not study.workspace.ledger("parts").exists()
    run(study.config("id: {column: id, names: patient}"), study.workspace)
    assert len(rows(study)) == 30


def test_a_patient_and_a_side_name_a_scan_together(study, scan) -> None:
    study.add(*(scan(f"1.{number}", f"P{number // 2}") for number in range(24)))
    with Catalogue(study.workspace.catalogue) as catalogue, catalogue.transaction():
        sides = {study.case_id(f"1.{number}"): "LR"[number % 2] for number in range(24)}
        catalogue.put_cases(
            (replace(case, attributes={"image_laterality": sides[case.case_id]}), [token])
            for case in list(catalogue.cases())
            for (token,) in catalogue.query("SELECT token FROM case_files WHERE case_id = ?", (case.case_id,))
        )
    study.table(
        "who,side,label",
        *(f"P{n // 2},{('left', 'right')[n % 2]},{'sick' if n % 4 == 1 else 'well'}" for n in range(24)),
    )
    run(
        study.config("id: [{column: who, names: patient}, {column: side, names: laterality}]"),
        study.workspace,
    )
    assert cohort(study)["join"] == {
        "column": "who + side",
        "names": "patient + laterality",
        "matched": 24,
        "of": 24,
    }
    target = {row["case_id"]: row["target"] for row in rows(study)}
    assert [target[study.case_id(f"1.{n}")] for n in range(4)] == ["well", "sick", "well", "well"]
