"""Marks without width, which survive copying from web pages and other programs, and which nobody means."""

from __future__ import annotations

from typing import Final

MARKS: Final = "".join(
    map(chr, (0xFEFF, 0x200B, 0x200C, 0x200D, 0x2060, 0xAD, 0x200E, 0x200F, 0x61C, *range(0x202A, 0x202F)))
) + "".join(map(chr, range(0x2066, 0x206A)))
"""Of no width, soft hyphens, and those that turn the direction of writing."""

_NONE_OF_THEM: Final = dict.fromkeys(map(ord, MARKS))


def visible(value: str) -> str:
    """The value without the marks in it that nobody sees.

    >>> visible("le\\u200bsi\\u00adon")
    'lesion'
    """
    return value.translate(_NONE_OF_THEM)
