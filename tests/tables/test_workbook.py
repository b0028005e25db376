"""What a workbook shows and what it hides: rows, sheets and numbers as their formats have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipeline.tables import SeveralSheets, read


def sheet_of(book: Any, title: str) -> Any:
    sheet = book.create_sheet(title)
    for row in (("id", "label"), ("A", "yes"), ("B", "no"), ("C", "yes")):
        sheet.append(row)
    return sheet


@pytest.fixture
def book() -> Any:
    book = openpyxl.Workbook()
    book.remove(book.active)
    return book


def test_rows_that_are_hidden_are_read_and_known(tmp_path: Path, book: Any) -> None:
    sheet_of(book, "labels").row_dimensions[3].hidden = True
    book.save(tmp_path / "labels.xlsx")
    table = read(tmp_path / "labels.xlsx", wanted=["label"])
    assert table.rows == (("A", "yes"), ("B", "no"), ("C", "yes"))
    assert table.hidden == {3}


def test_a_sheet_that_is_hidden_hides_all_of_its_rows(tmp_path: Path, book: Any) -> None:
    book.create_sheet("notes").append(["a remark"])
    sheet_of(book, "labels").sheet_state = "hidden"
    book.save(tmp_path / "labels.xlsx")
    assert read(tmp_path / "labels.xlsx", wanted=["label"]).hidden == {2, 3, 4}


def test_of_several_sheets_those_that_are_hidden_are_told(tmp_path: Path, book: Any) -> None:
    sheet_of(book, "new")
    sheet_of(book, "old").sheet_state = "hidden"
    book.save(tmp_path / "labels.xlsx")
    with pytest.raises(SeveralSheets, match=r"the sheets 'new' and 'old' \(hidden\) all have the columns"):
        read(tmp_path / "labels.xlsx", wanted=["label"])


def test_a_share_is_told_as_its_format_shows_it(tmp_path: Path, book: Any) -> None:
    sheet = sheet_of(book, "labels")
    for line, (value, form) in enumerate([(0.414, "0.0%"), (1, "0%"), (0.5, "0.00")], start=2):
        sheet.cell(line, 2, value).number_format = form
    book.save(tmp_path / "labels.xlsx")
    assert read(tmp_path / "labels.xlsx").column("label") == ("41.4%", "100%", "0.5")


def test_a_header_is_known_by_what_is_seen_of_it(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("a remark\npatient\u00a0id,la\u00adbel\nA,yes\n", encoding="utf-8")
    assert read(path, wanted=["label", "patient id"]).columns == ("patient id", "label")
    assert read(path, wanted=["la\u00adbel"]).columns == ("patient id", "la\u00adbel")
