"""The walk over elements: what ends well, and what is refused before anything is allocated."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.ingest.dicom.dataset import Dataset, walk
from pipeline.ingest.dicom.encoding import UNDEFINED, Encoding
from pipeline.ingest.reasons import Refusal

EXPLICIT, IMPLICIT = Encoding(explicit=True), Encoding(explicit=False)
LONG = (b"OB", b"OW", b"SQ", b"UN", b"UT")
ITEM_END = struct.pack("<HHI", 0xFFFE, 0xE00D, 0)
SEQUENCE_END = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


def element(tag: int, vr: bytes, value: bytes = b"", length: int | None = None) -> bytes:
    length = len(value) if length is None else length
    head = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr)
    return head + (struct.pack("<HI", 0, length) if vr in LONG else struct.pack("<H", length)) + value


def implicit(tag: int, value: bytes = b"", length: int | None = None) -> bytes:
    return struct.pack("<HHI", tag >> 16, tag & 0xFFFF, len(value) if length is None else length) + value


def item(value: bytes = b"", length: int | None = None) -> bytes:
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(value) if length is None else length) + value


def parsed(data: bytes, encoding: Encoding = EXPLICIT) -> Dataset:
    return walk(data, 0, len(data), encoding)


def refusal(data: bytes, encoding: Encoding = EXPLICIT) -> str:
    with pytest.raises(Refusal) as caught:
        parsed(data, encoding)
    return caught.value.reason


ROWS = element(0x00280010, b"US", b"\x10\0")
SEQUENCE = 0x00081140


def test_each_element_is_found_with_its_place_and_length() -> None:
    found = parsed(element(0x00080060, b"CS", b"CT") + ROWS)
    assert found.elements == {0x00080060: (b"CS", 8, 2), 0x00280010: (b"US", 18, 2)}


@pytest.mark.parametrize("cut", [1, 2, 5, 9])
def test_a_data_set_that_breaks_off_is_damaged(cut: int) -> None:
    assert refusal((ROWS + ROWS.replace(b"\x10", b"\x11", 1))[:-cut]) == "corrupt_dataset"


def test_a_length_beyond_the_end_is_refused_without_reading_it() -> None:
    assert refusal(ROWS + element(0x00291010, b"OB", b"1234", 0x7FFFFFFE)) == "corrupt_dataset"


def test_pixel_data_that_break_off_leave_the_rest_readable() -> None:
    found = parsed(ROWS + element(0x7FE00010, b"OW", b"1234", 10))
    assert found.whole("Rows") == 16
    assert found.truncation is not None
    assert found.truncation.detail == "6 of 10 bytes missing (60.0 %)"


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
def test_of_an_element_that_stands_there_twice_the_first_is_kept_if_both_say_the_same(
    syntax: Encoding,
) -> None:
    make = implicit if syntax is IMPLICIT else lambda tag, value: element(tag, b"US", value)
    rows, others = make(0x00280010, b"\x10\0"), make(0x00280010, b"\x11\0")
    noting = replace(syntax, notes=set())
    again = parsed(rows + make(0x00280011, b"\1\0") + rows, noting)
    assert (again.whole("Rows"), again.elements[0x00280010][1]) == (16, 8)
    assert noting.notes == {"repeated_element"}
    assert refusal(rows + others, noting) == "corrupt_dataset"


def test_what_nobody_asks_for_may_stand_there_twice_with_two_values() -> None:
    noting = replace(EXPLICIT, notes=set())
    first, second = (element(0x00102180, b"SH", text) for text in (b"ab", b"cd"))  # Occupation
    data = parsed(first + second + ROWS, noting)
    assert data.value_of(0x00102180) == b"ab"
    assert noting.notes == {"repeated_element"}


@pytest.mark.parametrize("defined", [True, False])
def test_a_sequence_may_stand_there_twice_if_all_of_it_is_the_same(defined: bool) -> None:
    def sequence(inner: bytes) -> bytes:
        items = item(inner)
        whole = items if defined else items + SEQUENCE_END
        return element(0x00540016, b"SQ", whole, None if defined else UNDEFINED)

    noting = replace(EXPLICIT, notes=set())
    (only,) = parsed(sequence(ROWS) + sequence(ROWS), noting).items("RadiopharmaceuticalInformationSequence")
    assert only.whole("Rows") == 16
    assert (
        refusal(sequence(ROWS) + sequence(element(0x00280010, b"US", b"\x11\0")), noting) == "corrupt_dataset"
    )


def test_an_element_twice_in_an_item_is_noted_on_the_file() -> None:
    noting = replace(EXPLICIT, notes=set())
    (inner,) = parsed(element(0x00540016, b"SQ", item(ROWS + ROWS)), noting).items(
        "RadiopharmaceuticalInformationSequence"
    )
    assert inner.whole("Rows") == 16
    assert noting.notes == {"repeated_element"}


def test_nothing_but_nuls_may_follow() -> None:
    assert parsed(ROWS + b"\0" * 50).whole("Rows") == 16
    assert parsed(implicit(0x00280010, b"\x10\0") + b"\0" * 50, IMPLICIT).whole("Rows") == 16
    assert refusal(ROWS + b"\0" * 50 + b"x") == "corrupt_dataset"
    assert refusal(implicit(0x00280010, b"\x10\0") + b"\0" * 50 + b"x", IMPLICIT) == "corrupt_dataset"


def test_an_unknown_representation_of_two_capitals_has_a_long_length() -> None:
    data = struct.pack("<HH2sHI", 0x0029, 0x1010, b"ZZ", 0, 4) + b"abcd" + element(0x00300010, b"US", b"\1\0")
    assert set(parsed(data).elements) == {0x00291010, 0x00300010}


@pytest.mark.parametrize("vr", [b"  ", b"??", b"--"])
def test_a_representation_that_the_writer_did_not_know_has_a_short_length(vr: bytes) -> None:
    found = parsed(element(0x00280120, vr, b"\x30\xf8") + ROWS)
    assert found.number("PixelPaddingValue", signed=True) == -2000  # 0xF830
    assert found.whole("Rows") == 16
    assert refusal(element(0x00280120, vr) + b"\0\0" + ROWS) == "corrupt_dataset"


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
def test_compressed_pixels_may_be_closed_twice(syntax: Encoding) -> None:
    fragments = item() + item(b"\xff\xd8") + SEQUENCE_END
    make = implicit if syntax is IMPLICIT else lambda *args: element(args[0], b"OB", *args[1:])
    pixels = make(0x7FE00010, fragments, UNDEFINED)
    assert set(parsed(pixels + SEQUENCE_END + b"\0\0", syntax).elements) == {0x7FE00010}
    assert refusal(pixels + SEQUENCE_END + b"x", syntax) == "corrupt_dataset"
    assert refusal(pixels + SEQUENCE_END + ROWS, syntax) == "corrupt_dataset"
    assert refusal(SEQUENCE_END + pixels, syntax) == "corrupt_dataset"
    assert refusal(make(0x00280010, b"\x10\0") + SEQUENCE_END, syntax) == "corrupt_dataset"


@pytest.mark.parametrize("defined", [True, False])
def test_items_are_read_with_defined_and_undefined_lengths(defined: bool) -> None:
    inner = item(ROWS) if defined else item(ROWS + ITEM_END, UNDEFINED)
    items = inner + inner
    data = (
        element(SEQUENCE, b"SQ", items)
        if defined
        else element(SEQUENCE, b"SQ", items + SEQUENCE_END, UNDEFINED)
    )
    found = parsed(data + element(0x00280011, b"US", b"\x0c\0"))
    assert [one.whole("Rows") for one in found.items_of(found.elements[SEQUENCE])] == [16, 16]
    assert found.whole("Columns") == 12


def test_a_sequence_of_unknown_representation_is_implicit() -> None:
    data = element(SEQUENCE, b"UN", item(implicit(0x00280010, b"\x10\0")) + SEQUENCE_END, UNDEFINED)
    found = parsed(data)
    assert found.items_of(found.elements[SEQUENCE])[0].whole("Rows") == 16


@pytest.mark.parametrize(
    "broken",
    [
        element(SEQUENCE, b"SQ", item(ROWS), UNDEFINED),  # never closed
        element(SEQUENCE, b"SQ", item(ROWS, UNDEFINED) + SEQUENCE_END, UNDEFINED),  # item not closed
        element(SEQUENCE, b"SQ", item(ROWS, 400) + SEQUENCE_END, UNDEFINED),  # item too long
        element(SEQUENCE, b"SQ", ROWS + SEQUENCE_END, UNDEFINED),  # no item
        ROWS + ITEM_END,  # a delimiter where none belongs
    ],
)
def test_broken_sequences_are_damage(broken: bytes) -> None:
    assert refusal(broken + element(0x00400010, b"US", b"\1\0") * 0) == "corrupt_dataset"


def test_sequences_deeper_than_allowed_are_over_the_limit() -> None:
    def nested(depth: int) -> bytes:
        opener = element(SEQUENCE, b"SQ", b"", UNDEFINED) + item(b"", UNDEFINED)
        return opener * depth + (ITEM_END + SEQUENCE_END) * depth

    assert parsed(nested(32)).elements
    assert refusal(nested(33)) == "limit_exceeded"
    assert refusal(nested(5000)) == "limit_exceeded"


def test_very_many_elements_are_over_the_limit() -> None:
    many = b"".join(implicit(0x00090000 + i) for i in range(100_001))
    assert refusal(many, IMPLICIT) == "limit_exceeded"


def test_very_many_nested_elements_are_over_the_limit() -> None:
    encoding = Encoding(explicit=True, nested=[10])
    data = element(SEQUENCE, b"SQ", item(ITEM_END, UNDEFINED) * 11 + SEQUENCE_END, UNDEFINED)
    assert refusal(data, encoding) == "limit_exceeded"


@given(st.binary(max_size=200), st.booleans())
@settings(max_examples=200)
def test_any_bytes_end_in_a_data_set_or_a_refusal(data: bytes, explicit: bool) -> None:
    try:
        found = parsed(data, Encoding(explicit=explicit))
    except Refusal as caught:
        assert caught.reason in ("corrupt_dataset", "limit_exceeded")
    else:
        assert found.truncation is not None or all(
            start + (0 if length == UNDEFINED else length) <= len(data)
            for _, start, length in found.elements.values()
        )
