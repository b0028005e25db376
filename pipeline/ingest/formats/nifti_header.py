"""The fields of a NIfTI header that say something of voxels, of NIfTI-1 and NIfTI-2 and in either byte order.

Texts (description, names, extensions) are never looked at: they may name a patient. The layouts are those of
nifti1.h and nifti2.h (https://nifti.nimh.nih.gov).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from math import isfinite

from pipeline.ingest.dicom.encoding import Buffer
from pipeline.ingest.reasons import Refusal

HEADER_BYTES = 540
"""Of the longer of the two headers: as much of a file as has to be seen to know what it is."""

_SIZES = {348: 1, 540: 2}
_MAGIC = {b"n+1\0": True, b"ni1\0": False, b"n+2\0": True, b"ni2\0": False}
"""Whether the voxels stand in the same file."""
_MAGIC_AT = {1: 344, 2: 4}
_AXES, _MOST_AXES = 3, 7
_SPATIAL_UNITS = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}
"""What xyzt_units says of lengths, in mm: unknown (mm, as all writers mean it), m, mm, micrometres."""

Row = tuple[float, float, float, float]


@dataclass(frozen=True)
class _Layout:
    """Where the fields of one version stand, and how they are written."""

    dim: tuple[int, str]
    datatype: tuple[int, str]
    pixdim: tuple[int, str]
    vox_offset: tuple[int, str]
    scaling: tuple[int, str]
    codes: tuple[int, str]
    quaternion: tuple[int, str]
    srows: tuple[int, str]
    units: tuple[int, str]
    intent: tuple[int, str]


_LAYOUTS = {
    1: _Layout(
        dim=(40, "8h"), datatype=(70, "2h"), pixdim=(76, "8f"), vox_offset=(108, "f"), scaling=(112, "2f"),
        codes=(252, "2h"), quaternion=(256, "6f"), srows=(280, "12f"), units=(123, "B"), intent=(68, "h"),
    ),
    2: _Layout(
        dim=(16, "8q"), datatype=(12, "2h"), pixdim=(104, "8d"), vox_offset=(168, "q"), scaling=(176, "2d"),
        codes=(344, "2i"), quaternion=(352, "6d"), srows=(400, "12d"), units=(500, "i"), intent=(504, "i"),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class NiftiHeader:
    """What a header says, unchecked but for its shape.

    `order` is "<" or ">"; `shape` the lengths of the axes i, j, k; `further` the product of those beyond
    (time, vectors). `lengths` are the voxel's sides with the sign of the third axis first (pixdim[0] to
    pixdim[3]), `quaternion` b, c, d and the offsets x, y, z, `srows` the three rows of the affine.
    `millimetres` is what one unit of length is.
    """

    version: int
    order: str
    single_file: bool
    shape: tuple[int, int, int]
    further: int
    datatype: int
    bits: int
    offset: float
    slope: float
    intercept: float
    qform_code: int
    sform_code: int
    lengths: tuple[float, float, float, float]
    quaternion: tuple[float, ...]
    srows: tuple[Row, Row, Row]
    millimetres: float
    intent: int


def is_nifti(data: Buffer) -> bool:
    """Whether a file begins as NIfTI does, of either version and order, with the voxels in it or apart."""
    return _identified(data) is not None


def parse(data: Buffer) -> NiftiHeader:
    """The header. Raises Refusal `corrupt_dataset` where it can't be one, or breaks off."""
    identified = _identified(data)
    if identified is None:
        raise Refusal("corrupt_dataset", "no NIfTI header")
    version, order = identified
    layout = _LAYOUTS[version]

    def read(field: tuple[int, str]) -> tuple[float, ...]:
        start, form = field
        size = struct.calcsize(order + form)
        if start + size > len(data):
            raise Refusal("corrupt_dataset", "the header breaks off")
        return struct.unpack(order + form, data[start : start + size])

    shape, further = _shape([int(length) for length in read(layout.dim)])
    datatype, bits = (int(number) for number in read(layout.datatype))
    qform_code, sform_code = (int(code) for code in read(layout.codes))
    sides, rows = read(layout.pixdim), read(layout.srows)
    (offset,), (slope, intercept) = read(layout.vox_offset), read(layout.scaling)
    (units,), (intent,) = read(layout.units), read(layout.intent)
    return NiftiHeader(
        version=version,
        order=order,
        single_file=_MAGIC[bytes(data[_MAGIC_AT[version] : _MAGIC_AT[version] + 4])],
        shape=shape,
        further=further,
        datatype=datatype,
        bits=bits,
        offset=offset,
        slope=slope,
        intercept=intercept,
        qform_code=qform_code,
        sform_code=sform_code,
        lengths=(sides[0], sides[1], sides[2], sides[3]),
        quaternion=read(layout.quaternion),
        srows=(_row(rows, 0), _row(rows, 4), _row(rows, 8)),
        millimetres=_millimetres(int(units)),
        intent=int(intent),
    )


def voxels_start(header: NiftiHeader) -> int:
    """Where the voxels begin in the file. Raises Refusal for what is no place behind a header."""
    least = next(size for size, version in _SIZES.items() if version == header.version)
    if not isfinite(header.offset) or header.offset != int(header.offset) or header.offset < least:
        raise Refusal("corrupt_dataset", "vox_offset is no place behind the header")
    return int(header.offset)


def _identified(data: Buffer) -> tuple[int, str] | None:
    """The version and the order of bytes; None for what is no NIfTI."""
    # Whoever writes DICOM may put anything into the preamble (PS3.10 7.1).
    if data[128:132] == b"DICM":
        return None
    for order in ("<", ">"):
        size = struct.unpack(f"{order}i", data[:4])[0] if len(data) >= HEADER_BYTES - 192 else 0
        version = _SIZES.get(size, 0)
        start = _MAGIC_AT.get(version, 0)
        if version and bytes(data[start : start + 4]) in _MAGIC:
            return version, order
    return None


def _shape(dim: list[int]) -> tuple[tuple[int, int, int], int]:
    """The lengths of the three axes of space, and the product of the others."""
    axes, lengths = dim[0], dim[1:]
    if not 1 <= axes <= _MOST_AXES or min(lengths[:axes]) < 1:
        raise Refusal("corrupt_dataset", "dim holds no lengths of axes")
    used = [*lengths[:axes], *[1] * (_MOST_AXES - axes)]
    further = 1
    for length in used[_AXES:]:
        further *= length
    return (used[0], used[1], used[2]), further


def _millimetres(units: int) -> float:
    """What one unit of length is in mm, by the three lowest bits."""
    if units & 7 not in _SPATIAL_UNITS:
        raise Refusal("corrupt_dataset", "xyzt_units names no unit of length")
    return _SPATIAL_UNITS[units & 7]


def _row(numbers: tuple[float, ...], start: int) -> Row:
    return numbers[start], numbers[start + 1], numbers[start + 2], numbers[start + 3]
