"""Every transfer syntax against pydicom and against answers from outside; damage against a refusal."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from dicom_files import WHEEL, compressed, encoded, image
from numpy.typing import NDArray
from pydicom.pixels import pixel_array
from pydicom.uid import JPEG2000, JPEG2000Lossless, RLELossless
from stored_pixels import refusal, stored

from pipeline.ingest.pixels import codecs
from pipeline.ingest.pixels.codecs import SYNTAXES, Codec, syntax_of
from pipeline.ingest.pixels.codestreams import begins_rle
from pipeline.ingest.reasons import Refusal

J2K, JLS, JPEG, JPEG_LOSSLESS = (
    "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.50",
    "1.2.840.10008.1.2.4.70",
)


PYDICOM_CANNOT = {"JPEG-lossy.dcm", "JPGExtended.dcm", "SC_rgb_jpeg_gdcm.dcm", "no_meta.dcm"}


REFUSED = {
    "SC_rgb_rle_32bit.dcm", "SC_rgb_rle_32bit_2frame.dcm", "MR_truncated.dcm", "badVR.dcm",
    "JPEG2000-embedded-sequence-delimiter.dcm", "meta_missing_tsyntax.dcm", "nested_priv_SQ.dcm",
}  # fmt: skip


def test_every_image_of_the_pydicom_wheel_has_the_pixels_that_pydicom_finds() -> None:
    compared = 0
    for path in sorted(WHEEL.glob("*.dcm")):
        theirs = pydicom.dcmread(path, force=True)
        if "PixelData" not in theirs or path.name in PYDICOM_CANNOT:
            continue
        if path.name in REFUSED:
            assert refusal(path.read_bytes()) in (
                "inconsistent_pixel_attributes",
                "truncated_pixel_data",
                "missing_attribute",
            )
            continue
        expected = pixel_array(theirs, raw=True)
        assert np.array_equal(stored(path.read_bytes()).squeeze(), expected.squeeze()), path.name
        compared += 1
    assert compared > 50


def test_reference_files_have_the_stored_values_told_from_outside(real_data: Path) -> None:
    folder = real_data / "dicom-reference"
    compared = 0
    for name, entry in json.loads((folder / "expected.json").read_text())["files"].items():
        expected = entry.get("expected", {}).get("sha256_stored_int32")
        if expected:
            whole = np.ascontiguousarray(stored((folder / entry["file"]).read_bytes()).squeeze(), "<i4")
            assert hashlib.sha256(whole.tobytes()).hexdigest() == expected, name
            compared += 1
    assert compared > 15


@pytest.mark.parametrize(
    "names",
    [
        ["MR_small", "MR_small_RLE", "MR_small_bigendian", "MR_small_expb", "MR_small_implicit",
         "MR_small_jp2klossless", "MR_small_jpeg_ls_lossless", "MR_small_padded"],
        ["SC_rgb_small_odd", "SC_rgb_small_odd_big_endian"],
        ["liver_1frame", "liver_expb_1frame"],
        ["rtdose", "rtdose_expb", "rtdose_rle"],
    ],
)  # fmt: skip
def test_twins_in_other_syntaxes_are_equal(names: list[str]) -> None:
    arrays = [stored((WHEEL / f"{name}.dcm").read_bytes()) for name in names]
    assert all(np.array_equal(array, arrays[0]) for array in arrays)


def test_one_bit_frames_that_end_within_a_byte_are_unpacked_lowest_bit_first() -> None:
    rng = np.random.default_rng(1)
    frames = rng.integers(0, 2, (3, 5, 7), dtype=np.uint8)
    ds = image(NumberOfFrames=3, Rows=5, Columns=7, BitsAllocated=1, BitsStored=1, HighBit=0)
    ds.PixelData = np.packbits(frames.reshape(-1), bitorder="little").tobytes()
    assert np.array_equal(stored(encoded(ds)), frames)


PIXELS = np.arange(192, dtype=np.uint16).reshape(16, 12) * 21


def lossless(pixels: NDArray) -> dict[str, bytes]:
    return {
        JLS: imagecodecs.jpegls_encode(pixels),
        J2K: imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", reversible=True),
        "1.2.840.10008.1.2.4.201": imagecodecs.htj2k_encode(pixels, reversible=True),
        JPEG_LOSSLESS: imagecodecs.ljpeg_encode(pixels, bitspersample=12),
    }


@pytest.mark.parametrize("syntax", sorted(lossless(PIXELS)))
def test_lossless_streams_give_the_pixels_back(syntax: str) -> None:
    ds = image(BitsStored=12, HighBit=11)
    assert np.array_equal(stored(compressed(ds, [lossless(PIXELS)[syntax]], syntax))[0], PIXELS)


@pytest.mark.parametrize("syntax", sorted(lossless(PIXELS)))
@pytest.mark.parametrize(
    "changes", [{"Rows": 17}, {"Columns": 64}, {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}]
)
def test_a_stream_of_another_size_never_reaches_its_decoder(syntax: str, changes: dict[str, int]) -> None:
    ds = image(BitsStored=12, HighBit=11)
    for keyword, value in changes.items():
        setattr(ds, keyword, value)
    assert refusal(compressed(ds, [lossless(PIXELS)[syntax]], syntax)) == "inconsistent_pixel_attributes"


@pytest.mark.parametrize("syntax", sorted(lossless(PIXELS)))
def test_a_stream_that_is_damaged_is_refused(syntax: str) -> None:
    stream = lossless(PIXELS)[syntax]
    ds = image(BitsStored=12, HighBit=11)
    assert refusal(compressed(ds, [stream[: len(stream) // 3]], syntax)) == "decode_error"


def test_a_stream_of_another_process_than_announced_is_refused() -> None:
    ds = image(BitsStored=12, HighBit=11)
    assert refusal(compressed(ds, [lossless(PIXELS)[JLS]], JPEG)) == "transfer_syntax_unsupported"


def test_a_short_frame_of_a_large_jpeg_is_refused_before_decoding() -> None:
    stream = bytearray(imagecodecs.jpeg8_encode(np.zeros((16, 16), np.uint8)))
    at = stream.index(b"\xff\xc0")
    stream[at + 5 : at + 9] = (20000).to_bytes(2, "big") * 2
    ds = image(pixels=np.zeros((16, 16), np.uint8), Rows=20000, Columns=20000)
    assert refusal(compressed(ds, [bytes(stream)], JPEG)) == "decode_error"


def test_signed_values_survive_an_unsigned_stream_and_are_refused_where_the_sign_is_lost() -> None:
    signed = np.array([[-100, 91]], np.int16).repeat(96, 0).reshape(16, 12)
    ds = image("MR", pixels=signed, BitsStored=12, HighBit=11)
    twelve = (signed.astype(np.int32) & 0xFFF).astype(np.uint16)
    stream = imagecodecs.jpeg2k_encode(twelve, codecformat="j2k", reversible=True, bitspersample=12)
    assert np.array_equal(stored(compressed(ds, [stream], J2K))[0], signed)
    ds.BitsStored, ds.HighBit = 16, 15
    assert refusal(compressed(ds, [stream], J2K)) == "inconsistent_pixel_attributes"


def test_lossy_overshoot_is_cut_and_does_not_wrap_around() -> None:
    ds = image("MR", BitsStored=12, HighBit=11)
    over = np.full((16, 12), 4100, np.uint16)  # what a lossy encoder makes of 4095
    stream = imagecodecs.jpeg2k_encode(over, codecformat="j2k", reversible=True)
    assert stored(compressed(ds, [stream], JPEG2000)).max() == 4095
    assert stored(compressed(ds, [stream], JPEG2000Lossless)).max() == 4100 - 4096  # junk bits there


def test_lossy_htj2k_is_cut_where_it_overshoots_and_does_not_wrap_around() -> None:
    edges = np.kron(np.indices((16, 16)).sum(0) % 2, np.ones((3, 3), np.uint8)).astype(np.uint8) * 255
    stream = bytes(imagecodecs.htj2k_encode(edges, level=0.01, reversible=False))
    found = stored(compressed(image(pixels=edges), [stream], "1.2.840.10008.1.2.4.203"))[0]
    assert np.abs(found.astype(int) - edges).max() < 8


@pytest.mark.parametrize(
    "uid",
    ["1.2.840.113619.5.2", "1.2.840.10008.1.2.4.53", "1.2.840.10008.1.2.4.66", "1.2.840.10008.1.2.4.100"],
)
def test_unsupported_syntaxes_are_named(uid: str) -> None:
    with pytest.raises(Refusal, match=f"transfer_syntax_unsupported: .*{uid}"):
        syntax_of(uid)


def test_an_unknown_uid_is_never_repeated() -> None:
    with pytest.raises(Refusal) as caught:
        syntax_of("1.2.3.JOHN.DOE")
    assert "JOHN" not in str(caught.value)


def test_a_missing_decoder_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    data = compressed(image(BitsStored=12, HighBit=11), [JLS_STREAM], JLS)
    with pytest.raises(Refusal, match="decoder_missing: imagecodecs"):
        stored(data)


JLS_STREAM = bytes(imagecodecs.jpegls_encode(PIXELS))


@pytest.mark.parametrize("error", [BaseException, RuntimeError, MemoryError])
def test_whatever_a_decoder_throws_becomes_a_reason(
    monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def panics(*arguments: object) -> None:
        raise error("a value of the scan")

    monkeypatch.setitem(codecs.CODECS, "rle", Codec("imagecodecs", lambda: "1", panics, begins_rle))
    with pytest.raises(Refusal) as caught:
        stored((WHEEL / "MR_small_RLE.dcm").read_bytes())
    assert caught.value.reason == ("limit_exceeded" if error is MemoryError else "decode_error")
    assert "value of the scan" not in str(caught.value)


def test_an_rle_frame_may_be_cut_into_fragments() -> None:
    whole = pydicom.dcmread(WHEEL / "MR_small_RLE.dcm")
    frame = next(pydicom.encaps.generate_frames(whole.PixelData, number_of_frames=1))
    ds = image("MR", pixels=whole.pixel_array)
    for pieces in ([frame], [frame[:1000], frame[1000:4000], frame[4000:]]):
        data = compressed(ds, pieces, RLELossless, table=False)
        assert np.array_equal(stored(data)[0], whole.pixel_array)
    assert (
        refusal(compressed(ds, [frame, frame], RLELossless, table=False)) == "inconsistent_pixel_attributes"
    )


def test_rle_segments_that_decode_too_long_are_refused(real_data: Path) -> None:
    folder = real_data / "dicom-reference/decoder-crashers"
    for name in ("rle-segment-decodes-too-long.dcm", "rle-segment-offset-past-end.dcm"):
        assert refusal((folder / name).read_bytes()) == "decode_error"


RLE = "1.2.840.10008.1.2.5"


def run_length(*segments: bytes) -> bytes:
    """A file of 4 x 5 pixels of 16 bits whose frame has these packed segments."""
    starts = np.cumsum([64, *map(len, segments[:-1])], dtype="<u4")
    offsets = np.zeros(15, "<u4")
    offsets[: len(starts)] = starts
    frame = len(segments).to_bytes(4, "little") + offsets.tobytes() + b"".join(segments)
    return compressed(image(pixels=np.zeros((4, 5), np.uint16)), [frame], RLE)


def test_rle_bytes_come_highest_first_and_a_byte_that_makes_the_length_even_is_none_of_them() -> None:
    high, low = b"\xed\x01", b"\x13" + bytes(range(20)) + b"\x00"  # twenty times 1; twenty as they are
    assert np.array_equal(stored(run_length(high, low)).ravel(), 256 + np.arange(20))


@pytest.mark.parametrize("low", [b"\xee\x01", b"\xec\x01", b"\x13\x01\x02"])
def test_rle_segments_of_another_length_than_the_frame_are_refused(low: bytes) -> None:
    assert refusal(run_length(b"\xed\x01", low)) == "decode_error"


def test_every_syntax_of_the_table_has_a_codec() -> None:
    assert {syntax.codec for syntax in SYNTAXES.values()} == codecs.CODECS.keys()
