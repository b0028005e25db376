from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from pipeline.errors import DataError
from pipeline.tables import Table, lines_told, read


@pytest.fixture
def read_bytes(tmp_path: Path):
    """The table in these bytes."""

    def make(data: bytes, name: str = "labels.csv") -> Table:
        path = tmp_path / name
        path.write_bytes(data)
        return read(path)

    return make


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(read_bytes, delimiter: str) -> None:
    table = read_bytes(
        delimiter.join(("id", "label\nA 1", "yes, maybe\n" if delimiter != "," else "yes\n")).encode()
    )
    assert table.columns == ("id", "label")
    assert table.rows[0][0] == "A 1"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_the_encoding_is_found(read_bytes, encoding: str) -> None:
    table = read_bytes("id,befund\nA1,Ödem\n".encode(encoding))
    assert table.columns == ("id", "befund")
    assert table.rows == (("A1", "Ödem"),)


def test_values_are_trimmed_text_and_empty_rows_go(read_bytes) -> None:
    table = read_bytes(b"id , label\r\n\r\n 007 ,yes \r\n , \r\n008,no\r\n\r\n")
    assert table.columns == ("id", "label")
    assert table.rows == (("007", "yes"), ("008", "no"))
    assert table.lines == (3, 5)


def test_a_quoted_value_may_hold_delimiters_and_line_ends(read_bytes) -> None:
    table = read_bytes(b'id,label,remark\nA,yes,"one, two\nthree"\nB,no,\n')
    assert table.rows == (("A", "yes", "one, two\nthree"), ("B", "no", ""))
    assert table.lines == (2, 4)


def test_the_line_in_which_spreadsheets_declare_the_delimiter_is_no_header(read_bytes) -> None:
    table = read_bytes(b"sep=;\r\nid;label\r\nA;yes\r\n")
    assert table.columns == ("id", "label")
    assert table.lines == (3,)


def test_a_single_column_is_a_table_too(read_bytes) -> None:
    assert read_bytes(b"id\nA\nB\n").rows == (("A",), ("B",))


def test_a_column_is_asked_for_by_name_and_the_nearest_is_named(read_bytes) -> None:
    table = read_bytes(b"id,label\nA,yes\n")
    assert table.column("label") == ("yes",)
    with pytest.raises(DataError, match=r"no column 'labels' \(did you mean 'label'\?\)"):
        table.column("labels")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The table labels.csv has no rows under its header."),
        (b"id,label\n", "The table labels.csv has no rows under its header."),
        (b"id,label,id\nA,yes,B\n", "The table labels.csv has the column 'id' twice. Rename one of them."),
        (
            b"id,label\nA,yes\nB,no,1\nC,no,2\n",
            "The table labels.csv has more values than its 2 columns in lines 3, 4. "
            "Put values that hold the delimiter in double quotes.",
        ),
    ],
)
def test_what_is_no_table_is_told(read_bytes, data: bytes, sentence: str) -> None:
    with pytest.raises(DataError) as error:
        read_bytes(data)
    assert str(error.value) == sentence


def test_a_spreadsheet_gives_numbers_as_they_were_seen(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["id", "padded", "label", "score", "flag"])
    sheet.append([123.0, 7, "yes", 0.5, True])
    sheet.append([])
    sheet.append(["0042", 12, None, None, False])
    for cell in sheet["B"][1:]:
        cell.number_format = "0000"
    book.save(tmp_path / "labels.xlsx")
    table = read(tmp_path / "labels.xlsx")
    assert table.columns == ("id", "padded", "label", "score", "flag")
    assert table.rows == (("123", "0007", "yes", "0.5", "1"), ("0042", "0012", "", "", "0"))
    assert table.lines == (2, 4)


def test_an_unreadable_spreadsheet_is_told(read_bytes) -> None:
    with pytest.raises(DataError, match="not a readable XLSX file"):
        read_bytes(b"not a zip", name="labels.xlsx")
    with pytest.raises(DataError, match=r"is a \.xls file. Save it as \.xlsx or \.csv"):
        read_bytes(b"\xd0\xcf\x11\xe0", name="labels.xls")


def test_many_lines_are_told_by_the_first_ten() -> None:
    assert lines_told([5]) == "line 5"
    assert lines_told(range(2, 15)) == "lines 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 3 more"
