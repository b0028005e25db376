"""Which fragments of encapsulated pixel data make up which frame (PS3.5 annex A.4).

Offset tables must point at fragments, in order, and agree with the number of frames: a wrong table is
refused, never followed to shifted frames.
"""

from __future__ import annotations

import struct

from pipeline.ingest.dataset import Dataset, fragments
from pipeline.ingest.elements import Buffer, Element
from pipeline.ingest.reasons import Refusal

_STARTS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  ")

Span = tuple[int, int]
"""Offset and length of a fragment in the file."""


def frame_spans(
    dataset: Dataset, element: Element, *, frames: int, one_fragment: bool
) -> list[tuple[Span, ...]]:
    """The fragments of each frame.

    `one_fragment` says that the syntax allows one fragment a frame only (RLE, deflated frames).
    Raises Refusal: `truncated_pixel_data` for missing frames, `inconsistent_pixel_attributes` for extra
    ones, `decode_error` for an offset table that doesn't fit.
    """
    found = fragments(dataset, element)
    if not found:
        raise Refusal("truncated_pixel_data", f"no frame of {frames}")
    table = dataset.data[found[0][0] : found[0][0] + found[0][1]]
    spans = found[1:]
    offsets = _offsets(dataset, bytes(table))
    if offsets:
        starts = _table_starts(spans, offsets, frames)
    elif one_fragment:
        starts = list(range(len(spans)))
    else:
        starts = [i for i, span in enumerate(spans) if _begins_image(dataset.data, span)]
    _check_count(len(starts), frames)
    if starts[0] != 0 or (one_fragment and len(spans) != frames):
        raise Refusal("decode_error", "fragments that belong to no frame")
    ends = [*starts[1:], len(spans)]
    return [tuple(spans[first:last]) for first, last in zip(starts, ends, strict=True)]


def frame_bytes(data: Buffer, spans: tuple[Span, ...]) -> bytes:
    """The compressed bytes of one frame."""
    return b"".join(bytes(data[start : start + length]) for start, length in spans)


def _offsets(dataset: Dataset, table: bytes) -> tuple[int, ...]:
    if table:
        if len(table) % 4:
            raise Refusal("decode_error", "the offset table is not a list of 32-bit numbers")
        return struct.unpack(f"<{len(table) // 4}I", table)
    extended = dataset.raw("ExtendedOffsetTable")
    if len(extended) % 8:
        raise Refusal("decode_error", "the extended offset table is not a list of 64-bit numbers")
    return struct.unpack(f"<{len(extended) // 8}Q", extended)


def _table_starts(spans: list[Span], offsets: tuple[int, ...], frames: int) -> list[int]:
    """The index of each frame's first fragment; offsets count from the first fragment's item header."""
    _check_count(len(offsets), frames)
    index = {start - spans[0][0]: i for i, (start, _) in enumerate(spans)} if spans else {}
    starts = [index.get(offset, -1) for offset in offsets]
    if -1 in starts or starts != sorted(set(starts)):
        raise Refusal("decode_error", "the offset table does not point at the fragments")
    return starts


def _check_count(found: int, frames: int) -> None:
    if found < frames:
        raise Refusal("truncated_pixel_data", f"{found} of {frames} frames are there")
    if found > frames:
        raise Refusal("inconsistent_pixel_attributes", f"{found} frames are there, {frames} announced")


def _begins_image(data: Buffer, span: Span) -> bool:
    return bytes(data[span[0] : span[0] + 8]).startswith(_STARTS)
