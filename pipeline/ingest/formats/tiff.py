"""TIFF: single pictures of 1 bit or of 8 to 64, in strips or tiles, grey, coloured or by palette.

A file of several pages is refused: nothing says whether they are slices, times or channels.
"""

from __future__ import annotations

import re
from dataclasses import replace
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.dicom.encoding import Buffer
from pipeline.ingest.formats.decoding import decoded
from pipeline.ingest.formats.description import Description, Indexed, Stated, grid_of, opaque
from pipeline.ingest.formats.directory import (
    ORIENTATION,
    Directory,
    directory_at,
    first_directory,
    text_at,
    turn_of,
    turned,
    turned_shape,
)
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.pixels.colour import narrowed
from pipeline.ingest.pixels.pixel_format import check_limits
from pipeline.ingest.reasons import Refusal

_SUBFILE, _COLUMNS, _ROWS, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 256, 257, 258, 259, 262
_DESCRIPTION, _DEPTH = 270, 32997  # ImageDepth is of no standard: planes of a volume in one page
_OF_IMAGEJ = re.compile(rb"ImageJ=.*?\nimages=(\d{1,9})\b", re.DOTALL)
_OF_TIFFFILE = re.compile(rb'\{"shape": ?\[(\d{1,9}(?:, ?\d{1,9})*)\]')
_SAMPLES, _PLANAR, _PALETTE_TABLE, _EXTRA, _SAMPLE_FORMAT = 277, 284, 320, 338, 339
_WHITE_IS_0, _BLACK_IS_0, _RGB, _PALETTE, _YBR = 0, 1, 2, 3, 6
_MODELS = {
    4: "a mask of transparency",
    5: "colours for print",
    8: "Lab colours",
    9: "Lab colours",
    10: "Lab colours",
}
_JPEG_COMPRESSIONS = (6, 7)  # of TIFF 6.0, and of its Technical Note 2, which replaced it
_REDUCED = 1  # NewSubfileType: a smaller copy of another page
_MOST_PAGES = 1000  # a choice far above a pyramid's: pages can lead to one another without end
_KINDS = {1: "u", 2: "i", 3: "f", 4: "u"}
_DTYPES = ("u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8")


class _Header(NamedTuple):
    rows: int
    columns: int
    dtype: np.dtype[Any]
    photometric: int
    samples: int
    orientation: int
    lossy: bool
    palette: tuple[int, ...]
    is_bits: bool


def describe(data: Buffer, limits: FileLimits) -> Description:
    """What the directory of a picture says. Raises Refusal."""
    header = _header(data)
    rows, columns = turned_shape(header.rows, header.columns, header.orientation)
    inverse = header.photometric == _WHITE_IS_0
    form = grid_of((1, rows, columns), header.dtype, samples=header.samples, inverse=inverse)
    if header.is_bits:
        form = replace(form, bits_stored=1)
    check_limits(form, decoded_bytes=limits.decoded_bytes)
    turned_note = ["picture_turned"] if header.orientation != 1 else []
    return Description(form, lossy=header.lossy, notes=(*turned_note, *(["monochrome1"] if inverse else [])))


def stored(data: Buffer, limits: FileLimits) -> NDArray[Any]:
    """The picture, `(1, rows, columns)` or `(1, rows, columns, 3)`, upright. Raises Refusal."""
    header = _header(data)
    array = _decoded(data, header)
    if header.palette:
        colours = _colours(header)
        if array.ndim != 2 or int(array.max()) >= len(colours):
            raise Refusal("inconsistent_pixel_attributes", "the palette is shorter than its numbers")
        array = colours[array]
    array = opaque(array)
    if (array.shape[2] if array.ndim == 3 else 1) != header.samples:
        raise Refusal("decode_error", f"the decoder returned the shape {array.shape}")
    return turned(array, header.orientation)[None]


def place(data: Buffer, stated: Stated) -> None:
    """None: a picture lies nowhere."""


def indexed(data: Buffer) -> Indexed | None:
    """The picture by the numbers of its colours, upright; None without a palette. Raises Refusal."""
    header = _header(data)
    if not header.palette:
        return None
    return Indexed(turned(_decoded(data, header), header.orientation), narrowed(_colours(header)))


def _colours(header: _Header) -> NDArray[np.uint16]:
    """The palette, `(entries, 3)`."""
    return np.array(header.palette, np.uint16).reshape(3, -1).T


def _decoded(data: Buffer, header: _Header) -> NDArray[Any]:
    array = decoded("tiff_decode", data, (header.rows, header.columns))
    return array.astype(np.uint8) if array.dtype.kind == "b" else array  # of a bit each


def _header(data: Buffer) -> _Header:
    directory, start = first_directory(data)
    _require_one_page(data, directory, start)
    rows, columns = directory.one(_ROWS), directory.one(_COLUMNS)
    if min(rows, columns) < 1:
        raise Refusal("corrupt_dataset", "a side of the picture is 0")
    photometric = directory.one(_PHOTOMETRIC, -1)
    lossy = directory.one(_COMPRESSION, 1) in _JPEG_COMPRESSIONS
    if photometric in _MODELS or photometric not in (_WHITE_IS_0, _BLACK_IS_0, _RGB, _PALETTE, _YBR):
        raise Refusal("format_kind_unsupported", _MODELS.get(photometric, "a colour model that is not read"))
    if photometric == _YBR and not lossy:
        raise Refusal("format_kind_unsupported", "luminance and chroma without JPEG")
    dtype = _dtype(directory)
    if photometric == _WHITE_IS_0 and dtype.kind == "f":  # there is no highest number to turn against
        raise Refusal("format_kind_unsupported", "real numbers of which the low ones are bright")
    palette: tuple[int, ...] = ()
    if photometric == _PALETTE:
        dtype, palette = np.dtype(np.uint16), directory.values.get(_PALETTE_TABLE, ())
        if len(palette) != 3 << directory.one(_BITS, 1):
            raise Refusal("inconsistent_pixel_attributes", "a palette without its colours")
    samples = 3 if photometric in (_RGB, _PALETTE, _YBR) else 1
    _require_samples(directory, samples=1 if photometric == _PALETTE else samples)
    if samples == 3 and dtype not in (np.dtype(np.uint8), np.dtype(np.uint16)):
        raise Refusal("format_kind_unsupported", "colours that are no whole numbers of 8 or 16 bits")
    return _Header(
        rows=rows,
        columns=columns,
        dtype=dtype,
        photometric=photometric,
        samples=samples,
        orientation=turn_of(directory.one(ORIENTATION)),
        lossy=lossy,
        palette=palette,
        is_bits=samples == 1 and directory.one(_BITS, 1) == 1,
    )


def _dtype(directory: Directory) -> np.dtype[Any]:
    bits, kinds = set(directory.values.get(_BITS, (1,))), set(directory.values.get(_SAMPLE_FORMAT, (1,)))
    if len(bits) > 1 or len(kinds) > 1:
        raise Refusal("format_kind_unsupported", "samples of several kinds")
    size, kind = bits.pop(), _KINDS.get(kinds.pop(), "")
    if (size, kind) == (1, "u"):
        return np.dtype(np.uint8)
    name = f"{kind}{size // 8}"
    if size % 8 or name not in _DTYPES:
        raise Refusal("format_kind_unsupported", f"numbers of {size} bits" if kind else "complex numbers")
    return np.dtype(name)


def _require_samples(directory: Directory, *, samples: int) -> None:
    """Raises Refusal unless there are so many samples a pixel, and at most one of opacity beside them."""
    found, extra = directory.one(_SAMPLES, 1), len(directory.values.get(_EXTRA, ()))
    if found not in (samples, samples + 1) or found - samples != extra:
        raise Refusal("format_kind_unsupported", f"{found} samples a pixel")
    if found > 1 and directory.one(_PLANAR, 1) != 1:
        raise Refusal("format_kind_unsupported", "samples in planes of their own")


def _require_one_page(data: Buffer, directory: Directory, start: int) -> None:
    """Raises Refusal where the file holds another picture than smaller copies of the first.

    ImageJ and tifffile also write stacks of which the first page alone has a directory, and say so in words.
    """
    described = text_at(data, start, _DESCRIPTION)
    pixels = directory.one(_ROWS) * directory.one(_COLUMNS) * directory.one(_SAMPLES, 1)
    stack, shaped = _OF_IMAGEJ.match(described), _OF_TIFFFILE.match(described)
    said = int(stack[1]) if stack else directory.one(_DEPTH, 1)
    if said > 1 or (shaped and prod(map(int, shaped[1].split(b","))) > pixels):
        raise Refusal("format_kind_unsupported", "several pages")
    seen, following = {start}, directory.following
    while following:
        if following in seen or len(seen) > _MOST_PAGES:
            raise Refusal("corrupt_dataset", "the directories run in a circle, or without end")
        seen.add(following)
        page = directory_at(data, following)
        if not page.one(_SUBFILE) & _REDUCED:
            raise Refusal("format_kind_unsupported", "several pages")
        following = page.following
