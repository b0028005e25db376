"""What stands beside a number in its cell: its own unit, which is no part of it, or another."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from pipeline.tables.words import number

_WITH_UNIT: Final = re.compile(r"([+-]?[\d.,]+)\s*([^\W\d_]{1,8}[23²³]?|%)\.?")


def bare(word: str, unit: str) -> str:
    """The number of a word that has the unit of the column behind it; any other word as it stands.

    >>> bare("12 mm", "mm"), bare("12MM", "mm"), bare("1.2 cm", "mm"), bare("41.4%", "%")
    ('12', '12', '1.2 cm', '41.4')
    """
    plain = unit.strip().casefold()
    if not plain or not word.casefold().endswith(plain):
        return word
    rest = word[: len(word) - len(plain)].rstrip()
    return rest if number(rest) is not None else word


def units_beside(words: Collection[str]) -> list[str]:
    """The units behind the numbers of words, where all are such; none where one is something else.

    >>> units_beside(["12 mm", "1.2cm"]), units_beside(["12 mm", ">5"])
    (['cm', 'mm'], [])
    """
    found = [_WITH_UNIT.fullmatch(word) for word in words]
    if not all(found):
        return []
    return sorted({match[2] for match in found if match})
