from __future__ import annotations

import struct

import pytest

from pipeline.ingest.dicom.dataset import Dataset
from pipeline.ingest.dicom.dictionary import ELEMENTS
from pipeline.ingest.dicom.encoding import Encoding, Order
from pipeline.ingest.reasons import Refusal


def one(keyword: str, value: bytes, order: Order = "<") -> Dataset:
    return Dataset(
        value, Encoding(explicit=True, order=order), {ELEMENTS[keyword][0]: (b"", 0, len(value))}, len(value)
    )


def test_text_is_trimmed_of_spaces_and_nuls_only() -> None:
    assert one("PatientID", b" A1 \0").text("PatientID") == "A1"
    assert one("PatientID", b"\tA1").text("PatientID") == "\tA1"


def test_text_is_utf8_where_it_is_and_else_latin1() -> None:
    assert one("PatientID", "Møller".encode()).text("PatientID") == "Møller"
    assert one("PatientID", "Møller".encode("latin-1")).text("PatientID") == "Møller"


def test_decimal_numbers_may_be_padded_and_several() -> None:
    assert one("PixelSpacing", b" 0.5\\8e-1\0").numbers("PixelSpacing") == (0.5, 0.8)
    assert one("PixelSpacing", b"  ").numbers("PixelSpacing") == ()


@pytest.mark.parametrize(
    "value",
    [
        b"1A",
        b"1,024",
        b"-12,345",
        b"1.5,2",
        b"1,0,0",
        b"nan",
        b"inf",
        b"1_0",
        b"0x10",
        b"1e999",
        b"9" * 60_000,
        b"1\\",
    ],
)
def test_what_is_no_finite_number_is_refused_by_keyword(value: bytes) -> None:
    with pytest.raises(Refusal, match="missing_attribute: PixelSpacing is not a number"):
        one("PixelSpacing", value).numbers("PixelSpacing")


@pytest.mark.parametrize(
    ("value", "number"),
    [(b"0,5", 0.5), (b"-1024,0 ", -1024.0), (b"0,125", 0.125), (b"2000,125", 2000.125), (b"1,25", 1.25)],
)
def test_a_decimal_comma_is_read_where_it_can_be_nothing_else(value: bytes, number: float) -> None:
    dataset = one("RescaleIntercept", value)
    assert dataset.number("RescaleIntercept") == number
    assert dataset.encoding.notes == {"decimal_comma"}


def test_a_comma_may_part_two_windows_and_is_in_no_whole_number() -> None:
    for keyword in ("WindowCenter", "InstanceNumber"):
        with pytest.raises(Refusal, match="is not a number"):
            one(keyword, b"40,80").numbers(keyword)


@pytest.mark.parametrize("text", [b"Monochrome2", b"monochrome2", b"MONOCHROME 2", b"MONOCHROME_2 "])
def test_a_word_of_the_standard_is_known_by_its_letters_and_digits(text: bytes) -> None:
    dataset = one("PhotometricInterpretation", text)
    assert dataset.word("PhotometricInterpretation") == "MONOCHROME2"
    assert dataset.encoding.notes == {"spelling_corrected"}


@pytest.mark.parametrize("text", [b"MONOCHROME2", b"MONOCHROME3", b"MONO2", b""])
def test_a_known_word_is_not_noted_and_an_unknown_one_stays(text: bytes) -> None:
    dataset = one("PhotometricInterpretation", text)
    assert dataset.word("PhotometricInterpretation") == text.decode()
    assert dataset.encoding.notes == set()


def test_binary_numbers_follow_the_byte_order_and_the_sign_asked_for() -> None:
    assert one("Rows", b"\x01\x02").whole("Rows") == 0x0201
    assert one("Rows", b"\x01\x02", ">").whole("Rows") == 0x0102
    padding = one("PixelPaddingValue", struct.pack("<h", -2000))
    assert padding.number("PixelPaddingValue", signed=True) == -2000
    assert padding.number("PixelPaddingValue") == 63536


def test_a_single_value_is_one_whole_number_of_the_right_size() -> None:
    for keyword, value in (
        ("Rows", b"\1"),
        ("Rows", b"\1\0\2\0"),
        ("NumberOfFrames", b"1.5"),
        ("NumberOfFrames", b"1\\2"),
    ):
        with pytest.raises(Refusal, match=f"missing_attribute: {keyword}"):
            one(keyword, value).whole(keyword)


def test_what_is_not_finite_is_refused() -> None:
    with pytest.raises(Refusal, match="not a finite number"):
        one("DiffusionBValue", struct.pack("<d", float("nan"))).numbers("DiffusionBValue")


def test_a_private_value_is_found_by_its_creator() -> None:
    data = b"OTHER CREATORSIEMENS CSA HEADERvalue"
    elements = {0x00290010: (b"LO", 0, 13), 0x00290012: (b"LO", 13, 18), 0x00291210: (b"OB", 31, 5)}
    dataset = Dataset(data, Encoding(explicit=True), elements, len(data))
    assert dataset.private(0x0029, b"SIEMENS CSA HEADER", 0x10) == b"value"
    assert dataset.private(0x0029, b"NOBODY", 0x10) == b""
