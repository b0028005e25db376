"""The stored pixels of an opened file, one frame at a time, after every check that needs no decoder."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.dicom.container import BIG_ENDIAN, Container
from pipeline.ingest.dicom.dataset import Dataset, pixel_keyword
from pipeline.ingest.dicom.dictionary import ELEMENTS
from pipeline.ingest.dicom.encoding import UNDEFINED, Element
from pipeline.ingest.pixels import codecs
from pipeline.ingest.pixels.codecs import Syntax
from pipeline.ingest.pixels.encapsulation import Span, frame_bytes, frame_spans
from pipeline.ingest.pixels.native import unpack_native
from pipeline.ingest.pixels.pixel_format import (
    PixelFormat,
    check_limits,
    check_native_length,
    pixel_format,
)
from pipeline.ingest.reasons import Refusal

_UNSIGNED: dict[int, np.dtype[Any]] = {
    1: np.dtype(np.uint8),
    8: np.dtype(np.uint8),
    16: np.dtype("<u2"),
    32: np.dtype("<u4"),
}


@dataclass(frozen=True)
class PixelSource:
    """Where the frames of one object lie; `spans` has the fragments of each compressed frame."""

    dataset: Dataset
    form: PixelFormat
    syntax: Syntax
    element: Element
    big_endian: bool
    spans: Sequence[tuple[Span, ...]] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class StoredFrame:
    """One frame as stored: bit patterns as unsigned integers, or floats; `(rows, columns[, 3])`.

    `colour` is the model of the samples: "" (one sample), "RGB" or "YBR".
    """

    array: NDArray[Any]
    colour: str = ""
    colour_fixed: bool = False


def open_pixels(container: Container, *, decoded_bytes: int, form: PixelFormat | None = None) -> PixelSource:
    """The frames of an object that has pixel data. Raises Refusal for whatever is known to be wrong.

    `form` is the pixel module, where it is known from a file of the same header.
    """
    dataset = container.dataset
    keyword = pixel_keyword(dataset)
    if not keyword:
        raise Refusal("missing_attribute", "PixelData")
    if not container.syntax:
        raise Refusal("missing_attribute", "TransferSyntaxUID")
    element = dataset.elements[ELEMENTS[keyword][0]]
    syntax = codecs.syntax_of(container.syntax)
    encapsulated = syntax.codec != "native"
    form = form or pixel_format(dataset, keyword, encapsulated=encapsulated)
    check_limits(form, decoded_bytes=decoded_bytes)
    big = container.syntax == BIG_ENDIAN
    if not encapsulated:
        notes = check_native_length(form, element)
        return PixelSource(dataset, form, syntax, element, big, notes=notes)
    # Some writers name a compressed syntax over native pixels: decoding those would be noise.
    if element[2] != UNDEFINED or form.kind == "float":
        raise Refusal("inconsistent_pixel_attributes", "uncompressed pixel data in a compressed syntax")
    begins = codecs.CODECS[syntax.codec].begins
    spans = frame_spans(dataset, element, frames=form.frames, begins=begins)
    return PixelSource(dataset, form, syntax, element, big, spans)


def read_frame(source: PixelSource, index: int) -> StoredFrame:
    """Frame `index`. Raises Refusal `decode_error`, `decoder_missing` or that of a failed check."""
    form = source.form
    if source.spans:
        data = frame_bytes(source.dataset.data, source.spans[index])
        array, named = codecs.decode(data, form, source.syntax)
    else:
        array, named = _native_frame(source, index), None
    if form.kind == "integer":
        array = _as_patterns(array, form)
    if form.samples == 1:
        return StoredFrame(array)
    announced = "RGB" if form.photometric in ("RGB", "YBR_ICT", "YBR_RCT") else "YBR"
    # The stream says that no transform was applied: its samples are RGB, whatever the header calls them.
    if named is None and form.photometric in ("YBR_ICT", "YBR_RCT"):
        return StoredFrame(array, "RGB", colour_fixed=True)
    return StoredFrame(array, named or announced, colour_fixed=named not in (None, announced))


def _native_frame(source: PixelSource, index: int) -> NDArray[Any]:
    form, (vr, start, _) = source.form, source.element
    first_bit = index * form.frame_bits
    data, order = source.dataset.data, ">" if source.big_endian else "<"
    first, last = start + first_bit // 8, start + -(-(first_bit + form.frame_bits) // 8)
    if source.big_endian and form.bits_allocated <= 8 and vr == b"OW":
        return _from_swapped_words(source, index)
    # an array on a map would keep it from being closed
    raw = data[first:last] if isinstance(data, mmap.mmap) else memoryview(data)[first:last]
    return unpack_native(raw, form, order, first_bit % 8)


def _from_swapped_words(source: PixelSource, index: int) -> NDArray[Any]:
    """Bytes in 16-bit words of big endian stand in pairs the other way round (PS3.5 8.2)."""
    form, (_, start, length) = source.form, source.element
    words = np.frombuffer(bytes(source.dataset.data[start : start + length]), ">u2").astype("<u2")
    first_bit = index * form.frame_bits
    raw = words.tobytes()[first_bit // 8 : -(-(first_bit + form.frame_bits) // 8)]
    return unpack_native(raw, form, "<", first_bit % 8)


def _as_patterns(array: NDArray[Any], form: PixelFormat) -> NDArray[Any]:
    """Unsigned integers of BitsAllocated, little-endian, whatever a decoder returned."""
    dtype = _UNSIGNED[form.bits_allocated]
    if array.dtype.itemsize == dtype.itemsize and array.dtype.isnative:
        return array.view(dtype)
    return array.astype(dtype)
