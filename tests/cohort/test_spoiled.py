"""What a spreadsheet did to identifiers: told by rows and lines where they name no scan, shown nowhere."""

from __future__ import annotations

import pytest
from cohort_files import rows

from pipeline.cohort import run
from pipeline.cohort.spoiled import unread_days, what_happened
from pipeline.tables import UNCOMPUTED, Table


def table(*cells: str) -> Table:
    return Table(("pid", "label"), tuple((cell, "yes") for cell in cells), tuple(range(2, len(cells) + 2)))


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (("A1", "1.23E+12", "1,5E+9"), "numbers that a spreadsheet shortened, such as 1.23E+15 (2 of 3 such rows, first line 3)"),
        (("A1", "3-Mar"), "days where an identifier may have stood, as spreadsheets make of 3-4 (1 of 2 such rows, first line 3)"),
        ((UNCOMPUTED, "A1"), "formulas without their results (1 of 2 such rows, first line 2)"),
        (("1234567890123450", "1234567890123460", "12345678901234500"), "long numbers that all end in zeros, as spreadsheets keep 15 digits (3 of 3"),
    ],
)  # fmt: skip
def test_an_accident_is_told_by_its_kind_and_first_line(cells: tuple[str, ...], said: str) -> None:
    told = what_happened(table(*cells), ["pid"])
    assert f" The column 'pid' has {said}" in told
    assert not any(cell in told for cell in cells)


@pytest.mark.parametrize(
    "cells",
    [("A1", "12e5", "7"), ("2020-01-01", "2020-01-02"), ("1234567890123456", "1234567890123450"), ("1000", "2000", "3000")],
)  # fmt: skip
def test_identifiers_and_columns_of_days_are_no_accident(cells: tuple[str, ...]) -> None:
    assert what_happened(table(*cells), ["pid"]) == ""


def test_a_few_rows_that_name_no_scan_are_told_with_what_happened_to_them(filled) -> None:
    study = filled(40)
    written = {0: "1.23E+12", 1: "3-Mar"}
    study.table("uid,label", *(f"{written.get(n, f'1.{n}')},{('well', 'sick')[n % 2]}" for n in range(40)))
    [note] = [line for line in run(study.config(), study.workspace).lines if "name no scan" in line]
    assert "lines 2, 3. The column 'uid' has numbers that a spreadsheet shortened" in note
    assert "days where an identifier may have stood, as spreadsheets make of 3-4 (1 of 2 such rows" in note


@pytest.mark.parametrize("written", ["1.\u200b{}", "\u200e1.{}", "1.{}\u00ad", '"=""1.{}"""'])
def test_an_identifier_is_found_without_what_programs_put_into_it(filled, written: str) -> None:
    study = filled(40)
    study.table("uid,label", *(f"{written.format(n)},{('well', 'sick')[n % 2]}" for n in range(40)))
    run(study.config(), study.workspace)
    assert len(rows(study)) == 40


def test_days_that_can_not_be_read_are_told_by_their_rows() -> None:
    days = Table(
        ("pid", "day"), tuple(("A", day) for day in ("2020-12-31", "45231", "03.04.20", "")), (2, 3, 4, 5)
    )
    told = unread_days(days, ["day"], [0, 1, 2, 3])
    assert "The column 'day' has days that can't be read (2 of 4 such rows, first line 3)" in told
    assert "2020-12-31, not as spreadsheets count days (45231)" in told
    assert unread_days(days, ["day"], [0, 3]) == ""


def test_rows_whose_day_can_not_be_read_say_so(study, scan) -> None:
    study.add(
        *(
            scan(f"1.{n}", f"P{n}", also=(("day", study.key.pseudonym("day", f"P{n}", "2020-12-31")),))
            for n in range(24)
        )
    )
    day = {3: "44196", 7: "31.12.20"}
    study.table(
        "who,day,label", *(f"P{n},{day.get(n, '2020-12-31')},{('well', 'sick')[n % 2]}" for n in range(24))
    )
    lines = run(
        study.config("id: [{column: who, names: patient}, {column: day, names: day}]"), study.workspace
    ).lines
    [note] = [line for line in lines if "name no scan" in line]
    assert "lines 5, 9. The column 'day' has days that can't be read (2 of 2 such rows, first line 5)" in note
