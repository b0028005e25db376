"""Which fragments of encapsulated pixel data make up which frame (PS3.5 annex A.4).

Offset tables must point at fragments, in order, and agree with the number of frames: a wrong table is
refused, never followed to shifted frames.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from pipeline.ingest.dicom.dataset import Dataset, fragments
from pipeline.ingest.dicom.encoding import Buffer, Element
from pipeline.ingest.pixels.codestreams import LONGEST_START
from pipeline.ingest.reasons import Refusal

Span = tuple[int, int]
"""Offset and length of a fragment in the file."""


def frame_spans(
    dataset: Dataset, element: Element, *, frames: int, begins: Callable[[bytes], bool]
) -> list[tuple[Span, ...]]:
    """The fragments of each frame; without a table, a frame goes on until a fragment `begins` the next.

    That holds for RLE, too: the standard allows it one fragment a frame, some writers cut it into more.
    Raises Refusal: `truncated_pixel_data` for missing frames, `inconsistent_pixel_attributes` for extra
    ones, `decode_error` for an offset table that doesn't fit.
    """
    items = fragments(dataset, element)
    if not items:
        raise Refusal("truncated_pixel_data", f"no frame of {frames}")
    table = dataset.data[items[0][0] : items[0][0] + items[0][1]]
    spans = items[1:]
    offsets = _offsets(dataset, bytes(table))
    if offsets:
        starts = _table_starts(spans, offsets, frames)
    else:
        starts = [i for i, span in enumerate(spans) if begins(_start(dataset.data, span))]
    _check_count(len(starts), frames)
    if starts[0] != 0:
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


def _check_count(count: int, frames: int) -> None:
    if count < frames:
        raise Refusal("truncated_pixel_data", f"{count} of {frames} frames are there")
    if count > frames:
        raise Refusal("inconsistent_pixel_attributes", f"{count} frames are there, {frames} announced")


def _start(data: Buffer, span: Span) -> bytes:
    return bytes(data[span[0] : span[0] + min(span[1], LONGEST_START)])
