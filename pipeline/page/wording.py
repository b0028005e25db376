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
    """A share in per cent; a dash for none.

    >>> percent(0.925, 1), percent(None)
    ('92.5\u202f%', '–')
    """
    return EN_DASH if share is None else f"{100 * share:.{digits}f}{THIN_SPACE}%"
