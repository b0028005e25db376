"""Parts that a table publishes are followed, or refused, or drawn anew."""

from __future__ import annotations

import pytest
from cohort_files import findings, parts, rows

from pipeline import ledger
from pipeline.cohort import run
from pipeline.errors import DataError


def overlapping(study, scan) -> None:
    """20 patients with two scans each; the first one's scans stand in train and test."""
    study.add(*(scan(f"1.{number}", f"P{number // 2}") for number in range(40)))
    words = ["train", "test"] + ["train"] * 20 + ["val"] * 8 + ["test"] * 10
    study.table("uid,label,split", *(f"1.{n},{('well', 'sick')[n // 2 % 2]},{words[n]}" for n in range(40)))


def test_a_published_split_is_followed(study, scan) -> None:
    study.add(*(scan(f"1.{number}", f"P{number}") for number in range(12)))
    words = ["training"] * 8 + ["val"] * 2 + ["holdout"] * 2
    study.table("uid,label,split", *(f"1.{n},{('well', 'sick')[n % 2]},{words[n]}" for n in range(12)))
    run(study.config("part_column: split"), study.workspace)
    expected = ["train"] * 8 + ["validation"] * 2 + ["test"] * 2
    assert parts(study) == {study.patient_id(f"P{n}"): expected[n] for n in range(12)}


def test_a_split_that_divides_patients_is_refused_and_leaves_no_trace(study, scan) -> None:
    overlapping(study, scan)
    with pytest.raises(
        DataError, match="puts 1 patients into more than one part; they have 1 of 21 scans of train"
    ):
        run(study.config("part_column: split"), study.workspace)
    assert not study.workspace.ledger("parts").exists()
    assert not study.workspace.candidate.exists()


def test_a_split_that_divides_patients_is_drawn_anew_when_asked(study, scan) -> None:
    overlapping(study, scan)
    config = study.config("part_column: split", "on_patient_overlap: redraw")
    run(config, study.workspace)
    assert findings(study)["patient_overlap"] == 1
    assert {record["why"] for record in ledger.read(study.workspace.ledger("parts"))} == {"redraw"}
    assert not run(config, study.workspace).changed


def test_identical_images_across_the_published_split_are_counted(study, scan) -> None:
    overlapping(study, scan)
    study.add(scan("1.1", "P0", pixels="pixels of 1.0"), scan("1.3", "P1", pixels="pixels of 1.2"))
    run(study.config("part_column: split", "on_patient_overlap: redraw"), study.workspace)
    assert findings(study)["duplicates_cross_split"] == 1
    assert findings(study)["duplicate_pixels"] == 1


def test_a_part_without_a_class_is_refused_before_anything_is_written(study, scan) -> None:
    study.add(*(scan(f"1.{number}", f"P{number}") for number in range(12)))
    words = ["train"] * 8 + ["val"] * 2 + ["test"] * 2
    labels = ["well", "sick"] * 5 + ["well", "well"]
    study.table("uid,label,split", *(f"1.{n},{labels[n]},{words[n]}" for n in range(12)))
    with pytest.raises(
        DataError, match=r"The test part has no patient with the class 'sick' .*or mend the part column\."
    ):
        run(study.config("part_column: split"), study.workspace)
    assert not study.workspace.ledger("parts").exists()


def test_a_part_that_lost_a_class_is_told_how_all_are_drawn_anew(filled) -> None:
    study = filled(12)
    run(study.config(), study.workspace)
    tested = {row["case_id"] for row in rows(study) if row["part"] == "test"}
    study.table(
        "uid,label",
        *(
            f"1.{n},{'well' if study.case_id(f'1.{n}') in tested else ('well', 'sick')[n % 2]}"
            for n in range(12)
        ),
    )
    with pytest.raises(
        DataError,
        match=r"draw all parts anew, while no model has looked at the test part: `.*(REDRAW|--redraw)",
    ):
        run(study.config(), study.workspace)
