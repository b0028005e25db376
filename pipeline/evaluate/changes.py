"""What can happen to a scan on its way to the network, made in steps of known strength.

Pure functions on one scan `([slices,] rows, columns, channels)`, float32: noise, blur, other intensities, a
turn, a shift, fewer pixels, lossy compression, lost slices. Where values themselves change (noise, contrast,
brightness, JPEG), those beyond the window are cut at its ends, as a display or a detector cuts them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]

PIXELS: Final = "pixels"
"""The unit that is told in mm, too, where the spacing is known."""
FEWEST_SLICES: Final = 3  # of a volume that can lose one between two others
_OF_WINDOW: Final = "% of the window"
_IN_PLANE: Final = (-3, -2)
_DIRECTIONS: Final = ((0, 1), (1, 0), (0, -1), (-1, 0))  # (rows, columns)


@dataclass(frozen=True)
class Setting:
    """How a scan is changed: how strongly, which one it is in the sample, and what its numbers mean.

    `turn` counts the scans, so that a change that has directions takes each in turn; `window` are the values
    between which nearly all lie, `stretch` the height of a pixel by its width.
    """

    level: float
    turn: int
    window: tuple[float, float]
    stretch: float
    seed: tuple[int, ...]


@dataclass(frozen=True)
class Change:
    """A kind of change with its levels from mild to strong, in `unit`.

    One that `moves` the image would have to move what is marked in it, too; one of `volumes` changes slices.
    """

    key: str
    unit: str
    levels: tuple[float, ...]
    apply: Callable[[Image, Setting], Image]
    moves: bool = False
    volumes: bool = False


def noise(image: Image, how: Setting) -> Image:
    """Normal noise whose standard deviation is so many per cent of the window."""
    generator = np.random.default_rng(how.seed)
    drawn = generator.standard_normal(image.shape, dtype=np.float32)
    return _cut(image + drawn * np.float32(how.level / 100 * _width(how)), how)


def blur(image: Image, how: Setting) -> Image:
    """A normal blur within slices, of so many pixels' standard deviation."""
    from scipy.ndimage import gaussian_filter

    blurred = gaussian_filter(image, how.level, axes=_axes(image), mode="nearest")
    return np.asarray(blurred, dtype=np.float32)


def gain(image: Image, how: Setting) -> Image:
    """Contrast larger or smaller by so many per cent, in turn; the lower end of the window stays."""
    factor = 1 + _sign(how) * how.level / 100
    return _cut((image - how.window[0]) * np.float32(factor) + how.window[0], how)


def offset(image: Image, how: Setting) -> Image:
    """All values higher or lower by so many per cent of the window, in turn."""
    return _cut(image + np.float32(_sign(how) * how.level / 100 * _width(how)), how)


def rotation(image: Image, how: Setting) -> Image:
    """A turn about the middle of each slice by so many degrees, one way and the other in turn.

    Linear between pixels, the edge repeated; pixels may be higher than wide.
    """
    from scipy.ndimage import affine_transform

    angle = math.radians(_sign(how) * how.level)
    cosine, sine = math.cos(angle), math.sin(angle)
    matrix = np.eye(image.ndim)
    rows, columns = _axes(image)
    matrix[rows, [rows, columns]] = cosine, -sine / how.stretch
    matrix[columns, [rows, columns]] = sine * how.stretch, cosine
    middle = (np.array(image.shape) - 1) / 2
    turned = affine_transform(image, matrix, middle - matrix @ middle, order=1, mode="nearest")
    return np.asarray(turned, dtype=np.float32)


def shift(image: Image, how: Setting) -> Image:
    """Moved by so many pixels: right, down, left, up in turn; the edge is repeated."""
    rows, columns = (int(how.level) * step for step in _DIRECTIONS[how.turn % 4])
    down = np.clip(np.arange(image.shape[-3]) - rows, 0, image.shape[-3] - 1)
    right = np.clip(np.arange(image.shape[-2]) - columns, 0, image.shape[-2] - 1)
    return image[..., down, :, :][..., right, :]


def resolution(image: Image, how: Setting) -> Image:
    """As if pixels were so many times as large: means of squares, and linear between their middles."""
    for axis in _axes(image):
        image = _coarser(image, axis, int(how.level))
    return image


def jpeg(image: Image, how: Setting) -> Image:
    """Through JPEG of this quality and back, slice by slice, at eight bits over the window."""
    import imagecodecs

    planes = np.moveaxis(_cut(image, how), -1, 0).reshape(-1, *image.shape[-3:-1])
    grey = np.rint((planes - how.window[0]) / _width(how) * 255).astype(np.uint8, order="C")
    coded = [
        imagecodecs.jpeg8_decode(imagecodecs.jpeg8_encode(plane, level=int(how.level))) for plane in grey
    ]
    back = np.stack(coded).reshape(image.shape[-1], *image.shape[:-1])
    values = back * np.float32(_width(how) / 255) + np.float32(how.window[0])
    return np.ascontiguousarray(np.moveaxis(values, 0, -1), dtype=np.float32)


def lost_slices(image: Image, how: Setting) -> Image:
    """So many of 100 slices, one at least, evenly spread, made anew as what is linear between those kept.

    The first and the last stay, so a volume of fewer than FEWEST_SLICES loses none.
    """
    inner = max(len(image) - 2, 0)
    count = min(max(round(len(image) * how.level / 100), 1), inner)
    lost = 1 + (np.arange(count) + 0.5) * inner // max(count, 1)
    kept = np.setdiff1d(np.arange(len(image)), lost.astype(int))
    return _between(image, kept.astype(np.float64), axis=0, from_kept=image[kept])


CHANGES: Final = (
    Change("noise", _OF_WINDOW, (1, 2, 5, 10), noise),
    Change("blur", PIXELS, (0.5, 1, 2, 4), blur),
    Change("gain", "%", (5, 10, 20, 40), gain),
    Change("offset", _OF_WINDOW, (2, 5, 10, 20), offset),
    Change("rotation", "degrees", (2, 5, 10, 20), rotation, moves=True),
    Change("shift", PIXELS, (1, 2, 4, 8), shift, moves=True),
    Change("resolution", PIXELS, (2, 3, 4, 6), resolution),
    Change("jpeg", "quality", (90, 70, 40, 10), jpeg),
    Change("lost_slices", "% of the slices", (10, 20, 33, 50), lost_slices, volumes=True),
)
"""Levels are choices: from what nobody would see to what any reader would complain of."""


def _axes(image: Image) -> tuple[int, int]:
    """Rows and columns, counted from the front."""
    return image.ndim + _IN_PLANE[0], image.ndim + _IN_PLANE[1]


def _sign(how: Setting) -> int:
    return 1 if how.turn % 2 else -1


def _width(how: Setting) -> float:
    # Of scans of one value the window has no width, and changes in per cent of it are none.
    return max(how.window[1] - how.window[0], 1e-6)


def _cut(image: Image, how: Setting) -> Image:
    return np.clip(image, *how.window).astype(np.float32)


def _coarser(image: Image, axis: int, factor: int) -> Image:
    """Means of `factor` neighbours along an axis, the last of what is left; then linear between them."""
    size = image.shape[axis]
    starts = np.arange(0, size, factor)
    counts = np.diff([*starts, size])
    shape = [1] * image.ndim
    shape[axis] = len(counts)
    means = np.add.reduceat(image, starts, axis=axis) / counts.reshape(shape)
    return _between(image, starts + (counts - 1) / 2, axis=axis, from_kept=means.astype(np.float32))


def _between(image: Image, middles: NDArray[np.float64], *, axis: int, from_kept: Image) -> Image:
    """Values at every place of an axis of `image`, linear between those at `middles`, constant outside."""
    if len(middles) == 1:
        return np.broadcast_to(from_kept, image.shape).copy()
    places = np.clip(np.arange(image.shape[axis]), middles[0], middles[-1])
    left = np.clip(np.searchsorted(middles, places, side="right") - 1, 0, len(middles) - 2)
    share = ((places - middles[left]) / (middles[left + 1] - middles[left])).astype(np.float32)
    shape = [1] * image.ndim
    shape[axis] = len(share)
    share = share.reshape(shape)
    low, high = from_kept.take(left, axis=axis), from_kept.take(left + 1, axis=axis)
    return np.asarray(low * (1 - share) + high * share, dtype=np.float32)
