"""Groups by the table of labels, where the rows of one scan may say different things."""

from __future__ import annotations

import pytest
from cohort_files import cohort, rows

from pipeline.cohort import run
from pipeline.cohort.group_cells import Cells, group_cells
from pipeline.cohort.join import Join, KeyColumn
from pipeline.contracts.cohort import Notice
from pipeline.errors import DataError
from pipeline.tables import Table

MANY = [(f"d{number}", "A") for number in range(10)]


def of_rows(*said: tuple[str, str], meaning: str = "ward", **copies: str) -> Cells:
    """The groups of a table of scans and wards; `copies` has identical scans of some."""
    lines = [*said, *(MANY if meaning == "ward" else [])]
    table = Table(("scan", "ward"), tuple(lines), tuple(range(2, len(lines) + 2)))
    join = Join((KeyColumn("scan", "patient"),), tuple(frozenset({scan}) for scan, _ in lines))
    scans = {scan: (scan, *copies.get(scan, "").split()) for scan, _ in lines if scan not in copies.values()}
    return group_cells(table, "ward", meaning, join=join, scans=scans)


def test_rows_that_name_two_groups_leave_the_scan_in_none_and_tell_column_number_and_remedy() -> None:
    cells = of_rows(("c1", "A"), ("c1", "B"), ("c2", "A"), ("c2", "A"))
    assert (cells.of_case["c1"], cells.of_case["c2"]) == ("", "A")
    assert cells.notices == (
        Notice(
            "group_conflict",
            1,
            "scans whose rows contradict each other in the column 'ward' (lines 2, 3, for instance), so that they "
            "are in none of its groups: make their rows agree, or take the column out of `cohort.groups`",
            ("c1",),
        ),
    )


@pytest.mark.parametrize("empty", ["", "NaN", "n/a", "<NA>", "null"])
def test_an_empty_cell_beside_a_filled_one_is_no_conflict_and_alone_no_group(empty: str) -> None:
    cells = of_rows(("c1", "A"), ("c1", empty), ("c2", empty), ("c2", "A"), ("c3", empty))
    assert [cells.of_case[scan] for scan in ("c1", "c2", "c3")] == ["A", "A", ""]
    assert cells.notices == ()


@pytest.mark.parametrize(
    ("meaning", "first", "second", "group"),
    [
        ("sex", "F", "weiblich", "F"),
        ("sex", "F", "unknown", "F"),
        ("age", "47", "48,5", "40 to 64"),
        ("field_strength", "1.5", "1,494", "1.5 T"),
        ("site", "Haus 2", "Haus\u00a0 2", "Haus 2"),
        ("site", "2", "2.0", "2"),
    ],
)
def test_words_of_one_group_agree(meaning: str, first: str, second: str, group: str) -> None:
    cells = of_rows(("c1", first), ("c1", second), meaning=meaning)
    assert (cells.of_case, cells.notices) == ({"c1": group}, ())


@pytest.mark.parametrize(("meaning", "cells"), [("sex", "F M"), ("age", "39 40"), ("site", "Nord Süd")])
def test_more_contradictions_than_of_labels_mean_the_wrong_level(meaning: str, cells: str) -> None:
    said = [("c1", cell) for cell in cells.split()]
    told = (
        r"The column 'ward' \(`cohort.groups`\) names several groups for 1 of 1 scans when joined by column 'scan' "
        r"\(patient ID\): 2 of 2 rows \(lines 2, 3 of the table, say\)\. Take it out of `cohort.groups`, or .* "
        r"`id: \[\{column: scan, names: patient\}, \{column: NAME, names: day\}\]`"
    )
    with pytest.raises(DataError, match=told):
        of_rows(*said, meaning=meaning)


def test_words_that_differ_in_capitals_alone_are_told_and_not_joined() -> None:
    cells = of_rows(("c1", "a"), ("c2", "B"))
    assert (cells.of_case["c1"], cells.of_case["d0"]) == ("a", "A")
    (notice,) = cells.notices
    assert (notice.kind, notice.count) == ("group_spelling", 11)


def test_what_the_table_says_of_an_identical_copy_it_says_of_the_scan() -> None:
    assert of_rows(("c1", ""), ("c2", "B"), c1="c2").of_case["c1"] == "B"
    cells = of_rows(("c1", "A"), ("c2", "B"), c1="c2")
    assert cells.of_case["c1"] == ""
    assert [(notice.kind, notice.case_ids) for notice in cells.notices] == [("group_conflict", ("c1",))]


def test_rows_of_a_patient_that_differ_leave_all_scans_of_the_patient_without_group(study, scan) -> None:
    study.add(*(scan(f"1.{n}.{at}", f"P{n}") for n in range(12) for at in (1, 2)))
    lines = [f"P{n},{('well', 'sick')[n % 2]},Nord" for n in range(12)]
    study.table("patient,label,Haus", *lines, "P3,sick,Süd", "P4,well,")
    run(study.config("groups: {Haus: site}", "id: {column: patient, names: patient}"), study.workspace)
    found = {row["case_id"]: row["by_site"] for row in rows(study)}
    without = {study.case_id(f"1.3.{at}") for at in (1, 2)}
    assert {case_id for case_id, site in found.items() if site == ""} == without
    assert {site for case_id, site in found.items() if case_id not in without} == {"Nord"}
    (notice,) = [one for one in cohort(study)["notices"] if one["kind"] == "group_conflict"]
    assert (notice["count"], set(notice["case_ids"])) == (2, without)
    assert "'Haus' (lines 5, 14, for instance)" in notice["detail"]


def test_headers_of_identical_copies_that_differ_leave_the_scan_without_group(study, scan) -> None:
    study.add(*(scan(f"1.{n}", f"P{n}", attributes=(("patient_sex", "F"),)) for n in range(12)))
    for sop, number, sex in (("2.3", 3, "M"), ("2.4", 4, "F"), ("2.5", 5, "")):
        study.add(scan(sop, f"P{number}", f"pixels of 1.{number}", attributes=(("patient_sex", sex),)))
    lines = [f"1.{n},{('well', 'sick')[n % 2]}" for n in range(12)]
    study.table("uid,label", *lines, "2.3,sick", "2.4,well", "2.5,sick")
    run(study.config(), study.workspace)
    found = {row["case_id"]: row["by_sex"] for row in rows(study)}
    (notice,) = [one for one in cohort(study)["notices"] if one["kind"] == "group_conflict"]
    assert [case_id for case_id, sex in found.items() if sex == ""] == notice["case_ids"]
    assert notice["case_ids"] in ([study.case_id("1.3")], [study.case_id("2.3")])
    assert set(found.values()) == {"F", ""}
