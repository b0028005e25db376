"""NIfTI: volumes in one file (.nii, .nii.gz), in any byte order, of NIfTI-1 and NIfTI-2.

Foreign bytes are measured before they are trusted: what the header announces is held against the limits and
against the bytes that are there, before anything is inflated or allocated.
"""

from __future__ import annotations

import mmap
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.dicom.encoding import Buffer
from pipeline.ingest.formats.description import Description, Stated, grid_of
from pipeline.ingest.formats.nifti_header import (
    HEADER_BYTES,
    NiftiHeader,
    is_nifti,
    parse,
    voxels_start,
)
from pipeline.ingest.formats.nifti_place import Affine, affine_of
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.reasons import Refusal

MOST_SLICES = 100_000  # as for the frames of a DICOM object
LABEL_INTENT = 1002
"""NIFTI_INTENT_LABEL: the numbers are names of structures, so the file is a mask."""

_DTYPES = {
    2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8",
    128: "u1",
}  # fmt: skip
_RGB = 128
_OTHER_KINDS = {
    1: "voxels of 1 bit", 32: "complex numbers", 1536: "numbers of 128 bits", 1792: "complex numbers",
    2048: "complex numbers", 2304: "colours with transparency",
}  # fmt: skip
_GZIP_MAGIC, _GZIP = b"\x1f\x8b", 16 + zlib.MAX_WBITS
_CHUNK = 1 << 20


@dataclass(frozen=True)
class NiftiFacts:
    """What a file says of its voxels.

    `shape` is (i, j, k), `samples` 1, or 3 of colours; a number is `stored * slope + intercept`. The voxels
    stand from `start` to `end` of the plain file.
    """

    shape: tuple[int, int, int]
    samples: int
    dtype: np.dtype[Any]
    slope: float
    intercept: float
    start: int
    end: int
    is_label_map: bool


def read(
    data: Buffer, limits: FileLimits, *, form: str = "", axes: str = ""
) -> tuple[NDArray[Any], Affine, NiftiFacts]:
    """The numbers `(i, j, k)` or `(i, j, k, 3)`, the affine from (i, j, k, 1) to RAS mm, and the facts.

    `data` are the bytes of the file, in gzip or plain. Unscaled numbers keep their dtype (in native order),
    scaled ones are float64; nothing is said of NaN. `form` and `axes` as for `affine_of`. Raises Refusal.
    """
    plain = unpacked(data, limits)
    facts, affine = facts_of(plain, limits), affine_of(parse(plain), form=form, axes=axes)
    array = np.moveaxis(_voxels(plain, facts), (0, 2), (2, 0))  # (k, j, i[, 3]) -> (i, j, k[, 3])
    native = array.astype(array.dtype.newbyteorder("="), copy=False)
    if (facts.slope, facts.intercept) == (1.0, 0.0):
        return native, affine, facts
    with np.errstate(over="ignore", invalid="ignore"):  # whoever takes numbers asks whether they are finite
        return native * np.float64(facts.slope) + facts.intercept, affine, facts


def describe(data: Buffer, limits: FileLimits) -> Description:
    """What the header of a plain file says, found sound and within the limits. Raises Refusal."""
    facts = facts_of(data, limits)
    columns, rows, slices = facts.shape
    form = grid_of((slices, rows, columns), facts.dtype, samples=facts.samples)
    return Description(
        form,
        facts.slope,
        facts.intercept,
        is_mask=facts.is_label_map,
        notes=("trailing_bytes",) if len(data) > facts.end else (),
    )


def stored(data: Buffer, limits: FileLimits) -> NDArray[Any]:
    """The stored numbers of a plain file, `(k, j, i)` or `(k, j, i, 3)`. Raises Refusal."""
    return _voxels(data, facts_of(data, limits))


def place(data: Buffer, stated: Stated) -> Affine:
    """The affine from (i, j, k, 1) to RAS mm at voxel centres. Raises Refusal."""
    return affine_of(parse(data), form=stated.form, axes=stated.axes)


def facts_of(data: Buffer, limits: FileLimits) -> NiftiFacts:
    """What the header of a plain file says, found sound and within the limits. Raises Refusal."""
    header = parse(data)
    _check_kind(header)
    dtype, samples = _dtype(header), 3 if header.datatype == _RGB else 1
    size = _announced(header, dtype.itemsize * samples)
    if header.shape[2] > MOST_SLICES:
        raise Refusal("limit_exceeded", f"more than {MOST_SLICES} slices")
    start = voxels_start(header)
    if size > limits.decoded_bytes:
        raise Refusal("limit_exceeded", f"{size} bytes of pixels, allowed {limits.decoded_bytes}")
    if start + size > len(data):
        missing = start + size - len(data)
        raise Refusal("truncated_pixel_data", f"{missing} of {size} bytes are missing")
    slope, intercept = _scaling(header)
    is_label_map = header.intent == LABEL_INTENT
    return NiftiFacts(header.shape, samples, dtype, slope, intercept, start, start + size, is_label_map)


def _voxels(data: Buffer, facts: NiftiFacts) -> NDArray[Any]:
    """The stored numbers, in the file's order of bytes.

    They are a view of the bytes, unless these are a map, which an array would keep from being closed.
    """
    columns, rows, slices = facts.shape
    raw = data[facts.start : facts.end] if isinstance(data, mmap.mmap) else data
    offset = 0 if isinstance(data, mmap.mmap) else facts.start
    shape = (slices, rows, columns, 3) if facts.samples == 3 else (slices, rows, columns)
    return np.frombuffer(raw, facts.dtype, count=int(np.prod(shape)), offset=offset).reshape(shape)


def unpacked(data: Buffer, limits: FileLimits) -> Buffer:
    """The plain bytes of a file that may be in gzip: as many as its header announces, no more.

    Raises Refusal `limit_exceeded` where that is more than is allowed, and as `facts_of` for the header.
    """
    if data[:2] != _GZIP_MAGIC:
        return data
    head = _inflated(data, HEADER_BYTES)
    announced = announced_bytes(head)
    if announced > limits.file_bytes:
        raise Refusal("limit_exceeded", f"{announced} bytes")
    return _inflated(data, announced + 1)  # one more, so that the end is seen and its checksum compared


def announced_bytes(head: Buffer) -> int:
    """The size of the plain file by its header, of which `head` are the first bytes; 0 where it tells none.

    Raises Refusal `corrupt_dataset` for a damaged header.
    """
    header = parse(head)
    if header.datatype not in _DTYPES or not header.single_file:
        return 0
    samples = 3 if header.datatype == _RGB else 1
    size = _announced(header, np.dtype(_DTYPES[header.datatype]).itemsize * samples)
    return voxels_start(header) + size * header.further


def _inflated(data: Buffer, length: int) -> bytes:
    """The first bytes of a gzip stream of any number of members, fewer where it ends. Raises Refusal."""
    try:
        return b"".join(_pieces(data, length))
    except zlib.error:
        raise Refusal("archive_damaged", "the compressed data are damaged") from None


def _pieces(data: Buffer, length: int) -> Iterator[bytes]:
    position, inflater = 0, zlib.decompressobj(_GZIP)
    while length and position < len(data):
        packed = data[position : position + _CHUNK]
        piece = inflater.decompress(packed, length)
        yield piece
        length -= len(piece)
        position += len(packed) - len(inflater.unused_data if inflater.eof else inflater.unconsumed_tail)
        if inflater.eof:
            if bytes(data[position : position + 2]) != _GZIP_MAGIC:  # zeros may fill up the last block
                return
            inflater = zlib.decompressobj(_GZIP)


def _check_kind(header: NiftiHeader) -> None:
    if not header.single_file:
        raise Refusal("format_kind_unsupported", "a header whose voxels are in another file")
    if header.further > 1:
        raise Refusal("format_kind_unsupported", f"{header.further} volumes or values a voxel in one file")
    if header.datatype in _OTHER_KINDS:
        raise Refusal("format_kind_unsupported", _OTHER_KINDS[header.datatype])


def _dtype(header: NiftiHeader) -> np.dtype[Any]:
    """How one sample is stored. Raises Refusal where the header says two things of it, or none."""
    if header.datatype not in _DTYPES:
        raise Refusal("corrupt_dataset", "datatype is none of the standard's")
    dtype = np.dtype(f"{header.order}{_DTYPES[header.datatype]}")
    samples = 3 if header.datatype == _RGB else 1
    if header.bits != 8 * dtype.itemsize * samples:
        raise Refusal("inconsistent_pixel_attributes", f"datatype {header.datatype}, bitpix {header.bits}")
    return dtype


def _announced(header: NiftiHeader, voxel_bytes: int) -> int:
    """The bytes of one volume."""
    i, j, k = header.shape
    return i * j * k * voxel_bytes


def _scaling(header: NiftiHeader) -> tuple[float, float]:
    """Slope and intercept; a slope of 0 says that there are none, and so does NaN, as some write it."""
    slope, intercept = header.slope, header.intercept
    if header.datatype == _RGB or slope == 0 or slope != slope:
        return 1.0, 0.0
    if not (isfinite(slope) and isfinite(intercept)):
        raise Refusal("inconsistent_pixel_attributes", "scl_slope or scl_inter is not finite")
    return slope, intercept


__all__ = ["NiftiFacts", "announced_bytes", "describe", "is_nifti", "place", "read", "stored", "unpacked"]
