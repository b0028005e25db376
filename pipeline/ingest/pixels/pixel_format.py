"""How a file's pixels are stored, checked against each other and against the bytes that are there.

Everything is decided before a decoder runs or an array is allocated (PS3.3 C.7.6.3, PS3.5 section 8).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.ingest.dicom.dataset import Dataset
from pipeline.ingest.dicom.elements import truncated
from pipeline.ingest.dicom.encoding import UNDEFINED, Element
from pipeline.ingest.reasons import Refusal

MAX_FRAMES = 100_000  # the longest cine and dynamic series have some ten thousand
MONOCHROME = ("MONOCHROME1", "MONOCHROME2")
COLOUR = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")
PALETTE = "PALETTE COLOR"

_FLOAT_ELEMENTS: tuple[tuple[str, int], ...] = (("FloatPixelData", 32), ("DoubleFloatPixelData", 64))


@dataclass(frozen=True)
class PixelFormat:
    """The pixel module of one object; `kind` "float" has no stored bits, only `bits_allocated`."""

    rows: int
    columns: int
    frames: int
    samples: int
    photometric: str
    kind: Literal["integer", "float"]
    bits_allocated: int
    bits_stored: int
    signed: bool
    planar: bool

    @property
    def samples_per_frame(self) -> int:
        """Number of sample values in one decoded frame."""
        return self.rows * self.columns * self.samples

    @property
    def frame_bits(self) -> int:
        """Size of one uncompressed frame as stored."""
        bits = self.samples_per_frame * self.bits_allocated
        return bits * 2 // 3 if self.photometric == "YBR_FULL_422" else bits


def pixel_format(dataset: Dataset, keyword: str, *, encapsulated: bool) -> PixelFormat:
    """The pixel module of a data set whose pixel data are in `keyword`.

    Raises Refusal `missing_attribute` or `inconsistent_pixel_attributes`.
    """
    samples = dataset.whole("SamplesPerPixel") or 1
    photometric = dataset.word("PhotometricInterpretation")
    planar = dataset.whole("PlanarConfiguration") if samples > 1 else 0
    if planar is None and not encapsulated:
        raise Refusal("missing_attribute", "PlanarConfiguration")
    allocated, stored, signed = _bits(dataset, keyword)
    form = PixelFormat(
        rows=_needed(dataset, "Rows"),
        columns=_needed(dataset, "Columns"),
        frames=_frames(dataset),
        samples=samples,
        photometric=photometric,
        kind="integer" if keyword == "PixelData" else "float",
        bits_allocated=allocated,
        bits_stored=stored,
        signed=signed,
        planar=planar == 1,
    )
    _check_colour(form, encapsulated=encapsulated)
    return form


def check_limits(form: PixelFormat, *, decoded_bytes: int) -> None:
    """Raises Refusal `limit_exceeded` when the decoded pixels would be larger than allowed."""
    if form.frames > MAX_FRAMES:
        raise Refusal("limit_exceeded", f"{form.frames} frames, allowed {MAX_FRAMES}")
    size = form.samples_per_frame * form.frames * max(form.bits_allocated // 8, 1)
    if size > decoded_bytes:
        raise Refusal("limit_exceeded", f"{size} bytes of pixels, allowed {decoded_bytes}")


def check_native_length(form: PixelFormat, element: Element) -> tuple[str, ...]:
    """Notes on the length of uncompressed pixel data.

    Raises Refusal `truncated_pixel_data`, or `inconsistent_pixel_attributes` when a frame too many is there.
    """
    length = element[2]
    if length == UNDEFINED:
        raise Refusal("inconsistent_pixel_attributes", "compressed pixel data in an uncompressed syntax")
    expected = -(-form.frame_bits * form.frames // 8)
    if length < expected:
        raise truncated(expected - length, expected)
    if 8 * (length - expected) >= form.frame_bits:
        frames_there = 8 * length // form.frame_bits
        raise Refusal(
            "inconsistent_pixel_attributes", f"pixels of {frames_there} frames, {form.frames} announced"
        )
    return ("trailing_bytes",) if length - expected > 1 else ()


def _needed(dataset: Dataset, keyword: str) -> int:
    value = dataset.whole(keyword)
    if not value or value < 0:
        raise Refusal("missing_attribute", keyword)
    return value


def _frames(dataset: Dataset) -> int:
    frames = dataset.whole("NumberOfFrames")
    if frames is None:
        return 1
    if frames < 1:
        raise Refusal("missing_attribute", "NumberOfFrames is less than 1")
    return frames


def _bits(dataset: Dataset, keyword: str) -> tuple[int, int, bool]:
    """Bits allocated, bits stored, and whether the numbers are signed."""
    for name, bits in _FLOAT_ELEMENTS:
        if keyword == name:
            return bits, bits, True
    allocated, stored = _needed(dataset, "BitsAllocated"), _needed(dataset, "BitsStored")
    high = dataset.whole("HighBit")
    representation = dataset.whole("PixelRepresentation")
    if representation not in (0, 1):
        raise Refusal("missing_attribute", "PixelRepresentation")
    if allocated not in (1, 8, 16, 32) or stored > allocated or high != stored - 1:
        raise Refusal(
            "inconsistent_pixel_attributes",
            f"BitsAllocated {allocated}, BitsStored {stored}, HighBit {'absent' if high is None else high}",
        )
    return allocated, stored, representation == 1


def _check_colour(form: PixelFormat, *, encapsulated: bool) -> None:
    monochrome = form.photometric in MONOCHROME or form.photometric == PALETTE
    if not form.photometric:
        raise Refusal("missing_attribute", "PhotometricInterpretation")
    if not monochrome and form.photometric not in COLOUR:
        raise Refusal("inconsistent_pixel_attributes", "PhotometricInterpretation is not a known one")
    if form.samples != (1 if monochrome else 3):
        raise Refusal(
            "inconsistent_pixel_attributes", f"{form.samples} samples per pixel of this colour model"
        )
    if form.samples == 3 and (form.signed or form.bits_allocated not in (8, 16)):
        raise Refusal("inconsistent_pixel_attributes", "colours must be unsigned numbers of 8 or 16 bits")
    if form.kind == "float" and form.photometric not in MONOCHROME:
        raise Refusal("inconsistent_pixel_attributes", "floating point pixels must be monochrome")
    if not encapsulated and form.photometric in ("YBR_ICT", "YBR_RCT"):
        raise Refusal("inconsistent_pixel_attributes", "a colour model of JPEG 2000 without JPEG 2000")
