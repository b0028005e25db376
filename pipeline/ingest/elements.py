"""Walks the elements of a data set: finds and bounds each value without touching it.

Nothing is copied and nothing is allocated from a length that the file claims; a walk must end exactly
where its data set ends. Sequences of defined length are stepped over as a whole (PS3.5 section 7).
"""

from __future__ import annotations

import mmap
from collections.abc import Callable
from dataclasses import dataclass, field
from struct import Struct
from typing import Literal

from pipeline.ingest.reasons import Refusal

Buffer = bytes | mmap.mmap
Order = Literal["<", ">"]
Element = tuple[bytes, int, int]
"""Value representation (b"" in implicit syntaxes), offset of the value, length (or UNDEFINED)."""
Elements = dict[int, Element]

UNDEFINED = 0xFFFFFFFF
MAX_ELEMENTS = 100_000
MAX_NESTED_ELEMENTS = 2_000_000  # ten thousand frames with two hundred elements each
PIXEL_DATA_TAGS = (0x7FE00010, 0x7FE00008, 0x7FE00009)

_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_LONG = frozenset((b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"))
_SHORT = frozenset(
    (b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"PN", b"SH", b"SL",
     b"SS", b"ST", b"TM", b"UI", b"UL", b"US")
)  # fmt: skip
_EXPLICIT: dict[str, Struct] = {order: Struct(f"{order}HH2sH") for order in "<>"}
_IMPLICIT: dict[str, Struct] = {order: Struct(f"{order}HHI") for order in "<>"}
_LENGTH: dict[str, Struct] = {order: Struct(f"{order}I") for order in "<>"}

Walker = Callable[["Buffer", int, int, "Encoding", Elements, bool], int]


@dataclass(frozen=True)
class Encoding:
    """How a data set's elements are written, and how deep its sequences may go."""

    explicit: bool
    order: Order = "<"
    depth: int = 32
    nested: list[int] = field(default_factory=lambda: [MAX_NESTED_ELEMENTS], compare=False)
    """How many more nested elements may be walked, shared by everything read from one file."""


def walker(encoding: Encoding) -> Walker:
    """The walk for an encoding: adds the elements from a position on, gives where they end.

    Called with data, position, end, encoding, the elements to add to, and whether a delimiter ends them.
    """
    return _walk_explicit if encoding.explicit else _walk_implicit


def _walk_explicit(
    data: Buffer, position: int, end: int, encoding: Encoding, elements: Elements, delimited: bool
) -> int:
    """Adds the elements from `position` on; where they end: at `end`, or after an item delimiter."""
    unpack = _EXPLICIT[encoding.order].unpack_from
    unpack_length = _LENGTH[encoding.order].unpack_from
    last = end - 8
    for count in range(MAX_ELEMENTS):
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
    data: Buffer, position: int, end: int, encoding: Encoding, elements: Elements, delimited: bool
) -> int:
    """As `_walk_explicit`, for elements without a value representation."""
    unpack = _IMPLICIT[encoding.order].unpack_from
    last = end - 8
    for count in range(MAX_ELEMENTS):
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


def _once(elements: Elements, count: int, position: int) -> int:
    """The position, if each of the `count` elements walked has a tag of its own."""
    if len(elements) != count:
        raise Refusal("corrupt_dataset", "an element stands there twice")
    return position


def _close(elements: Elements, count: int, tag: int, position: int, delimited: bool) -> int:
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
        return walk_fragments(data, start, end, encoding, [])
    if vr == b"UN":
        encoding = Encoding(explicit=False, depth=encoding.depth, nested=encoding.nested)
    return walk_items(data, start, end, True, encoding, None)


def walk_items(
    data: Buffer,
    position: int,
    end: int,
    delimited: bool,
    encoding: Encoding,
    found: list[tuple[Elements, int]] | None,
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
            elements: Elements = {}
            after = walker(inner)(data, position, stop, inner, elements, length == UNDEFINED)
            _count_nested(encoding, len(elements))
            if found is not None:
                found.append((elements, after))
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


def walk_fragments(
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
