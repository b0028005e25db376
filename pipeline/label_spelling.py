"""The one spelling of labels that nobody means to differ: of segments and regions, in files and settings."""

from __future__ import annotations

import unicodedata

from pipeline.invisible import visible

__all__ = ["folded"]


def folded(label: str) -> str:
    """The label without what nobody means by it: capitals, spaces around or doubled, marks without width.

    Letters are composed.

    >>> folded(" GTV\\u00a0 P"), folded("O\\u0308sophagus") == folded("Ösophagus")
    ('gtv p', True)
    """
    return " ".join(unicodedata.normalize("NFKC", visible(label)).split()).casefold()
