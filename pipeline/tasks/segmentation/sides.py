"""Structures that lie on one side of the body by their name, which a mirrored scan shows on the other."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_SIDES: Final = frozenset(
    {
        *("left", "l", "lt", "lh", "sin", "sinister", "links", "linke", "gauche"),
        *("right", "r", "rt", "rh", "dex", "dexter", "rechts", "rechte", "droit", "droite"),
    }
)
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
"""The words of a name: parted by signs, digits, or a capital letter."""


def one_sided(names: Iterable[str]) -> str | None:
    """The first name that says a side; None where none does.

    >>> one_sided(["kidneys", "kidney_left"]), one_sided(["kidneyR"]), one_sided(["liver", "Leftover"])
    ('kidney_left', 'kidneyR', None)
    """
    return next((name for name in names if _SIDES & {word.lower() for word in _WORDS.findall(name)}), None)
