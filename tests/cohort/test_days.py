from __future__ import annotations

import pytest

from pipeline.cohort.days import days_of
from pipeline.errors import DataError


def days(*cells: str) -> list[str]:
    return days_of(cells, cell_of="row {}".format)


@pytest.mark.parametrize(
    "written",
    ["2020-04-03", "2020-04-03 10:30", "2020-04-03T10:30:00.5Z", "20200403", "03.04.2020", "3.4.2020", "2020/04/03", "2020.4.3", "03-Apr-2020", "3 April 2020"],
)  # fmt: skip
def test_a_day_is_read_however_it_is_written(written: str) -> None:
    assert days(written) == ["2020-04-03"]


@pytest.mark.parametrize("cell", ["", "n. d.", "1.20", "2020", "2020113", "31.02.2020", "5/2020"])
def test_what_is_no_day_names_none(cell: str) -> None:
    assert days(cell) == [""]


def test_the_column_tells_whether_the_month_comes_first() -> None:
    assert days("04/03/2020", "12/31/2020") == ["2020-04-03", "2020-12-31"]
    assert days("03/04/2020", "31/12/2020") == ["2020-04-03", "2020-12-31"]
    assert days("04/04/2020") == ["2020-04-04"]


@pytest.mark.parametrize("cells", [("04/04/2020", "03/04/2020"), ("03-04-2020", "31-12-2020", "12-31-2020")])
def test_a_column_that_does_not_tell_is_refused_with_the_cell(cells: tuple[str, ...]) -> None:
    with pytest.raises(
        DataError, match=r"The day '0?3.04.2020' \(row \d\) may begin with the day or with the month"
    ):
        days(*cells)


@pytest.mark.parametrize("left", ["13/04/2020", "04-13-2020"])
def test_dates_that_a_spreadsheet_made_with_day_and_month_changed_are_refused(left: str) -> None:
    """13/04/2020 has no 13th month and stays a text, while 03/04/2020 becomes the 4th of March."""
    with pytest.raises(DataError, match=rf"The day '{left}' \(row 1\) is a text among dates .* \(row 0\)"):
        days("2020-03-04", left)


def test_dates_past_the_12th_show_that_none_were_changed() -> None:
    assert days("2020-03-04", "2020-03-24", "13/04/2020") == ["2020-03-04", "2020-03-24", "2020-04-13"]
    assert days("2020-03-04", "05/05/2020") == ["2020-03-04", "2020-05-05"]
