"""The days of a table, however it writes them: for rows that name a patient's scans of one day."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Final

from pipeline.errors import DataError

_FORMATS: Final = ("%Y-%m-%d", "%Y%m%d", "%d.%m.%Y", "%d-%b-%Y", "%d %b %Y", "%d %B %Y")
_CLOCK: Final = re.compile(r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$")
_YEAR_FIRST: Final = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})")
_YEAR_LAST: Final = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})")
_DATE: Final = re.compile(r"\d{4}-\d{1,2}-(\d{1,2})")
_MONTHS: Final = 12  # a greater number can only be the day, and so tells the order of all


def days_of(cells: Sequence[str], *, cell_of: Callable[[int], str]) -> list[str]:
    """Each cell's day as 2020-04-03, empty where it is none; `cell_of` says where a row's cell stands.

    Raises:
        DataError: 03/04/2020, and no cell of the column tells whether the day or the month comes first; or a
            spreadsheet has made dates of those cells alone that it could read with the month first.
    """
    texts = [_CLOCK.sub("", cell) for cell in cells]
    pairs = {row: match for row, text in enumerate(texts) if (match := _YEAR_LAST.fullmatch(text))}
    first = any(int(match[1]) > _MONTHS for match in pairs.values())
    second = any(int(match[2]) > _MONTHS for match in pairs.values())
    if pairs and first == second and any(match[1] != match[2] for match in pairs.values()):
        row = next(row for row, match in pairs.items() if match[1] != match[2])
        raise DataError(
            f"The day '{texts[row]}' ({cell_of(row)}) may begin with the day or with the month, and the "
            "other cells don't tell. Write the days of this column as 2020-12-31."
        )
    _require_no_accident(texts, pairs, cell_of)
    return [_day(text, day_first=first) for text in texts]


def _require_no_accident(
    texts: Sequence[str], pairs: Mapping[int, re.Match[str]], cell_of: Callable[[int], str]
) -> None:
    """Raises DataError where 13/04/2020 is left as a text, and 03/04/2020 became the 4th of March.

    A program that expects the month first makes a date of every text that it can read so, and leaves the
    others: then no date is past the 12th, and every text is.
    """
    dates = {row: match for row, text in enumerate(texts) if (match := _DATE.fullmatch(text))}
    left = all(max(int(match[1]), int(match[2])) > _MONTHS for match in pairs.values())
    if pairs and dates and left and all(int(match[1]) <= _MONTHS for match in dates.values()):
        date_, text = min(dates), min(pairs)
        raise DataError(
            f"The day '{texts[text]}' ({cell_of(text)}) is a text among dates such as {texts[date_]} "
            f"({cell_of(date_)}), none of which is past the 12th of a month: a spreadsheet may have taken "
            "days for months in those. Write this column anew, from where it came, as 2020-12-31."
        )


def _day(text: str, *, day_first: bool) -> str:
    if match := _YEAR_LAST.fullmatch(text):
        day, month = (match[1], match[2]) if day_first else (match[2], match[1])
        return _iso(int(match[3]), int(month), int(day))
    if match := _YEAR_FIRST.fullmatch(text):
        return _iso(*map(int, match.groups()))
    if text.isdigit() and len(text) != len("20201231"):
        return ""
    for form in _FORMATS:
        try:
            return datetime.strptime(text, form).date().isoformat()
        except ValueError:
            continue
    return ""


def _iso(year: int, month: int, day: int) -> str:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""
