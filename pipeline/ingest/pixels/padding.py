"""Which pixels of a plane are padding: those declared, those left undeclared, those that a codec blurred.

Padding is declared in stored values (PS3.3 C.7.5.1.1.2). Lossy compression turns it into numbers nearby,
and into blends at its edge; it is then known where it lies beyond what can be measured.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.reasons import Refusal
from pipeline.units import AIR_HU, HIGHEST_HU, LOWEST_HU

Array = NDArray[Any]
Mask = NDArray[np.bool_]
Range = tuple[float, float]

_BLOCK_PIXELS = 8  # of JPEG; what a codec blends at an edge lies within
_NEAR_SHARE = 0.25  # of the way from the padding to what can be measured: far more than any codec's error
_CODEC_SHARE = 0.02  # of a plane's range: no codec in diagnostic use is off by more
_MOST_SURROUND = 0.5  # a circle leaves 1 - π/4 of its square, a fifth
_NEAR_AIR_HU = 100.0  # what noise adds to air, at low doses


def declared(stored: Array, values: Range | None) -> Mask | None:
    """Where the stored values are in the inclusive range declared as padding; None where none are."""
    if values is None:
        return None
    low, high = values
    padded: Mask = (stored >= low) & (stored <= high)
    return padded if padded.any() else None


def undeclared(array: Array, padded: Mask | None, lowest: float) -> Mask | None:
    """Where a CT holds the number that some scanners write outside their circle without declaring it.

    All four corners then hold the lowest number, and that is below what a scanner measures; a scan whose
    values are all too low has no such number, and is still refused. Nor is it one where it fills more than
    half of the plane: a circle leaves a fifth, and the clean air of a scan that is too low as a whole more.
    """
    corners = array[[0, 0, -1, -1], [0, -1, 0, -1]]
    if lowest >= LOWEST_HU or (corners != lowest).any() or (padded is not None and padded[0, 0]):
        return None
    surround: Mask = array == lowest
    return surround if np.count_nonzero(surround) <= _MOST_SURROUND * array.size else None


def is_beyond_measure(numbers: Range) -> bool:
    """Whether padding of these numbers, or its range up to air, can be told from Hounsfield units."""
    below = numbers[0] < LOWEST_HU and numbers[1] <= AIR_HU + _NEAR_AIR_HU
    return below or numbers[0] > HIGHEST_HU


def blurred(array: Array, padded: Mask | None, numbers: Range, *, lossy: bool) -> Mask | None:
    """What a codec made of padding that reaches the border: numbers near its own, and blends around them.

    All beyond measure, as are the `numbers` of the padding; `array` holds Hounsfield units, `padded`
    replaced. None where nothing is near: a scan without compression. Raises Refusal where such numbers also
    lie inside the body.
    """
    from scipy import ndimage

    exact = np.zeros(array.shape, np.bool_) if padded is None else padded
    if numbers[0] < LOWEST_HU:
        beyond = (array < LOWEST_HU) & ~exact
        near = beyond & (array <= numbers[1] + _NEAR_SHARE * max(LOWEST_HU - numbers[1], 0))
    else:
        beyond = (array > HIGHEST_HU) & ~exact
        near = beyond & (array >= numbers[0] - _NEAR_SHARE * (numbers[0] - HIGHEST_HU))
    square = np.ones((3, 3), np.bool_)
    core = (near | exact) & _joined_to_border(beyond | exact, square)
    if not lossy and not (near & core).any():
        return None
    replaced: Mask = ndimage.binary_dilation(core, square, iterations=_BLOCK_PIXELS) & beyond
    if lossy and (inside := np.count_nonzero(near & ~replaced)):
        raise _unclear(f"{inside} pixels inside the body are near PixelPaddingValue")
    return replaced if replaced.any() else None


def require_recognizable(
    array: Array, padded: Mask, numbers: Range, *, fill: float, hounsfield: bool
) -> None:
    """Nothing, if lossy compression left no pixel in doubt: padding is as good as `fill`, or stands clear.

    Raises Refusal where measured numbers lie so near to the padding's that either may be the other.
    """
    measured = array[~padded]
    if not measured.size:
        return
    lowest, highest = float(min(measured.min(), numbers[0])), float(max(measured.max(), numbers[1]))
    reach = _NEAR_AIR_HU if hounsfield else _CODEC_SHARE * (highest - lowest)
    if numbers[0] - reach <= fill <= numbers[1] + reach:
        return
    doubtful = np.count_nonzero((measured >= numbers[0] - reach) & (measured <= numbers[1] + reach))
    if doubtful:
        raise _unclear(f"{doubtful} pixels are near PixelPaddingValue, and may be image or padding")


def _joined_to_border(mask: Mask, square: Mask) -> Mask:
    """The connected parts of the mask that reach the border of the plane."""
    from scipy import ndimage

    labels, _ = ndimage.label(mask, square)
    border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    joined: Mask = np.isin(labels, np.unique(border[border > 0]))
    return joined


def _unclear(what: str) -> Refusal:
    return Refusal("inconsistent_pixel_attributes", f"lossy compression blurred the padding: {what}")
