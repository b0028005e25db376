"""Words that are one class: they differ by capitals, dashes, letters of another alphabet or language."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Final

from pipeline.errors import DataError
from pipeline.tables import yes_no
from pipeline.tables.words import as_yaml, counted

_SEPARATORS: Final = re.compile(r"(\d?)[\s_\-‐-―]+(?=(\d?))")
"""Spaces and dashes, with the digit before and that after."""
_MINUS: Final = re.compile(r"\s[-−](?=\d)")
_LIKE_LATIN: Final = str.maketrans("авеёкмнорстухіјѕαβεικμνορτυχ", "abeekmhopctyxijsabeikmvoptux")
"""Small letters of other alphabets by the Latin ones that they, or their capitals, can't be told from."""


def groups(words: Collection[str]) -> list[list[str]]:
    """The words of a column, those together that say the same.

    >>> groups(["Grade 1", "grade_1", "ja", "yes", "no"])
    [['Grade 1', 'grade_1'], ['ja', 'yes'], ['no']]
    """
    plain = {word: _plain(word) for word in words}
    said = yes_no.meanings(sorted(set(plain.values())))
    alike: dict[str, list[str]] = defaultdict(list)
    for word in words:
        alike[said[plain[word]]].append(word)
    return list(alike.values())


def require_none(counts: Mapping[str, int], positive: str | None) -> None:
    """Raises DataError where two words of a column say the same, with the line that makes them one class."""
    ordered = sorted(counts, key=lambda word: (word != positive, -counts[word], word))
    alike = groups(ordered)
    twins = [word for words in alike if len(words) > 1 for word in words]
    if twins:
        line = as_yaml({words[0]: words for words in alike})
        raise DataError(
            f"Labels differ only in how they are written, or in language: "
            f"{counted({word: counts[word] for word in twins})}. "
            f"Write them alike in the table, or copy this below `cohort:`: `classes: {line}`."
        )


def _plain(word: str) -> str:
    """A word without what two ways of writing it differ by: capitals, spaces, dashes, zeros in front.

    >>> [_plain(word) for word in ("Grade_1", "grade 1", "T1-2", "T12", "01", "grade -1")]
    ['grade1', 'grade1', 't1-2', 't12', '1', 'grade−1']
    """
    plain = unicodedata.normalize("NFKC", word).casefold().strip()
    if plain.isdigit():
        return plain.lstrip("0") or "0"
    if not any(letter.isalpha() for letter in plain):
        return plain
    signed = _MINUS.sub("−", plain)
    joined = _SEPARATORS.sub(lambda found: found[1] + "-" * bool(found[1] and found[2]), signed)
    return _in_latin(joined)


def _in_latin(word: str) -> str:
    """A word of letters that look like Latin ones, some of which are: in Latin letters alone.

    >>> _in_latin("c\\u0430t"), _in_latin("нет")
    ('cat', 'нет')
    """
    latin = word.translate(_LIKE_LATIN)
    return (
        latin if latin.isascii() and any(letter.isascii() and letter.isalpha() for letter in word) else word
    )
