from __future__ import annotations

import csv
import datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import DataError
from pipeline.tables import NoSuchSheet, SeveralSheets, Table, line_numbers, read


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


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"]
)
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
    assert table.rows == (("123", "0007", "yes", "0.5", "TRUE"), ("0042", "0012", "", "", "FALSE"))
    assert table.lines == (2, 4)


def test_an_unreadable_spreadsheet_is_told(read_bytes) -> None:
    with pytest.raises(DataError, match="not a readable XLSX file"):
        read_bytes(b"not a zip", name="labels.xlsx")
    with pytest.raises(DataError, match=r"is a \.xls file. Save it as \.xlsx or \.csv"):
        read_bytes(b"\xd0\xcf\x11\xe0", name="labels.xls")


def test_many_lines_are_told_by_the_first_ten() -> None:
    assert line_numbers([5]) == "line 5"
    assert line_numbers(range(2, 15)) == "lines 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 3 more"


@pytest.fixture
def book(tmp_path: Path):
    """Writes a workbook with these sheets, each a list of rows, and gives its path."""

    def make(**sheets: list[list[object]]) -> Path:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in sheets.items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(row)
        book.save(tmp_path / "labels.xlsx")
        return tmp_path / "labels.xlsx"

    return make


ROWS: list[list[object]] = [["id", "label"], ["1", "yes"], ["2", "no"]]
TWO = (("1", "yes"), ("2", "no"))


def test_the_sheet_that_has_the_wanted_columns_is_read(book) -> None:
    path = book(cover=[["Study X"], ["2020"]], empty=[], labels=ROWS, notes=[["id", "remark"], ["1", "a"]])
    table = read(path, wanted=["id", "label"])
    assert (table.sheet, table.rows) == ("labels", TWO)
    assert table.cell("label", 3) == "cell B3 of the sheet 'labels'"


def test_several_sheets_with_the_columns_are_a_question_for_the_user(book) -> None:
    path = book(first=ROWS, second=ROWS)
    with pytest.raises(SeveralSheets) as error:
        read(path, wanted=["label"])
    assert error.value.names == ("first", "second")
    assert read(path, wanted=["label"], sheet="second").sheet == "second"
    assert read(path).sheet == "first"


def test_a_sheet_that_is_not_there_is_told_with_the_nearest(book) -> None:
    with pytest.raises(NoSuchSheet, match=r"no sheet 'lables' \(did you mean 'labels'\?\)"):
        read(book(labels=ROWS), wanted=["label"], sheet="lables")


def test_a_text_has_no_sheets(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("id,label\n1,yes\n")
    with pytest.raises(NoSuchSheet, match="no workbook"):
        read(tmp_path / "labels.csv", wanted=["label"], sheet="labels")


@pytest.mark.parametrize(
    "above",
    [[["Findings 2020"]], [["Findings 2020", None], [], ["made by", "A"], ["id is", "the ID"]], [["label"]]],
)
def test_a_title_above_the_header_is_passed_over(book, above: list[list[object]]) -> None:
    table = read(book(labels=[*above, *ROWS]), wanted=["id", "label"])
    assert (table.columns, table.rows) == (("id", "label"), TWO)
    assert table.lines == (len(above) + 2, len(above) + 3)


@pytest.mark.parametrize(
    "text", ["Findings 2020\nid,label\n1,yes\n2,no\n", "Findings; 2020\n\nid;label\n1;yes\n2;no\n"]
)
def test_a_title_above_the_header_of_a_text_is_passed_over(read_bytes, tmp_path: Path, text: str) -> None:
    (tmp_path / "labels.csv").write_text(text)
    assert read(tmp_path / "labels.csv", wanted=["id", "label"]).rows == TWO


def test_where_no_header_has_the_columns_the_likely_one_is_told(book) -> None:
    assert read(book(labels=[["Findings 2020"], *ROWS]), wanted=["lable"]).columns == ("id", "label")


def test_cells_merged_over_several_rows_hold_their_value_in_each(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in [["title", None], ["id", "label"], ["1", "yes"], [None, "no"], ["2", "no"]]:
        book.active.append(row)
    book.active.merge_cells("A1:B1")
    book.active.merge_cells("A3:A4")
    book.save(tmp_path / "labels.xlsx")
    assert read(tmp_path / "labels.xlsx", wanted=["id", "label"]).rows == (
        ("1", "yes"),
        ("1", "no"),
        ("2", "no"),
    )


def test_a_formula_without_a_stored_result_is_not_an_empty_cell(book) -> None:
    assert read(book(labels=[*ROWS, ["3", '=IF(A2="1","yes","no")']])).rows == (*TWO, ("3", "#UNCOMPUTED!"))


def test_errors_days_and_booleans_of_a_spreadsheet_are_told_as_they_are_seen(book) -> None:
    day, hour = datetime.datetime(2024, 2, 1), datetime.datetime(2024, 2, 1, 10, 30)
    rows = [["id", "a", "b", "c"], ["1", "#N/A", day, True], ["2", "#REF!", hour, False]]
    assert read(book(labels=rows)).rows == (
        ("1", "#N/A", "2024-02-01", "TRUE"), ("2", "#REF!", "2024-02-01 10:30:00", "FALSE"),
    )  # fmt: skip


def test_a_workbook_is_known_by_its_bytes_and_other_files_are_told_by_theirs(book, tmp_path: Path) -> None:
    renamed = book(labels=ROWS).rename(tmp_path / "labels.csv")
    assert read(renamed).rows == TWO
    (tmp_path / "labels.csv").write_bytes(b"\x1f\x8b\x08\x00")
    with pytest.raises(DataError, match=r"labels\.csv is compressed \(gzip\)\. Save it as \.xlsx or \.csv"):
        read(tmp_path / "labels.csv")


def test_windows_letters_are_read(read_bytes) -> None:
    assert read_bytes("id;befund\nA;„Ödem“ – 5 €…\nB;keins\n".encode("cp1252")).rows[0][1] == "„Ödem“ – 5 €…"


def test_marks_that_nobody_sees_are_trimmed(read_bytes) -> None:
    table = read_bytes("\u200bid,\u00a0label \nA,yes\u00a0\u200b\n".encode())
    assert (table.columns, table.rows) == (("id", "label"), (("A", "yes"),))


def test_a_quote_that_is_never_closed_is_told_with_its_line(read_bytes) -> None:
    with pytest.raises(DataError, match="a double quote in line 3 that is never closed"):
        read_bytes(b'id,label\nA,yes\nB,"no\nC,yes\nD,no\n')


def test_a_quote_within_a_value_belongs_to_it(read_bytes) -> None:
    assert read_bytes(b'id,label\nA,5" tube\nB,no\n').rows[0][1] == '5" tube'


def test_a_long_remark_is_a_value_like_any(read_bytes) -> None:
    assert len(read_bytes(b"id,label,remark\nA,yes," + b"x" * 200_000 + b"\n").rows[0][2]) == 200_000


def test_a_column_without_a_header_is_marked(read_bytes) -> None:
    table = read_bytes(b",id,label\n0,A,yes\n1,B,no\n")
    assert table.columns == ("column 1", "id", "label")
    assert table.unnamed == {"column 1"}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(st.text("ab,;|\t\"'\n é€", max_size=6), st.text("xy z", max_size=4)), min_size=1),
    delimiter=st.sampled_from(",;\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
)
def test_any_text_that_a_program_writes_is_read_back(tmp_path, rows, delimiter: str, encoding: str) -> None:
    path = tmp_path / "labels.csv"
    with path.open("w", newline="", encoding=encoding) as stream:
        csv.writer(stream, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(
            [("id", "label"), ("A", "b"), *rows]
        )
    filled = [tuple(value.strip() for value in row) for row in rows if any(value.strip() for value in row)]
    assert read(path, wanted=["id", "label"]).rows == (("A", "b"), *filled)
