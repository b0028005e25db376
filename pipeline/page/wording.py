"""How words and shares stand in a sentence of a page."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.page.facts import EN_DASH, THIN_SPACE


def listed(words: Sequence[str]) -> str:
    """Words as a sentence lists them.

    >>> listed(["north"]), listed(["north", "south"]), listed(["a", "b", "c"])
    ('north', 'north and south', 'a, b and c')
    """
    *before, last = words
    return f"{', '.join(before)} and {last}" if before else last


def one_or_many(number: int, one: str, many: str) -> str:
    """The word that goes with a number of things.

    >>> one_or_many(1, "patient", "patients"), one_or_many(0, "patient", "patients")
    ('patient', 'patients')
    """
    return one if number == 1 else many


def percent(share: float | None, digits: int = 0) -> str:
    """A share in per cent; a dash for none. Some is never shown as none, and not all never as all.

    >>> percent(0.925, 1), percent(None), percent(0.0), percent(0.002), percent(0.9996, 1)
    ('92.5\u202f%', '–', '0\u202f%', '< 1\u202f%', '> 99.9\u202f%')
    """
    if share is None:
        return EN_DASH
    shown, least = f"{100 * share:.{digits}f}", 10.0**-digits
    if share > 0 and float(shown) == 0:
        shown = f"< {least:.{digits}f}"
    elif share < 1 and float(shown) == 100:
        shown = f"> {100 - least:.{digits}f}"
    return f"{shown}{THIN_SPACE}%"
