"""From stored bits to numbers with a unit: pure arithmetic on one plane at a time.

The order is fixed: sign and unused bits, padding (on stored values), rescale or lookup table,
inversion, fill. Numbers are kept in the smallest dtype that gives the stored values back exactly
(PS3.3 C.7.5.1.1.2, C.7.6.3, C.11.1; PS3.5 8.1.1).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.pixels import padding
from pipeline.ingest.pixels.pixel_format import PixelFormat
from pipeline.ingest.reasons import Refusal
from pipeline.units import ARBITRARY, HIGHEST_HU, LOWEST_HU, SUV, fill_of, on_hounsfield_scale

NON_FINITE_SHARE = 0.01
"""A fit that failed in some voxels leaves NaN there; where more are, the image is no measurement."""
MOST_MEASURED = 1e18
"""Nothing that is measured comes near it, and the square of a larger one is none of 32 bits."""
_WHOLE_DTYPES = (np.uint8, np.int16, np.uint16)
_LARGEST_WHOLE_FLOAT32 = 2**24  # beyond, 24 bits of mantissa round whole numbers (IEEE 754)

Array = NDArray[Any]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Lut:
    """A modality lookup table: the values from stored value `first` on; beyond the ends the last ones."""

    first: int
    values: Array
    bits: int


@dataclass(frozen=True)
class Transform:
    """How the stored values of one frame become numbers.

    `padding` is the inclusive range of stored values that are no measurement, lowest first; `inverse` says
    that low values are bright (MONOCHROME1), `names_unit` that the file names its unit. `uptake` turns the
    numbers into SUVbw, where it is known; it is applied where that is the `unit`. `is_attested` says that
    the settings vouch for the unit of a file that can't tell it.
    """

    slope: float = 1.0
    intercept: float = 0.0
    lut: Lut | None = None
    padding: tuple[float, float] | None = None
    inverse: bool = False
    modality: str = ""
    unit: str = ARBITRARY
    names_unit: bool = True
    uptake: float | None = None
    lossy: bool = False
    notes: tuple[str, ...] = ()
    is_attested: bool = False

    def in_unit(self, unit: str) -> Transform:
        """The transform to numbers of this unit: SUVbw instead of Bq/mL, or one that the settings state."""
        return self if unit == self.unit else replace(self, unit=unit)

    @property
    def fill(self) -> int:
        """What padding becomes."""
        return fill_of(self.modality, self.unit)

    @property
    def hounsfield(self) -> bool:
        """Whether the numbers can be held against Hounsfield units."""
        return on_hounsfield_scale(self.modality, self.unit)

    @property
    def inverts(self) -> bool:
        """Whether values are turned so that bright is high: what is a physical quantity never is."""
        return self.inverse and self.unit == ARBITRARY

    @property
    def factor(self) -> float:
        """What the rescaled values are multiplied with."""
        return self.uptake if self.uptake is not None and self.unit == SUV else 1.0


@dataclass(frozen=True)
class Plane:
    """The numbers of one plane in their smallest dtype, which are padding (None if none is), and the notes.

    `ends` are the lowest and the highest number, where they are known.
    """

    array: Array
    padded: Mask | None = None
    notes: frozenset[str] = field(default_factory=frozenset)
    ends: tuple[float, float] | None = None


def stored_values(patterns: Array, form: PixelFormat) -> tuple[Array, bool]:
    """The signed or unsigned numbers of bit patterns, and whether bits above BitsStored held other data.

    Twelve signed bits 0xF9C are -100, whatever stands in the four bits above.
    """
    whole = f"<i{patterns.dtype.itemsize}"
    unused = form.bits_allocated - form.bits_stored
    if form.bits_allocated == 1 or not unused:
        return (patterns.view(whole) if form.signed else patterns), False
    # Overlays and scanner marks were kept in the unused bits by older writers (PS3.5 8.1.1).
    mask = patterns.dtype.type((1 << form.bits_stored) - 1)
    if not form.signed:
        clean = bool(patterns.max() <= mask)
        return (patterns if clean else patterns & mask), not clean
    numbers, half = patterns.view(whole), 1 << (form.bits_stored - 1)
    if -half <= numbers.min() and numbers.max() < half:
        return numbers, False
    signed = ((patterns & mask) << unused).view(whole) >> unused
    return signed, bool(patterns.max() > mask)


def plane_of(patterns: Array, form: PixelFormat, transform: Transform) -> Plane:
    """The numbers of one monochrome frame `(rows, columns)`.

    In the smallest exact dtype. Raises Refusal `implausible_values` where none holds them, or where more
    than 1 % aren't finite.
    """
    if form.kind == "float":
        return _float_plane(patterns, transform)
    stored, junk = stored_values(patterns, form)
    notes = {"unused_bits_masked"} if junk else set()
    padded = padding.declared(stored, transform.padding)
    array, ends = _numbers(stored, form, transform)
    marks: tuple[float, ...] = ()
    # Only of Hounsfield units is known what no scanner measures.
    if transform.hounsfield and (surround := padding.undeclared(array, padded, ends[0])) is not None:
        padded, marks = surround if padded is None else padded | surround, (ends[0],)
    if padded is not None:
        array = _filled(array, padded, transform.fill)
        ends = _ends(array)
    if transform.lossy or (transform.hounsfield and (ends[0] < LOWEST_HU or ends[1] > HIGHEST_HU)):
        if transform.padding is not None:
            marks += _numbers(np.array([transform.padding], np.int64), form, transform)[1]
        array, padded = _without_blur(array, padded, marks, transform)
        ends = _ends(array)
    if padded is not None:
        notes.add("padding_replaced")
    return Plane(smallest(array, ends), padded, frozenset(notes), ends)


def smallest(array: Array, ends: tuple[float, float] | None = None) -> Array:
    """The array in the smallest of uint8, int16, uint16, float32 that holds it exactly.

    Whole numbers come out as integers, whatever they were kept in: equal values, equal bytes. Raises
    Refusal `implausible_values` where no dtype holds them.
    """
    if array.dtype.kind == "f" and not np.array_equal(np.rint(array), array):
        return array.astype(np.float32, copy=False)
    low, high = ends or _ends(array)
    # Values decide the dtype, not the file: equal scans give equal bytes however they were stored.
    for dtype in _WHOLE_DTYPES:
        if np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max:
            return array.astype(dtype, copy=False)
    narrow: Array = array.astype(np.float32, copy=False)
    exact = max(-low, high) <= _LARGEST_WHOLE_FLOAT32 or array.dtype.kind == "f"
    if not exact and not np.array_equal(narrow.astype(array.dtype), array):
        raise Refusal("implausible_values", "32 bits can't hold the values exactly")
    return narrow


def _ends(array: Array) -> tuple[float, float]:
    return float(array.min()), float(array.max())


def _numbers(stored: Array, form: PixelFormat, transform: Transform) -> tuple[Array, tuple[float, float]]:
    """The numbers of stored values, the lowest and the highest of them."""
    if transform.lut is not None:
        array = _through_lut(stored, transform.lut, invert=transform.inverts)
        return array, _ends(array)
    return _rescaled(_inverted(stored, form) if transform.inverts else stored, transform)


def _without_blur(
    array: Array, padded: Mask | None, marks: tuple[float, ...], transform: Transform
) -> tuple[Array, Mask | None]:
    """The numbers without what lossy compression made of padding, and all that is padding.

    `marks` are the numbers of padding, () where none is known. Raises Refusal where padding can't be told
    from the image.
    """
    if not marks:
        return array, padded
    numbers = min(marks), max(marks)
    if transform.hounsfield and padding.is_beyond_measure(numbers):
        blurred = padding.blurred(array, padded, numbers, lossy=transform.lossy)
        if blurred is not None:
            array = _filled(array, blurred, transform.fill)
            padded = blurred if padded is None else padded | blurred
    elif transform.lossy and padded is not None:
        padding.require_recognizable(
            array, padded, numbers, fill=transform.fill, hounsfield=transform.hounsfield
        )
    return array, padded


def _inverted(stored: Array, form: PixelFormat) -> Array:
    """Highest for lowest: 2^BitsStored - 1 - value, or -1 - value where signed (PS3.3 C.7.6.3.1.2)."""
    if form.signed:
        inverted: Array = np.invert(stored)
    else:
        inverted = np.subtract(stored.dtype.type((1 << form.bits_stored) - 1), stored)
    return inverted


def _through_lut(stored: Array, lut: Lut, *, invert: bool) -> Array:
    index = np.clip(stored.astype(np.int64) - lut.first, 0, len(lut.values) - 1)
    values = ((1 << lut.bits) - 1) - lut.values.astype(np.int32) if invert else lut.values
    looked_up: Array = np.take(values, index)
    return looked_up


def _rescaled(stored: Array, transform: Transform) -> tuple[Array, tuple[float, float]]:
    """The rescaled numbers, the lowest and the highest of them."""
    slope, intercept, factor = transform.slope, transform.intercept, transform.factor
    low, high = _ends(stored)
    if slope == 1.0 and intercept == 0.0 and factor == 1.0:
        return stored, (low, high)
    if slope.is_integer() and intercept.is_integer() and factor == 1.0:
        largest = abs(slope) * max(abs(low), abs(high)) + abs(intercept)
        if largest < 2**53:  # what is told of the ends is exact, too
            # Whole slopes stay whole numbers: no rounding, and half of the memory of float32.
            wide: Array = stored.astype(_wide_enough(largest))
            if slope != 1.0:
                wide *= int(slope)
            wide += int(intercept)
            ends = (slope * low + intercept, slope * high + intercept)
            return wide, (min(ends), max(ends))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        values = (stored.astype(np.float64) * slope + intercept) * factor
        narrow: Array = values.astype(np.float32)
        # float32 is enough only if the stored values come back from it.
        back = (narrow.astype(np.float64) / factor - intercept) / slope
    if not np.array_equal(np.rint(back), stored):
        raise Refusal("implausible_values", "32 bits can't hold the rescaled values exactly")
    ends = _ends(narrow)
    _require_measured(max(abs(ends[0]), abs(ends[1])))
    return narrow, ends


def _require_measured(largest: float) -> None:
    if not largest <= MOST_MEASURED:
        raise Refusal("implausible_values", f"numbers of {largest:.2g}, which nothing measures")


def _wide_enough(largest: float) -> type[np.signedinteger[Any]]:
    """The smallest signed dtype for numbers of up to this magnitude."""
    if largest < 2**15:
        return np.int16
    return np.int32 if largest < 2**31 else np.int64


def _float_plane(values: Array, transform: Transform) -> Plane:
    padded = padding.declared(values, transform.padding)
    finite = np.isfinite(values)
    lost = 1.0 - np.count_nonzero(finite) / values.size
    if lost > NON_FINITE_SHARE:
        raise Refusal("implausible_values", f"{100 * lost:.1f} % of the values are not finite")
    if lost:
        padded = ~finite if padded is None else padded | ~finite
    with np.errstate(over="ignore", invalid="ignore"):
        array = (np.where(finite, values, 0.0) * transform.slope + transform.intercept).astype(np.float32)
    if not np.isfinite(array).all():
        raise Refusal("implausible_values", "32 bits can't hold the values")
    _require_measured(float(np.abs(array).max(initial=0, where=True if padded is None else ~padded)))
    if padded is None:
        return Plane(smallest(array))
    return Plane(smallest(_filled(array, padded, transform.fill)), padded, frozenset({"padding_replaced"}))


def _filled(array: Array, padded: Mask, fill: int) -> Array:
    if array.dtype.kind != "f" and not np.iinfo(array.dtype).min <= fill <= np.iinfo(array.dtype).max:
        array = array.astype(np.int32 if array.dtype.itemsize < 4 else np.int64)
    return np.where(padded, array.dtype.type(fill), array)
