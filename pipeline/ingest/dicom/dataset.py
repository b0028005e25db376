"""A data set whose values are decoded only when asked for, by keyword and as strictly as they matter.

(PS3.5 section 6.2.)
"""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from struct import Struct

from pipeline.ingest.dicom.characters import decoded
from pipeline.ingest.dicom.dictionary import ELEMENTS
from pipeline.ingest.dicom.elements import walk_elements, walk_fragments, walk_items
from pipeline.ingest.dicom.encoding import (
    UNDEFINED,
    Buffer,
    Element,
    Elements,
    Encoding,
    Region,
    deeper,
    inside,
)
from pipeline.ingest.dicom.vocabulary import spelt
from pipeline.ingest.reasons import Refusal

_BINARY = {
    code: {
        vr: Struct(f"{code}{letter}")
        for vr, letter in zip(["US", "SS", "UL", "SL", "FL", "FD", "OV"], "HhIifdQ", strict=True)
    }
    for code in "<>"
}
_NUMBER = re.compile(rb"[ \0]*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)[ \0]*")
_DECIMAL_COMMA = re.compile(rb"[ \0]*([+-]?(?:0*,\d+|\d+,(?!\d{3}[ \0]*$)\d*|\d{4,},\d{3}))[ \0]*")
_LISTS = frozenset({"WindowCenter", "WindowWidth"})
_MAX_NUMBER_BYTES = 64  # 16 by the standard; writers of repr() need up to 25


@dataclass(frozen=True)
class Dataset:
    """The elements of one data set or sequence item: where each value lies in `data`."""

    data: Buffer
    encoding: Encoding
    elements: Elements
    end: int
    truncation: Refusal | None = None
    """What is missing where the file breaks off inside its pixel data: the rest can be read."""

    def __contains__(self, keyword: str) -> bool:
        return ELEMENTS[keyword][0] in self.elements

    def raw(self, keyword: str) -> bytes:
        """The value's bytes, b"" when the element is absent or of undefined length."""
        return self.value_of(ELEMENTS[keyword][0]) or b""

    def value_of(self, tag: int) -> bytes | None:
        """The bytes of an element by its tag, None when it is absent, b"" when of undefined length."""
        element = self.elements.get(tag)
        if element is None:
            return None
        _, start, length = element
        return b"" if length == UNDEFINED else self.data[start : start + length]

    def private(self, group: int, creator: bytes, number: int) -> bytes:
        """The bytes of a private element: `number` in the block that `creator` reserved (PS3.5 7.8.1)."""
        for block in range(0x10, 0x100):
            if (self.value_of(group << 16 | block) or b"").strip(b" \0") == creator:
                return self.value_of(group << 16 | block << 8 | number) or b""
        return b""

    def text(self, keyword: str) -> str:
        """The value trimmed of spaces and NULs: UTF-8 where it is, else Latin-1; "" when absent."""
        value = self.raw(keyword).strip(b" \0")
        if value.isascii():
            return value.decode("ascii")
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return value.decode("latin-1")

    def label(self, keyword: str, character_set: Sequence[str]) -> str:
        """As `text`, in the characters that the object is written in: to be compared with settings."""
        return decoded(self.raw(keyword), character_set)

    def word(self, keyword: str) -> str:
        """The word of the standard that the value is, also where it is spelt otherwise; that is noted.

        Of no known word the text as it is.
        """
        text = self.text(keyword)
        known = spelt(keyword, text)
        if known != text:
            self.encoding.notes.add("spelling_corrected")
        return known

    def words(self, keyword: str) -> tuple[str, ...]:
        """The values between backslashes, trimmed; () when absent or empty."""
        text = self.text(keyword)
        return tuple(word.strip(" \0") for word in text.split("\\")) if text else ()

    def numbers(self, keyword: str, *, signed: bool = False) -> tuple[float, ...]:
        """The values as finite numbers (binary integers as int); () when absent or empty.

        `signed` types "US or SS" elements. Raises Refusal `missing_attribute` when malformed.
        """
        tag, representation = ELEMENTS[keyword]
        if tag not in self.elements:
            return ()
        value = self.raw(keyword)
        if representation in ("DS", "IS"):
            return _decimal_numbers(value, keyword, self.encoding.notes)
        if representation == "XS":
            representation = "SS" if signed else "US"
        return _binary_numbers(value, _BINARY[self.encoding.order][representation], keyword)

    def number(self, keyword: str, *, signed: bool = False) -> float | None:
        """The single value, None when absent. Raises Refusal when malformed or more than one."""
        values = self.numbers(keyword, signed=signed)
        if len(values) > 1:
            raise Refusal("missing_attribute", f"{keyword} has {len(values)} values, expected 1")
        return values[0] if values else None

    def whole(self, keyword: str) -> int | None:
        """The single value as an integer, None when absent. Raises Refusal when it isn't one."""
        value = self.number(keyword)
        if value is not None and value != int(value):
            raise Refusal("missing_attribute", f"{keyword} is not a whole number")
        return None if value is None else int(value)

    def items(self, keyword: str) -> list[Dataset]:
        """The items of a sequence, [] when absent. Raises Refusal when damaged or too deep."""
        element = self.elements.get(ELEMENTS[keyword][0])
        return [] if element is None else self.items_of(element)

    def items_of(self, element: Element) -> list[Dataset]:
        """The items of a sequence element of this data set."""
        vr, start, length = element
        if vr not in (b"SQ", b"UN", b""):
            return []
        encoding = inside(self.encoding, vr)
        delimited = length == UNDEFINED
        end = self.end if delimited else start + length
        found: list[tuple[Elements, int]] = []
        walk_items(Region(self.data, start, end, delimited), encoding, found)
        inner = deeper(encoding)
        return [Dataset(self.data, inner, elements, after) for elements, after in found]


def walk(data: Buffer, start: int, end: int, encoding: Encoding) -> Dataset:
    """The data set in `data[start:end]`. Raises Refusal `corrupt_dataset` unless it ends at `end`."""
    elements: Elements = {}
    try:
        walk_elements(Region(data, start, end), encoding, elements)
    except Refusal as refusal:
        if refusal.reason != "truncated_pixel_data":
            raise
        return Dataset(data, encoding, elements, end, refusal)
    return Dataset(data, encoding, elements, end)


def walk_as_far(data: Buffer, start: int, end: int, encoding: Encoding) -> Dataset:
    """The elements in `data[start:end]` up to the first that can't be stepped over."""
    elements: Elements = {}
    with contextlib.suppress(Refusal):
        walk_elements(Region(data, start, end), encoding, elements)
    return Dataset(data, encoding, elements, end)


def fragments(dataset: Dataset, element: Element) -> list[tuple[int, int]]:
    """Offset and length of each fragment of encapsulated pixel data, the offset table first."""
    spans: list[tuple[int, int]] = []
    walk_fragments(Region(dataset.data, element[1], dataset.end), dataset.encoding, spans)
    return spans


def optional_number(dataset: Dataset, keyword: str) -> float | None:
    """The first value, None when absent or malformed: for what no voxel depends on."""
    values = optional_numbers(dataset, keyword)
    return values[0] if values else None


def optional_numbers(dataset: Dataset, keyword: str) -> tuple[float, ...]:
    """The values, () when absent or malformed."""
    if keyword not in dataset:
        return ()
    try:
        return dataset.numbers(keyword)
    except Refusal:
        return ()


def date_of(text: str) -> date | None:
    """The date of a DA value, None when malformed."""
    try:
        return (
            date(int(text[:4]), int(text[4:6]), int(text[6:8])) if len(text) == 8 and text.isdigit() else None
        )
    except ValueError:
        return None


def pixel_keyword(dataset: Dataset) -> str:
    """Which of the three pixel data elements the object has, "" where it has no image."""
    return next((k for k in ("PixelData", "FloatPixelData", "DoubleFloatPixelData") if k in dataset), "")


def _decimal_numbers(value: bytes, keyword: str, notes: set[str]) -> tuple[float, ...]:
    stripped = value.strip(b" \0")
    if not stripped:
        return ()
    numbers = []
    for part in stripped.split(b"\\"):
        match = _NUMBER.fullmatch(part) if len(part) <= _MAX_NUMBER_BYTES else None
        number = float(match[1]) if match else _with_comma(part, keyword, notes)
        if not math.isfinite(number):
            raise Refusal("missing_attribute", f"{keyword} is not a number")
        numbers.append(number)
    return tuple(numbers)


def _with_comma(part: bytes, keyword: str, notes: set[str]) -> float:
    """The number written with a decimal comma, which is noted; NaN where the comma may be another's.

    1,024 may be a thousand and 24, and 40,80 in a list of windows two numbers.
    """
    match = _DECIMAL_COMMA.fullmatch(part) if len(part) <= _MAX_NUMBER_BYTES else None
    if match is None or ELEMENTS[keyword][1] != "DS" or keyword in _LISTS:
        return math.nan
    notes.add("decimal_comma")
    return float(match[1].replace(b",", b"."))


def _binary_numbers(value: bytes, number: Struct, keyword: str) -> tuple[float, ...]:
    if len(value) == number.size:
        numbers: tuple[float, ...] = number.unpack(value)
    elif len(value) % number.size:
        raise Refusal("missing_attribute", f"{keyword} has {len(value)} bytes, expected {number.size}")
    else:
        numbers = tuple(one[0] for one in number.iter_unpack(value))
    if not all(map(math.isfinite, numbers)):
        raise Refusal("missing_attribute", f"{keyword} is not a finite number")
    return numbers
