"""Walks the elements of a data set: finds and bounds each value without touching it.

Nothing is copied and nothing is allocated from a length that the file claims; a walk must end exactly
where its data set ends. Sequences of defined length are stepped over as a whole (PS3.5 section 7).
"""

from __future__ import annotations

import contextlib
from struct import Struct

from pipeline.ingest.dicom.dictionary import ELEMENTS
from pipeline.ingest.dicom.encoding import (
    MAX_NESTED_ELEMENTS,
    UNDEFINED,
    Element,
    Elements,
    Encoding,
    Region,
    deeper,
    inside,
)
from pipeline.ingest.reasons import Refusal

MAX_ELEMENTS = 100_000  # of one level; a header has some hundred, and what claims more is damaged or a bomb
PIXEL_DATA_TAGS = (0x7FE00010, 0x7FE00008, 0x7FE00009)

_ASKED_FOR = frozenset(tag for tag, _ in ELEMENTS.values())
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_DELIMITER = b"\xfe\xff\xdd\xe0\0\0\0\0"
_LONG = frozenset((b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"))
_SHORT = frozenset(
    (b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"PN", b"SH", b"SL",
     b"SS", b"ST", b"TM", b"UI", b"UL", b"US",
     b"  ", b"??", b"--")  # of writers that didn't know the representation
)  # fmt: skip
_EXPLICIT: dict[str, Struct] = {order: Struct(f"{order}HH2sH") for order in "<>"}
_IMPLICIT: dict[str, Struct] = {order: Struct(f"{order}HHI") for order in "<>"}
_LENGTH: dict[str, Struct] = {order: Struct(f"{order}I") for order in "<>"}


def header_bytes(vr: bytes) -> int:
    """How many bytes of an element stand before its value; `vr` is b"" in implicit syntaxes."""
    return 8 if not vr or vr in _SHORT else 12


def walk_elements(region: Region, encoding: Encoding, elements: Elements) -> int:
    """Where the elements of a region end; they are added to `elements`, which is empty.

    Of an element that stands there twice the first is kept, as DCMTK does, if the second says the same or
    nobody asks for either; that is noted. Raises Refusal `corrupt_dataset` where the two differ.
    """
    walk = _walk_explicit if encoding.explicit else _walk_implicit
    try:
        return walk(region, encoding, elements)
    except _RepeatedError as repeated:
        firsts = _Firsts()
        with contextlib.suppress(_RepeatedError):
            walk(region, encoding, firsts)
        for tag, again in firsts.repeated:
            # Of what nobody asks for, a contradiction decides nothing.
            if tag in _ASKED_FOR and not _is_same(region, encoding, tag, (firsts[tag], again)):
                raise Refusal("corrupt_dataset", "an element stands there twice, with two values") from None
        elements.clear()
        elements |= firsts
        encoding.repeated.update(tag for tag, _ in firsts.repeated)
        encoding.notes.add("repeated_element")
        return repeated.position


class _RepeatedError(Exception):
    """Says that a walk to `position` met an element twice."""

    def __init__(self, position: int) -> None:
        super().__init__()
        self.position = position


class _Firsts(Elements):
    """Elements of which the first of a tag is kept; the others are in `repeated`."""

    def __init__(self) -> None:
        super().__init__()
        self.repeated: list[tuple[int, Element]] = []

    def __setitem__(self, tag: int, element: Element) -> None:
        if tag in self:
            self.repeated.append((tag, element))
        else:
            super().__setitem__(tag, element)


def _is_same(region: Region, encoding: Encoding, tag: int, pair: tuple[Element, Element]) -> bool:
    """Whether two elements of one tag have the same bytes."""
    values = []
    for element in pair:
        _, start, length = element
        end = _step_over(region, encoding, element, tag) if length == UNDEFINED else start + length
        values.append(region.data[start:end])
    return values[0] == values[1]


def _walk_explicit(region: Region, encoding: Encoding, elements: Elements) -> int:
    data, position, end = region.data, region.start, region.end
    unpack = _EXPLICIT[encoding.order].unpack_from
    unpack_length = _LENGTH[encoding.order].unpack_from
    last = end - 8
    for count in range(MAX_ELEMENTS):
        if position > last:
            return _finish(region, position, elements, count)
        group, number, vr, length = unpack(data, position)
        tag = group << 16 | number
        start = position + 8
        if vr not in _SHORT:
            if group == 0xFFFE:
                return _close(region, tag, start, elements, count)
            if vr not in _LONG and not (vr.isalpha() and vr.isupper()):
                return _finish(region, position, elements, count)
            start += 4
            if start > end:
                return _finish(region, position, elements, count)
            (length,) = unpack_length(data, position + 8)
        position = start + length
        if position > end:
            position = _step_over(region, encoding, (vr, start, length), tag)
        elements[tag] = (vr, start, length)
    raise Refusal("limit_exceeded", f"more than {MAX_ELEMENTS} elements")


def _walk_implicit(region: Region, encoding: Encoding, elements: Elements) -> int:
    data, position, end = region.data, region.start, region.end
    unpack = _IMPLICIT[encoding.order].unpack_from
    last = end - 8
    for count in range(MAX_ELEMENTS):
        if position > last:
            return _finish(region, position, elements, count)
        group, number, length = unpack(data, position)
        tag = group << 16 | number
        start = position + 8
        if group == 0xFFFE:
            return _close(region, tag, start, elements, count)
        if tag == 0:
            return _finish(region, position, elements, count)
        position = start + length
        if position > end:
            position = _step_over(region, encoding, (b"", start, length), tag)
        elements[tag] = (b"", start, length)
    raise Refusal("limit_exceeded", f"more than {MAX_ELEMENTS} elements")


def _finish(region: Region, position: int, elements: Elements, count: int) -> int:
    """Where the region ends, when no element follows at `position`: at its end, but for NULs.

    Some writers fill a file with NULs up to a block, or close compressed pixel data twice.
    """
    if region.delimited:
        raise Refusal("corrupt_dataset", "an item is not closed")
    rest = bytes(region.data[position : region.end])
    if rest.replace(_DELIMITER, b"").strip(b"\0"):
        raise Refusal("corrupt_dataset", f"what stands at byte {position} is no element")
    return _once(elements, count, position)


def _close(region: Region, tag: int, position: int, elements: Elements, count: int) -> int:
    if tag == _SEQUENCE_END and not region.delimited and next(reversed(elements), 0) in PIXEL_DATA_TAGS:
        return _finish(region, position - 8, elements, count)
    if tag != _ITEM_END or not region.delimited:
        raise _corrupt(position - 8, "is a delimiter out of place")
    return _once(elements, count, position)


def _once(elements: Elements, count: int, position: int) -> int:
    """The position, if each of the `count` elements walked has a tag of its own. Raises _RepeatedError."""
    if len(elements) != count:
        raise _RepeatedError(position)
    return position


def _step_over(region: Region, encoding: Encoding, element: Element, tag: int) -> int:
    """Where an element of undefined length ends. Raises Refusal when it leads past the region's end."""
    vr, start, length = element
    pixels = tag in PIXEL_DATA_TAGS
    if length != UNDEFINED:
        missing = start + length - region.end
        if pixels:
            raise truncated(missing, length)
        raise _corrupt(start, f"is {missing} bytes longer than what is left")
    rest = Region(region.data, start, region.end, delimited=True)
    if vr in (b"OB", b"OW") or pixels:
        return walk_fragments(rest, encoding, [])
    return walk_items(rest, inside(encoding, vr), None)


def walk_items(region: Region, encoding: Encoding, found: list[tuple[Elements, int]] | None) -> int:
    """Where a sequence ends; its items' elements and ends are added to `found` if that is a list."""
    inner = deeper(encoding)
    data, position = region.data, region.start
    unpack = _IMPLICIT[encoding.order].unpack_from
    while position + 8 <= region.end:
        group, number, length = unpack(data, position)
        tag = group << 16 | number
        position += 8
        if tag == _SEQUENCE_END and region.delimited:
            return position
        if tag != _ITEM:
            raise _corrupt(position - 8, "is not an item of the sequence")
        delimited = length == UNDEFINED
        stop = region.end if delimited else position + length
        if stop > region.end:
            raise _corrupt(position, "is an item longer than its sequence")
        if delimited or found is not None:
            elements: Elements = {}
            after = walk_elements(Region(data, position, stop, delimited), inner, elements)
            _count_nested(encoding, len(elements))
            if found is not None:
                found.append((elements, after))
            stop = after if delimited else stop
        position = stop
    if region.delimited or position != region.end:
        raise Refusal("corrupt_dataset", "a sequence is not closed")
    return position


def _count_nested(encoding: Encoding, elements: int) -> None:
    encoding.nested[0] -= elements + 1
    if encoding.nested[0] < 0:
        raise Refusal("limit_exceeded", f"more than {MAX_NESTED_ELEMENTS} nested elements")


def walk_fragments(region: Region, encoding: Encoding, found: list[tuple[int, int]]) -> int:
    """Where encapsulated pixel data end; the place of each fragment is added to `found`."""
    unpack = _IMPLICIT[encoding.order].unpack_from
    position = region.start
    while position + 8 <= region.end:
        group, number, length = unpack(region.data, position)
        tag = group << 16 | number
        position += 8
        if tag == _SEQUENCE_END:
            return position
        if tag != _ITEM or length == UNDEFINED:
            raise Refusal("corrupt_dataset", "the pixel data hold something else than fragments")
        if position + length > region.end:
            raise truncated(position + length - region.end, length)
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
