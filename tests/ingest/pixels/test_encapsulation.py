from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from pipeline.ingest.dicom.dataset import Dataset
from pipeline.ingest.dicom.encoding import UNDEFINED, Encoding
from pipeline.ingest.pixels.codestreams import begins_jpeg, begins_rle
from pipeline.ingest.pixels.encapsulation import frame_bytes, frame_spans
from pipeline.ingest.reasons import Refusal

A, B, C = b"\xff\xd8\xffA", b"\xff\xd8\xffBBB", b"\xff\xd8\xffCC."
REST = b"rest of B."
RLE = struct.pack("<16I", 1, 64, *[0] * 14)
PIXELS = 0x7FE00010


def any_bytes(start: bytes) -> bool:
    return True


def item(value: bytes) -> bytes:
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(value)) + value


def frames(
    fragments: list[bytes],
    *,
    table: tuple[int, ...] = (),
    extended: tuple[int, ...] = (),
    count: int,
    begins: Callable[[bytes], bool] = begins_jpeg,
) -> list[bytes]:
    basic = struct.pack(f"<{len(table)}I", *table)
    body = item(basic) + b"".join(map(item, fragments)) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    offsets = struct.pack(f"<{len(extended)}Q", *extended)
    elements = {PIXELS: (b"OB", 0, UNDEFINED)}
    if extended:
        elements[0x7FE00001] = (b"OV", len(body), len(offsets))
    dataset = Dataset(body + offsets, Encoding(explicit=True), elements, len(body))
    spans = frame_spans(dataset, elements[PIXELS], frames=count, begins=begins)
    return [frame_bytes(dataset.data, one) for one in spans]


def refusal(*arguments: object, **keywords: object) -> str:
    with pytest.raises(Refusal) as caught:
        frames(*arguments, **keywords)  # type: ignore[arg-type]
    return caught.value.reason


def test_all_ways_to_mark_frames_give_the_same_frames() -> None:
    expected = [A, B + REST, C]
    assert frames([A, B, REST, C], count=3) == expected
    offsets = (0, 12, 12 + 14 + 18)  # each item has a header of 8 bytes
    assert len(A) + 8 == 12 and len(B) + 8 == 14 and len(REST) + 8 == 18
    assert frames([A, B, REST, C], table=offsets, count=3) == expected
    assert frames([A, B, REST, C], extended=offsets, count=3) == expected
    assert frames([b"1", b"2"], count=2, begins=any_bytes) == [b"1", b"2"]
    assert frames([RLE, RLE + REST], count=2, begins=begins_rle) == [RLE, RLE + REST]


def test_many_fragments_are_one_frame() -> None:
    assert frames([A, REST, REST], count=1) == [A + REST + REST]
    assert frames([RLE, REST, A, RLE], count=2, begins=begins_rle) == [RLE + REST + A, RLE]


@pytest.mark.parametrize("table", [(0, 13, 44), (0, 44, 12), (0, 12, 12), (8, 12, 44), (0, 12, 4000)])
def test_a_wrong_offset_table_is_refused_and_never_followed(table: tuple[int, ...]) -> None:
    assert refusal([A, B, REST, C], table=table, count=3) == "decode_error"


@pytest.mark.parametrize("count", [1, 2])
def test_more_frames_than_announced_are_refused(count: int) -> None:
    assert refusal([A, B, C], count=count) == "inconsistent_pixel_attributes"
    assert refusal([b"1", b"2", b"3"], count=count, begins=any_bytes) == "inconsistent_pixel_attributes"


def test_fewer_frames_than_announced_are_missing() -> None:
    assert refusal([A, B], count=3) == "truncated_pixel_data"
    assert refusal([b""] * 1000, count=2) == "truncated_pixel_data"
    assert refusal([], count=1) == "truncated_pixel_data"
    assert refusal([A, B], table=(0, 12), count=3) == "truncated_pixel_data"


def test_fragments_before_the_first_frame_belong_to_none() -> None:
    assert refusal([REST, A], count=1) == "decode_error"


def test_a_table_of_broken_numbers_is_refused() -> None:
    body = item(b"123") + item(A) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    dataset = Dataset(body, Encoding(explicit=True), {PIXELS: (b"OB", 0, UNDEFINED)}, len(body))
    with pytest.raises(Refusal, match="decode_error"):
        frame_spans(dataset, dataset.elements[PIXELS], frames=1, begins=begins_jpeg)
