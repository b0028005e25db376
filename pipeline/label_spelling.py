"""The one spelling of labels that nobody means to differ: of segments and regions, in files and settings."""

from __future__ import annotations

import unicodedata

__all__ = ["folded"]


def folded(label: str) -> str:
    """The label without what no reader sees: capitals, spaces around it or doubled, composed letters or not.

    >>> folded(" GTV\\u00a0 P"), folded("O\\u0308sophagus") == folded("Ösophagus")
    ('gtv p', True)
    """
    return " ".join(unicodedata.normalize("NFKC", label).split()).casefold()
