"""Directories of TIFF, BigTIFF and EXIF blocks, and how a picture is turned upright by what they say.

TIFF 6.0 (Adobe, 1992) and the BigTIFF design; EXIF 2.3 for the orientation.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.dicom.encoding import Buffer
from pipeline.ingest.reasons import Refusal

ORIENTATION = 274  # the tag of TIFF 6.0, which EXIF keeps
_TEXT = 2
_TYPES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}
# Choices far above what programs write: a foreign directory may announce any number.
_MOST_ENTRIES, _MOST_VALUES = 4096, 4096
_BIG = 43  # BigTIFF's version, where TIFF has 42
_CLOCKWISE = {1: (0, False), 2: (0, True), 3: (2, False), 4: (2, True), 5: (3, True), 6: (1, False),
              7: (1, True), 8: (3, False)}  # fmt: skip
"""Quarter turns clockwise, and whether the picture is mirrored left to right before."""


class Directory(NamedTuple):
    """The whole numbers of a directory by tag, and where the next directory begins, 0 if nowhere."""

    values: Mapping[int, tuple[int, ...]]
    following: int

    def one(self, tag: int, default: int = 0) -> int:
        """The first number of a tag."""
        return self.values.get(tag, (default,))[0]


class _Layout(NamedTuple):
    order: str
    number: str
    entry: str
    offset: str


def first_directory(data: Buffer) -> tuple[Directory, int]:
    """The first directory of a file, and its place. Raises Refusal `corrupt_dataset`."""
    layout = _layout(data)
    start = 8 if layout.offset == "Q" else 4
    (place,) = _unpacked(data, start, layout.order + layout.offset)
    return directory_at(data, place), place


def directory_at(data: Buffer, place: int) -> Directory:
    """The directory at a place of a file; of its entries only whole numbers, and few of each.

    Raises Refusal `corrupt_dataset`.
    """
    layout = _layout(data)
    values: dict[int, tuple[int, ...]] = {}
    entries, end = _entries(data, place, layout)
    for tag, kind, count, field in entries:
        if kind in _TYPES:
            values[tag] = _values(
                data, field, f"{layout.order}{min(count, _MOST_VALUES)}{_TYPES[kind]}", layout
            )
    (following,) = _unpacked(data, end, layout.order + layout.offset)
    return Directory(values, following)


def text_at(data: Buffer, place: int, tag: int) -> bytes:
    """The beginning of a text of the directory at a place of a file, b"" where it has none.

    Raises Refusal `corrupt_dataset`.
    """
    layout = _layout(data)
    for own, kind, count, field in _entries(data, place, layout)[0]:
        if own == tag and kind == _TEXT:
            return bytes(_values(data, field, f"{min(count, _MOST_VALUES)}B", layout))
    return b""


def turn_of(orientation: int) -> int:
    """The orientation, 1 to 8, where 0 says that none is told. Raises Refusal for another number."""
    if orientation == 0:
        return 1
    if orientation not in _CLOCKWISE:
        raise Refusal("inconsistent_pixel_attributes", f"Orientation {orientation} is none of 1 to 8")
    return orientation


def turned_shape(rows: int, columns: int, orientation: int) -> tuple[int, int]:
    """Rows and columns of a picture that was turned upright."""
    return (columns, rows) if _CLOCKWISE[orientation][0] % 2 else (rows, columns)


def turned(array: NDArray[Any], orientation: int) -> NDArray[Any]:
    """The pixels `(rows, columns)` or `(rows, columns, 3)` upright, as the orientation says."""
    turns, mirrored = _CLOCKWISE[orientation]
    return np.rot90(array[:, ::-1] if mirrored else array, -turns)


def _layout(data: Buffer) -> _Layout:
    order = {b"II": "<", b"MM": ">"}.get(bytes(data[:2]), "")
    if not order or len(data) < 8:
        raise Refusal("corrupt_dataset", "no TIFF header")
    version = struct.unpack(f"{order}H", data[2:4])[0]
    return _Layout(order, "Q", "HHQ", "Q") if version == _BIG else _Layout(order, "H", "HHI", "I")


def _entries(data: Buffer, place: int, layout: _Layout) -> tuple[list[tuple[int, int, int, int]], int]:
    """Tag, type, count and place of the field of each entry of a directory, and where these end."""
    (entries,) = _unpacked(data, place, layout.order + layout.number)
    if entries > _MOST_ENTRIES:
        raise Refusal("corrupt_dataset", f"more than {_MOST_ENTRIES} entries in a directory")
    position = place + struct.calcsize(layout.order + layout.number)
    found = []
    for _ in range(entries):
        tag, kind, count = _unpacked(data, position, layout.order + layout.entry)
        field = position + struct.calcsize(layout.order + layout.entry)
        found.append((tag, kind, count, field))
        position = field + struct.calcsize(layout.order + layout.offset)
    return found, position


def _values(data: Buffer, field: int, form: str, layout: _Layout) -> tuple[int, ...]:
    """The numbers of an entry: in its field where they have room there, else where it points to."""
    room = struct.calcsize(layout.order + layout.offset)
    place = field
    if struct.calcsize(form) > room:
        (place,) = _unpacked(data, field, layout.order + layout.offset)
    return _unpacked(data, place, form)


def _unpacked(data: Buffer, start: int, form: str) -> tuple[Any, ...]:
    piece = data[start : start + struct.calcsize(form)] if start <= len(data) else b""
    if len(piece) < struct.calcsize(form):
        raise Refusal("corrupt_dataset", "a directory breaks off")
    return struct.unpack(form, piece)
