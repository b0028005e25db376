"""What the modules of this room give of a file, and what the settings state of a format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.dicom.encoding import Buffer
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.pixels.pixel_format import PixelFormat
from pipeline.ingest.reasons import Refusal


@dataclass(frozen=True)
class Stated:
    """What no file of a format says, so that the settings or the layout of the data set have to.

    `unit` is "" where nothing is stated. `spacing_mm` is that of a picture's rows and columns; `form` and
    `axes` are those of `affine_of`, for NIfTI. `channels` is how many files make a case, 0 where the
    files show it.
    """

    modality: str
    unit: str = ""
    spacing_mm: tuple[float, float] | None = None
    form: str = ""
    axes: str = ""
    channels: int = 0


@dataclass(frozen=True)
class Description:
    """What a file says of its pixels: their form, the scale of its numbers, and notes of `reasons.NOTES`.

    A number is `stored * slope + intercept`. `form.frames` are the slices of a volume, 1 of a picture;
    `form.photometric` is MONOCHROME1 where low numbers are bright.
    """

    form: PixelFormat
    slope: float = 1.0
    intercept: float = 0.0
    lossy: bool = False
    is_mask: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Indexed:
    """A picture `(rows, columns)` of the numbers of colours of its palette `(entries, 3)`."""

    numbers: NDArray[Any]
    palette: NDArray[Any]


class Format(Protocol):
    """The names that a module of a format has."""

    @staticmethod
    def describe(data: Buffer, limits: FileLimits) -> Description:
        """What the header of a file says, within the limits. Raises Refusal."""

    @staticmethod
    def stored(data: Buffer, limits: FileLimits) -> NDArray[Any]:
        """The stored numbers, `(slices, rows, columns)` or `(slices, rows, columns, 3)`. Raises Refusal."""

    @staticmethod
    def place(data: Buffer, stated: Stated) -> NDArray[np.float64] | None:
        """The affine from (column, row, slice, 1) to RAS mm; None for a picture. Raises Refusal."""


def grid_of(
    shape: tuple[int, int, int], dtype: np.dtype[Any], *, samples: int = 1, inverse: bool = False
) -> PixelFormat:
    """The form of pixels of a dtype; `shape` is (slices, rows, columns)."""
    slices, rows, columns = shape
    grey = "MONOCHROME1" if inverse else "MONOCHROME2"
    return PixelFormat(
        rows=rows,
        columns=columns,
        frames=slices,
        samples=samples,
        photometric="RGB" if samples == 3 else grey,
        kind="float" if dtype.kind == "f" else "integer",
        bits_allocated=8 * dtype.itemsize,
        bits_stored=8 * dtype.itemsize,
        signed=dtype.kind != "u",
        planar=False,
    )


def opaque(array: NDArray[Any]) -> NDArray[Any]:
    """Pixels `(rows, columns, samples)` without a last sample of opacity. Raises Refusal where it is one.

    What lies behind a transparent pixel is not told, so that it has no number.
    """
    channels = array.shape[2] if array.ndim == 3 else 1
    if channels not in (2, 4):
        return array
    full = np.iinfo(array.dtype).max if array.dtype.kind in "iu" else 1
    lost = float(np.count_nonzero(array[..., -1] != full)) / array[..., -1].size
    if lost:
        raise Refusal("format_kind_unsupported", f"transparency: {100 * lost:.3g} % of the pixels have some")
    return array[..., 0] if channels == 2 else array[..., :3]
