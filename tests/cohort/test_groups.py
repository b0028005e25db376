"""Which group a scan falls in: by its header, by the table, and where the two say something else."""

from __future__ import annotations

import pytest
from cohort_files import cohort, rows

from pipeline.cohort import run
from pipeline.cohort.groups import of_cell, of_header
from pipeline.errors import ConfigError
from pipeline.records import Case, Geometry, Stored


def case(spacing: tuple[float, ...] = (1.0, 1.0), kind: str = "patient", **attributes: object) -> Case:
    return Case(
        case_id="c", patient_id="p", study_id="s", series_id="r", modality="MR", value_unit="arbitrary",
        channels=1, geometry=Geometry(spacing, kind), stored=Stored("", 0, 0, "|u1", (1,) * len(spacing), 0),
        pixel_digest="", attributes=attributes,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "attributes", "expected"),
    [
        ("sex", {"patient_sex": "F"}, "F"),
        ("sex", {"patient_sex": "OTHER"}, ""),
        ("age", {"patient_age": 0}, "0 to 1"),
        ("age", {"patient_age": 39}, "18 to 39"),
        ("age", {"patient_age": 40}, "40 to 64"),
        ("age", {"patient_age": 80}, "80 and over"),
        ("age", {}, ""),
        ("field_strength", {"magnetic_field_strength": 1.4936}, "1.5 T"),
        ("field_strength", {"magnetic_field_strength": 3.0}, "3 T"),
        ("field_strength", {"magnetic_field_strength": 0.064}, "up to 0.25 T"),
        ("field_strength", {"magnetic_field_strength": 0.35}, "0.5 T"),
        ("manufacturer", {"manufacturer": "SIEMENS"}, "SIEMENS"),
        ("model", {"manufacturer_model_name": "AVANTO"}, "AVANTO"),
        ("kernel", {"convolution_kernel": "B30F"}, "B30F"),
        ("view", {"view_position": "AP"}, "AP"),
        ("visit", {"days_since_first": 0}, "first study"),
        ("visit", {"days_since_first": 91}, "later study"),
    ],
)
def test_a_header_puts_a_scan_in_a_group(name: str, attributes: dict[str, object], expected: str) -> None:
    assert of_header(case(**attributes), name) == expected


@pytest.mark.parametrize(
    ("spacing", "kind", "expected"),
    [
        ((0.1, 0.1), "detector_plane", "up to 0.1 mm"),
        ((0.9999999, 0.5, 0.5), "patient", "over 0.5 to 1 mm"),
        ((3.0, 0.7, 0.7), "patient", "over 2 to 3 mm"),
        ((3.004, 0.7, 0.7), "patient", "over 2 to 3 mm"),
        ((3.1, 0.7, 0.7), "patient", "over 3 to 5 mm"),
        ((7.0, 0.7, 0.7), "nominal", "over 5 mm"),
        ((1.0, 1.0), "pixels", ""),
    ],
)
def test_spacing_is_that_of_the_coarsest_axis(spacing: tuple[float, ...], kind: str, expected: str) -> None:
    assert of_header(case(spacing, kind), "spacing") == expected


@pytest.mark.parametrize(
    ("cell", "meaning", "expected"),
    [
        ("Weiblich", "sex", "F"),
        ("männlich", "sex", "M"),
        ("?", "sex", "?"),
        ("17,5", "age", "12 to 17"),
        ("old", "age", "old"),
        ("NaN", "age", ""),
        ("inf", "age", "inf"),
        ("1951", "age", ""),
        ("N/A", "sex", ""),
        ("none", "allergy", "none"),
        ("045Y", "age", "40 to 64"),
        ("540 M", "age", "40 to 64"),
        ("47 years", "age", "40 to 64"),
        ("18 Monate", "age", "0 to 1"),
        (">89", "age", "80 and over"),
        ("90+", "age", "80 and over"),
        (">40", "age", ">40"),
        ("1.494", "field_strength", "1.5 T"),
        ("1,5 T", "field_strength", "1.5 T"),
        ("3T", "field_strength", "3 T"),
        ("15000", "field_strength", "1.5 T"),
        ("15000 gauss", "field_strength", "1.5 T"),
        ("0", "field_strength", ""),
        ("40", "field_strength", ""),
        ("high", "field_strength", "high"),
        ("Siemens", "manufacturer", "SIEMENS"),
        ("b30f", "kernel", "B30F"),
        ("Nord", "site", "Nord"),
    ],
)
def test_a_cell_is_brought_to_the_words_of_headers(cell: str, meaning: str, expected: str) -> None:
    assert of_cell(cell, meaning) == expected


def test_groups_come_from_headers_without_the_table_having_to_carry_them(study, scan) -> None:
    sexes = {f"1.{number}": "FM"[number % 3 % 2] for number in range(12)}
    study.add(*(scan(sop, f"P{sop}", attributes=(("patient_sex", sex),)) for sop, sex in sexes.items()))
    study.table("uid,label", *(f"1.{n},{('well', 'sick')[n % 2]}" for n in range(12)))
    run(study.config(), study.workspace)
    found = {row["case_id"]: row["by_sex"] for row in rows(study)}
    assert found == {study.case_id(sop): sex for sop, sex in sexes.items()}
    assert "by_age" not in rows(study)[0]  # no header tells it
    run(study.config("header_groups: []"), study.workspace)
    assert not [name for name in rows(study)[0] if name.startswith("by_")]


def test_a_column_goes_by_its_meaning_and_takes_the_place_of_the_header(study, scan) -> None:
    study.add(*(scan(f"1.{n}", f"P{n}", attributes=(("patient_sex", "F"),)) for n in range(12)))
    lines = (
        f"1.{n},{('well', 'sick')[n % 2]},{'männlich' if n == 5 else 'weiblich'},Nord" for n in range(12)
    )
    study.table("uid,label,Geschlecht,Haus", *lines)
    run(study.config("groups: {Geschlecht: sex, Haus: site}"), study.workspace)
    found = {row["case_id"]: (row["by_sex"], row["by_site"]) for row in rows(study)}
    assert found[study.case_id("1.4")] == ("F", "Nord")
    assert found[study.case_id("1.5")] == ("M", "Nord")
    notices = {notice["kind"]: notice for notice in cohort(study)["notices"]}
    assert notices["group_contradicts_header"]["case_ids"] == [study.case_id("1.5")]


def test_a_column_that_means_what_it_is_called_keeps_its_words(study, scan) -> None:
    study.add(*(scan(f"1.{n}", f"P{n}", attributes=(("patient_sex", "F"),)) for n in range(12)))
    study.table("uid,label,sex", *(f"1.{n},{('well', 'sick')[n % 2]},weiblich" for n in range(12)))
    run(study.config("groups: [sex]"), study.workspace)
    assert {row["by_sex"] for row in rows(study)} == {"weiblich"}
    assert "group_contradicts_header" not in {notice["kind"] for notice in cohort(study)["notices"]}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("groups: {Geschlecht: Sex}", r"study\.yaml:6: .*'Geschlecht' takes a word .* found 'Sex' \(did you mean 'sex'"),
        ("groups: {a: site, b: site}", r"study\.yaml:6: .*'a' and 'b' both mean site: name one of them"),
        ("groups: sex", r"study\.yaml:6: .*expected columns of the table of labels, as in `\[site, ward\]`"),
        ("groups: {Ort: site}", r"study\.yaml:6: the table labels\.csv has no column 'Ort'"),
        ("header_groups: [colour]", r"study\.yaml:6: .*'colour'|study\.yaml:6: .*\"colour\""),
    ],
)  # fmt: skip
def test_what_cannot_be_a_group_is_told_at_its_line(filled, line: str, told: str) -> None:
    study = filled(12)
    with pytest.raises(ConfigError, match=told):
        run(study.config(line), study.workspace)
