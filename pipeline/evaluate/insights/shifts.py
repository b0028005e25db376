"""How far the score moves when the image moves by a few pixels.

Convolution commutes with shifts; strided layers, padding and pooling do not, so "convolutional
networks are shift-invariant" is a claim to be measured (Azulay & Weiss 2019, arXiv:1805.12177).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.contracts.insights import Shift
from pipeline.statistics.estimate import wald
from pipeline.statistics.proportions import wilson

# Choices: nobody places a patient to eight pixels; 200 cases give a share within 7 points at 95 %, and fewer
# than 20 would hardly give one.
SHIFTS_PIXELS = tuple(range(9))
MOST_CASES = 200
FEWEST_CASES = 20
PIXEL_BUDGET = MOST_CASES * 128 * 128  # keeps volumes to the cost of 200 images
_DIRECTIONS = ((0, 1), (1, 0), (0, -1), (-1, 0))  # (rows, columns)
LEVEL = 0.95

Interval = tuple[float | None, float | None, float | None]
"""A value and the ends of its interval, None where it has none."""

Images = NDArray[np.generic]
Scores = Callable[[Images], NDArray[np.float64]]


@dataclass(frozen=True)
class Reading:
    """How scores `(n, outputs)` are read: the output of each row that is followed, and what is decided.

    `decided` gives None where nothing is decided by a score.
    """

    followed: Callable[[NDArray[np.float64]], NDArray[np.int64]]
    decided: Callable[[NDArray[np.float64]], NDArray[np.int64] | None]


def affordable(shape: tuple[int, ...]) -> int:
    """How many cases of `([slices,] rows, columns, channels)` are shifted."""
    return int(np.clip(PIXEL_BUDGET // np.prod(shape[:-1]), FEWEST_CASES, MOST_CASES))


def shifted(images: Images, *, rows: int, columns: int) -> Images:
    """`(..., rows, columns, channels)` moved down by `rows` and right by `columns`; the edge is repeated."""
    down = np.clip(np.arange(images.shape[-3]) - rows, 0, images.shape[-3] - 1)
    right = np.clip(np.arange(images.shape[-2]) - columns, 0, images.shape[-2] - 1)
    return images[..., down, :, :][..., right, :]


def curve(scores: Scores, images: Images, reading: Reading) -> list[Shift]:
    """One point per shift: mean absolute change of the score, share of changed decisions if any, intervals.

    `images` is `(n, [slices,] rows, columns, channels)`, one case a patient. The first case is moved
    right, the second down, then left and up, and so on. The mean has a normal interval, the share
    Wilson's, both at 95 %.
    """
    reference = scores(images)
    followed, before = reading.followed(reference), reading.decided(reference)
    points = []
    for pixels in SHIFTS_PIXELS:
        moved = scores(_in_turn(images, pixels))
        change = np.abs(_followed_scores(moved, followed) - _followed_scores(reference, followed))
        points.append(Shift(pixels, *_mean(change), *_flipped(before, reading.decided(moved))))
    return points


def _in_turn(images: Images, pixels: int) -> Images:
    moved = np.empty_like(images)
    for turn, (rows, columns) in enumerate(_DIRECTIONS):
        moved[turn::4] = shifted(images[turn::4], rows=pixels * rows, columns=pixels * columns)
    return moved


def _followed_scores(scores: NDArray[np.float64], outputs: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.take_along_axis(scores, outputs[:, None], axis=1)[:, 0]


def _mean(change: NDArray[np.float64]) -> Interval:
    """The mean with its normal interval, which doesn't go below 0."""
    error = float(change.std(ddof=1)) / math.sqrt(len(change)) if len(change) > 1 else 0.0
    mean = wald(float(change.mean()), error, level=LEVEL, method="mean, normal interval")
    low = None if mean.low is None else max(mean.low, 0.0)
    return mean.value, low, mean.high


def _flipped(before: NDArray[np.int64] | None, after: NDArray[np.int64] | None) -> Interval:
    """The share of changed decisions with Wilson's interval."""
    if before is None or after is None:
        return None, None, None
    share = wilson(int((before != after).sum()), len(before), level=LEVEL)
    return share.value, share.low, share.high
