"""A data set whose elements are found, bounded and decoded only when asked for.

The walk looks at each element's header and steps over its value: nothing is copied, nothing is
allocated from a length that the file claims, and the walk must end exactly where the data set ends.
Sequences of defined length are stepped over as a whole; their items are walked when asked for.
(PS3.5 sections 6.2 and 7.)
"""

from __future__ import annotations

import math
import mmap
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from struct import Struct
from typing import Literal

from pipeline.ingest.dictionary import ELEMENTS
from pipeline.ingest.reasons import Refusal

Buffer = bytes | bytearray | mmap.mmap
Order = Literal["<", ">"]

UNDEFINED = 0xFFFFFFFF
MAX_ELEMENTS = 100_000
MAX_NESTED_ELEMENTS = 2_000_000  # ten thousand frames with two hundred elements each
PIXEL_DATA_TAGS = (0x7FE00010, 0x7FE00008, 0x7FE00009)

_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_LONG = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
_SHORT = frozenset(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())
_EXPLICIT: dict[str, Struct] = {order: Struct(f"{order}HH2sH") for order in "<>"}
_IMPLICIT: dict[str, Struct] = {order: Struct(f"{order}HHI") for order in "<>"}
_LENGTH: dict[str, Struct] = {order: Struct(f"{order}I") for order in "<>"}
_BINARY = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d", "OV": "Q"}
_NUMBER = re.compile(rb"[ \0]*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)[ \0]*")
_MAX_NUMBER_BYTES = 64  # 16 by the standard; writers of repr() need up to 25

Element = tuple[bytes, int, int]
"""Value representation (b"" in implicit syntaxes), offset of the value, length (or UNDEFINED)."""


@dataclass(frozen=True)
class Encoding:
    """How a data set's elements are written, and how deep its sequences may go."""

    explicit: bool
    order: Order = "<"
    depth: int = 32
    nested: list[int] = field(default_factory=lambda: [MAX_NESTED_ELEMENTS], compare=False)
    """How many more nested elements may be walked, shared by everything read from one file."""


@dataclass(frozen=True)
class Dataset:
    """The elements of one data set or sequence item: where each value lies in `data`."""

    data: Buffer
    encoding: Encoding
    elements: dict[int, Element]
    end: int
    truncation: Refusal | None = None
    """What is missing where the file breaks off inside its pixel data: the rest can be read."""

    def __contains__(self, keyword: str) -> bool:
        return ELEMENTS[keyword][0] in self.elements

    def raw(self, keyword: str) -> bytes:
        """The value's bytes, b"" when the element is absent or of undefined length."""
        return self._value(ELEMENTS[keyword][0])

    def private(self, group: int, creator: bytes, number: int) -> bytes:
        """The bytes of a private element: `number` in the block that `creator` reserved (PS3.5 7.8.1)."""
        for block in range(0x10, 0x100):
            if self._value(group << 16 | block).strip(b" \0") == creator:
                return self._value(group << 16 | block << 8 | number)
        return b""

    def _value(self, tag: int) -> bytes:
        element = self.elements.get(tag)
        if element is None or element[2] == UNDEFINED:
            return b""
        return bytes(self.data[element[1] : element[1] + element[2]])

    def text(self, keyword: str) -> str:
        """The value trimmed of spaces and NULs: UTF-8 where it is, else Latin-1; "" when absent."""
        value = self.raw(keyword).strip(b" \0")
        if value.isascii():
            return value.decode("ascii")
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return value.decode("latin-1")

    def words(self, keyword: str) -> tuple[str, ...]:
        """The values between backslashes, trimmed; () when absent or empty."""
        text = self.text(keyword)
        return tuple(word.strip(" \0") for word in text.split("\\")) if text else ()

    def numbers(self, keyword: str, *, signed: bool = False) -> tuple[float, ...]:
        """The values as finite numbers (binary integers as int); () when absent or empty.

        `signed` types "US or SS" elements. Raises Refusal `missing_attribute` when malformed.
        """
        representation = ELEMENTS[keyword][1]
        value = self.raw(keyword)
        if representation in ("DS", "IS"):
            return _decimal_numbers(value, keyword)
        if representation == "XS":
            representation = "SS" if signed else "US"
        return _binary_numbers(value, self.encoding.order + _BINARY[representation], keyword)

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
        encoding = self.encoding
        if vr not in (b"SQ", b"UN", b""):
            return []
        if vr == b"UN":  # PS3.5 6.2.2: sequences of unknown representation are implicit little endian
            encoding = Encoding(explicit=False, depth=encoding.depth, nested=encoding.nested)
        end = self.end if length == UNDEFINED else start + length
        found: list[Dataset] = []
        _walk_items(self.data, start, end, length == UNDEFINED, encoding, found)
        return found


def walk(data: Buffer, start: int, end: int, encoding: Encoding) -> Dataset:
    """The data set in `data[start:end]`. Raises Refusal `corrupt_dataset` unless it ends at `end`."""
    elements: dict[int, Element] = {}
    try:
        _walker(encoding)(data, start, end, encoding, elements, False)
    except Refusal as refusal:
        if refusal.reason != "truncated_pixel_data":
            raise
        return Dataset(data, encoding, elements, end, refusal)
    return Dataset(data, encoding, elements, end)


def fragments(dataset: Dataset, element: Element) -> list[tuple[int, int]]:
    """Offset and length of each fragment of encapsulated pixel data, the offset table first."""
    found: list[tuple[int, int]] = []
    _walk_fragments(dataset.data, element[1], dataset.end, dataset.encoding, found)
    return found


Walker = Callable[[Buffer, int, int, Encoding, dict[int, Element], bool], int]


def _walker(encoding: Encoding) -> Walker:
    return _walk_explicit if encoding.explicit else _walk_implicit


def _walk_explicit(
    data: Buffer, position: int, end: int, encoding: Encoding, elements: dict[int, Element], delimited: bool
) -> int:
    """Adds the elements from `position` on; where they end: at `end`, or after an item delimiter."""
    unpack = _EXPLICIT[encoding.order].unpack_from
    unpack_length = _LENGTH[encoding.order].unpack_from
    last = end - 8
    for count in range(MAX_ELEMENTS):  # noqa: B007  the count is read after the loop
        if position > last:
            break
        group, number, vr, length = unpack(data, position)
        tag = group << 16 | number
        start = position + 8
        if vr not in _SHORT:
            if group == 0xFFFE:
                return _close(elements, count, tag, start, delimited)
            if vr not in _LONG and not (vr.isalpha() and vr.isupper()):
                if _only_padding(data, position, end, delimited):
                    return _once(elements, count, position)
                raise _corrupt(position, "has no value representation")
            start += 4
            if start > end:
                break
            (length,) = unpack_length(data, position + 8)
        position = start + length
        if position > end:
            position = _step_over(data, (vr, start, length), tag, end, encoding)
        elements[tag] = (vr, start, length)
    else:
        raise Refusal("limit_exceeded", f"more than {MAX_ELEMENTS} elements")
    if delimited:
        raise Refusal("corrupt_dataset", "an item is not closed")
    if position != end and not _only_padding(data, position, end, delimited):
        raise Refusal("corrupt_dataset", f"{end - position} bytes remain after the last whole element")
    return _once(elements, count, position)


def _walk_implicit(
    data: Buffer, position: int, end: int, encoding: Encoding, elements: dict[int, Element], delimited: bool
) -> int:
    """As `_walk_explicit`, for elements without a value representation."""
    unpack = _IMPLICIT[encoding.order].unpack_from
    last = end - 8
    for count in range(MAX_ELEMENTS):  # noqa: B007  the count is read after the loop
        if position > last:
            break
        group, number, length = unpack(data, position)
        tag = group << 16 | number
        start = position + 8
        if group == 0xFFFE:
            return _close(elements, count, tag, start, delimited)
        if tag == 0:
            if _only_padding(data, position, end, delimited):
                return _once(elements, count, position)
            raise _corrupt(position, "has no tag")
        position = start + length
        if position > end:
            position = _step_over(data, (b"", start, length), tag, end, encoding)
        elements[tag] = (b"", start, length)
    else:
        raise Refusal("limit_exceeded", f"more than {MAX_ELEMENTS} elements")
    if delimited:
        raise Refusal("corrupt_dataset", "an item is not closed")
    if position != end and not _only_padding(data, position, end, delimited):
        raise Refusal("corrupt_dataset", f"{end - position} bytes remain after the last whole element")
    return _once(elements, count, position)


def _once(elements: dict[int, Element], count: int, position: int) -> int:
    """The position, if each of the `count` elements walked has a tag of its own."""
    if len(elements) != count:
        raise Refusal("corrupt_dataset", "an element stands there twice")
    return position


def _close(elements: dict[int, Element], count: int, tag: int, position: int, delimited: bool) -> int:
    if tag != _ITEM_END or not delimited:
        raise _corrupt(position - 8, "is a delimiter out of place")
    return _once(elements, count, position)


def _only_padding(data: Buffer, position: int, end: int, delimited: bool) -> bool:
    """Whether nothing but NULs follow: some writers fill the file up to a block."""
    return not delimited and not bytes(data[position:end]).strip(b"\0")


def _step_over(data: Buffer, element: Element, tag: int, end: int, encoding: Encoding) -> int:
    """Where the element ends whose length is undefined. Raises Refusal when it leads past `end`."""
    vr, start, length = element
    pixels = tag in PIXEL_DATA_TAGS
    if length != UNDEFINED:
        missing = start + length - end
        if pixels:
            raise truncated(missing, length)
        raise _corrupt(start, f"is {missing} bytes longer than what is left")
    if vr in (b"OB", b"OW") or pixels:
        return _walk_fragments(data, start, end, encoding, [])
    if vr == b"UN":
        encoding = Encoding(explicit=False, depth=encoding.depth, nested=encoding.nested)
    return _walk_items(data, start, end, True, encoding, None)


def _walk_items(
    data: Buffer, position: int, end: int, delimited: bool, encoding: Encoding, found: list[Dataset] | None
) -> int:
    """Where the sequence ends that begins at `position`; its items are added to `found` if that is a list."""
    inner = Encoding(encoding.explicit, encoding.order, encoding.depth - 1, encoding.nested)
    if inner.depth < 0:
        raise Refusal("limit_exceeded", "sequences are nested deeper than allowed")
    unpack = _IMPLICIT[encoding.order].unpack_from
    while position + 8 <= end:
        group, number, length = unpack(data, position)
        tag = group << 16 | number
        position += 8
        if tag == _SEQUENCE_END and delimited:
            return position
        if tag != _ITEM:
            raise _corrupt(position - 8, "is not an item of the sequence")
        if length == UNDEFINED or found is not None:
            stop = end if length == UNDEFINED else position + length
            if stop > end:
                raise _corrupt(position, "is an item longer than its sequence")
            elements: dict[int, Element] = {}
            after = _walker(inner)(data, position, stop, inner, elements, length == UNDEFINED)
            _count_nested(encoding, len(elements))
            if found is not None:
                found.append(Dataset(data, inner, elements, after))
            position = after if length == UNDEFINED else stop
        else:
            position += length
    if delimited or position != end:
        raise Refusal("corrupt_dataset", "a sequence is not closed")
    return position


def _count_nested(encoding: Encoding, elements: int) -> None:
    encoding.nested[0] -= elements + 1
    if encoding.nested[0] < 0:
        raise Refusal("limit_exceeded", f"more than {MAX_NESTED_ELEMENTS} nested elements")


def _walk_fragments(
    data: Buffer, position: int, end: int, encoding: Encoding, found: list[tuple[int, int]]
) -> int:
    """Where the encapsulated pixel data end; the place of each fragment is added to `found`."""
    unpack = _IMPLICIT[encoding.order].unpack_from
    while position + 8 <= end:
        group, number, length = unpack(data, position)
        tag = group << 16 | number
        position += 8
        if tag == _SEQUENCE_END:
            return position
        if tag != _ITEM or length == UNDEFINED:
            raise Refusal("corrupt_dataset", "the pixel data hold something else than fragments")
        if position + length > end:
            raise truncated(position + length - end, length)
        found.append((position, length))
        position += length
    raise Refusal("truncated_pixel_data", "the compressed pixel data are not closed")


def truncated(missing: int, expected: int) -> Refusal:
    """The refusal that tells how many of the expected bytes are missing."""
    return Refusal(
        "truncated_pixel_data",
        f"{missing} of {expected} bytes missing ({100 * missing / max(expected, 1):.1f} %)",
    )


def _corrupt(position: int, what: str) -> Refusal:
    return Refusal("corrupt_dataset", f"the element at byte {position} {what}")


def _decimal_numbers(value: bytes, keyword: str) -> tuple[float, ...]:
    stripped = value.strip(b" \0")
    if not stripped:
        return ()
    parts = stripped.split(b"\\")
    numbers = []
    for part in parts:
        match = _NUMBER.fullmatch(part) if len(part) <= _MAX_NUMBER_BYTES else None
        number = float(match[1]) if match else math.nan
        if not math.isfinite(number):
            raise Refusal("missing_attribute", f"{keyword} is not a number")
        numbers.append(number)
    return tuple(numbers)


def _binary_numbers(value: bytes, code: str, keyword: str) -> tuple[float, ...]:
    size = Struct(code).size
    if len(value) % size:
        raise Refusal("missing_attribute", f"{keyword} has {len(value)} bytes, expected {size}")
    numbers: tuple[float, ...] = Struct(f"{code[0]}{len(value) // size}{code[1]}").unpack(value)
    if code[1] in "fd" and not all(map(math.isfinite, numbers)):
        raise Refusal("missing_attribute", f"{keyword} is not a finite number")
    return numbers
