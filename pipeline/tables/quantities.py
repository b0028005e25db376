"""Ages and field strengths as tables write them: bare numbers, or numbers with their unit."""

from __future__ import annotations

import re
from typing import Final

from pipeline.tables.words import number

_MEASURED: Final = re.compile(r"(\d+(?:[.,]\d+)?)\s*([^\W\d_]+)\.?")
_OPEN: Final = re.compile(r"(?:>|≥|>=)\s*(\d+)|(\d+)\s*\+")
_A_YEAR: Final = {
    365.25: ("d", "day", "days", "tag", "tage"),
    52.18: ("w", "wk", "wks", "week", "weeks", "woche", "wochen"),
    12: ("m", "mo", "mos", "month", "months", "monat", "monate", "mois", "mesi", "meses"),
    1: ("y", "yr", "yrs", "yo", "year", "years", "jahr", "jahre", "an", "ans", "anni", "años"),
}
"""How many of them make a year, by their names; a bare j is a year in one language, a day in another."""
_OF_AGE: Final = {word: parts for parts, words in _A_YEAR.items() for word in words}
_POOLED: Final = 80
"""Years from which on ages are pooled as >89 or 90+, here or by whoever made the table."""
_OF_FIELD: Final = {"t": 1.0, "tesla": 1.0, "g": 1e-4, "gauss": 1e-4, "mt": 1e-3}


def years_of(cell: str) -> float | None:
    """The age in years that a cell tells: 47, 045Y, 18 months, >89; None where it tells none.

    >>> years_of("47,5"), years_of("540M"), years_of("6 weeks") < 0.2, years_of(">89"), years_of(">40")
    (47.5, 45.0, True, 89.0, None)
    """
    value = number(cell)
    if value is not None:
        return value
    if pooled := _OPEN.fullmatch(cell):
        years = float(pooled[1] or pooled[2])
        return years if years >= _POOLED else None
    return _measured(cell, {word: 1 / parts for word, parts in _OF_AGE.items()})


def parts_of_a_year(unit: str) -> float | None:
    """How many of a unit make a year; None where it is none that ages are told in.

    >>> parts_of_a_year("Months"), parts_of_a_year("mm")
    (12, None)
    """
    return _OF_AGE.get(unit.casefold())


def field_of(cell: str) -> float | None:
    """The field strength that a cell tells, in tesla where it says its unit; None where it tells none.

    >>> field_of("1,5"), field_of("3T"), field_of("15000 G"), field_of("high")
    (1.5, 3.0, 1.5, None)
    """
    value = number(cell)
    return _measured(cell, _OF_FIELD) if value is None else value


def _measured(cell: str, units: dict[str, float]) -> float | None:
    match = _MEASURED.fullmatch(cell)
    value = number(match[1]) if match else None
    if match is None or value is None or match[2].casefold() not in units:
        return None
    return value * units[match[2].casefold()]
