"""Rows of text with their lines, and how a value and a column are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from pipeline.invisible import MARKS

Rows = Iterable[tuple[int, Sequence[str]]]
"""Lines of a file, counted from 1, each with its values."""

Fits = Callable[[Rows], bool]
"""Whether the first rows of a text or sheet hold the header that is looked for."""


def trimmed(value: str) -> str:
    """The value without white space and invisible marks around it.

    >>> trimmed("\\u00a0yes\\u200b ")
    'yes'
    """
    before = None
    while before != value:
        before, value = value, value.strip().strip(MARKS)
    return value


def column_letters(index: int) -> str:
    """The letters of a spreadsheet's column, counted from 0.

    >>> column_letters(1), column_letters(27)
    ('B', 'AB')
    """
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
