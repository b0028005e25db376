"""Text of people in the characters that a data set says it is written in (PS3.3 C.12.1.1.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

__all__ = ["decoded"]

_BY_NUMBER: Final = {
    "100": "latin-1", "101": "iso8859_2", "109": "iso8859_3", "110": "iso8859_4", "144": "iso8859_5",
    "127": "iso8859_6", "126": "iso8859_7", "138": "iso8859_8", "148": "iso8859_9", "203": "iso8859_15",
    "166": "iso8859_11", "13": "shift_jis", "87": "iso2022_jp_2", "159": "iso2022_jp_2", "149": "euc_kr",
    "58": "gb2312",
}  # fmt: skip
_OF_SEVERAL_BYTES: Final = ("87", "159", "149", "58")
_ALWAYS_BEFORE: Final = {"149": b"\x1b$)C", "58": b"\x1b$)A"}
"""Korean and Chinese say first what the high bytes of a text are, which Python's codecs don't know."""
_OF_CHINESE: Final = {"GB18030": "gb18030", "GBK": "gbk"}


def decoded(value: bytes, terms: Sequence[str]) -> str:
    """The text of a value, `terms` being those of SpecificCharacterSet.

    Many writers name a set of eight bits and write UTF-8, and hardly any other text can be read as that.
    What can't be read as it says is read as Latin-1.
    """
    for codec, data in _ways(value.strip(b" \0"), terms):
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            continue
    raise AssertionError("Latin-1 reads any bytes")


def _ways(value: bytes, terms: Sequence[str]) -> list[tuple[str, bytes]]:
    """The codecs to try, each with the bytes that it takes, in their order."""
    numbers = [term.rpartition(" ")[2] for term in terms]
    chinese = [(_OF_CHINESE[term], value) for term in terms if term in _OF_CHINESE]
    several = [
        (_BY_NUMBER[number], value.replace(_ALWAYS_BEFORE.get(number, b"\0"), b""))
        for number in numbers
        if number in _OF_SEVERAL_BYTES and b"\x1b" in value
    ]
    single = [
        (_BY_NUMBER[number], value)
        for number in numbers[:1]
        if number in _BY_NUMBER and number not in _OF_SEVERAL_BYTES
    ]
    return [*chinese, *several, ("utf-8", value), *single, ("latin-1", value)]
