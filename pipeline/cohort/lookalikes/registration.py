"""Stage two: whether two likenesses that look alike are one image, by their details laid upon each other.

What the set has in common is taken off, broad shades are filtered out, one is moved over the other, and the
correlation of what is left is taken where it is best.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from pipeline.cohort.lookalikes.views import NONE, Cut, Pictures, cut_off
from pipeline.records import LIKENESS_SIDE

_BARS: Final = (((0.7, 2.0), 0.80), ((1.0, 3.0), 0.88))
"""Bands of detail, fine and coarser, each with the least correlation of one image with itself, changed.

A band is a pair of Gaussian widths in pixels of the likeness. In 2000 pairs of chest radiographs of children,
those of two patients that look most alike, the highest is 0.73 in the fine band and 0.82 in the coarser one.
"""
_REACH: Final = 7  # pixels that one may be moved over the other: what a cut on one side needs
_TAPER: Final = 0.5  # the power of a Hann window: edges count less, for they may have been cut off
_WORTH_IT: Final = 0.6  # a choice: what agrees less at the likeliest cut is no copy at any other
_AT_ONCE: Final = 256  # pairs: their spectra stay some tens of megabytes


def agreement(
    first: Pictures, second: Pictures, mean: NDArray[np.float32], *, cut: Cut
) -> NDArray[np.float32]:
    """How surely each pair is one image: 1 at the bar, more above; `(pairs,)`.

    `first` was turned as the view says, `mean` is the set's mean picture; about `cut` is to be cut off
    `first` for it to become `second`.
    """
    parts = [
        _agreement(first[start : start + _AT_ONCE], second[start : start + _AT_ONCE], mean, cut)
        for start in range(0, len(first), _AT_ONCE)
    ]
    return np.concatenate(parts) if parts else np.empty(0, np.float32)


def _agreement(first: Pictures, second: Pictures, mean: NDArray[np.float32], cut: Cut) -> NDArray[np.float32]:
    pair = first.astype(np.float32) - mean, second.astype(np.float32) - mean
    best = _best(pair, [_cuts(cut)[0]], dict([_BARS[-1]]))
    likely = np.flatnonzero(best > _WORTH_IT)
    if likely.size:
        best[likely] = _best((pair[0][likely], pair[1][likely]), _cuts(cut), dict(_BARS))
    return best


def _best(
    pair: tuple[NDArray[np.float32], NDArray[np.float32]],
    cuts: Sequence[tuple[Cut, Cut]],
    bars: Mapping[tuple[float, float], float],
) -> NDArray[np.float32]:
    """The highest agreement of each pair at these cuts, in the bands of `bars`."""
    best = np.zeros(len(pair[0]), np.float32)
    for band, bar in bars.items():
        needed = dict.fromkeys(each for both in cuts for each in enumerate(both))
        spectra = {(at, cut): _spectrum(pair[at], cut, band) for at, cut in needed}
        for first, second in cuts:
            best = np.maximum(best, _peak(spectra[0, first] * np.conj(spectra[1, second])) / bar)
    return best


def _cuts(cut: Cut) -> list[tuple[Cut, Cut]]:
    """What is cut off the first and off the second, the likeliest first."""
    if cut.is_none:
        one, two = (Cut(each, each, each, each) for each in (1, 2))
        return [(NONE, NONE), (one, NONE), (NONE, one), (two, NONE), (NONE, two)]
    return [(cut.more(pixels), NONE) for pixels in (0, -2, -1, 1, 2)]


def _spectrum(apart: NDArray[np.float32], cut: Cut, band: tuple[float, float]) -> NDArray[np.complex64]:
    fine, coarse = ([_blurring(width) @ side for side in cut_off(cut)] for width in band)
    details = (fine[0] @ apart @ fine[1].T - coarse[0] @ apart @ coarse[1].T) * _window()
    details -= details.mean(axis=(1, 2), keepdims=True)
    lengths = np.linalg.norm(details, axis=(1, 2), keepdims=True)
    # A picture without details stays zero, and agrees with none.
    unit = (details / np.maximum(lengths, 1e-9)).astype(np.float32)
    spectrum: NDArray[np.complex64] = scipy.fft.rfft2(unit)  # numpy's would be of twice the size
    return spectrum


def _peak(spectrum: NDArray[np.complex64]) -> NDArray[np.float32]:
    """The highest correlation among the moves that are allowed."""
    moves = scipy.fft.irfft2(spectrum, s=(LIKENESS_SIDE, LIKENESS_SIDE))
    near = np.r_[-_REACH : _REACH + 1]
    peak: NDArray[np.float32] = moves[:, near][:, :, near].max(axis=(1, 2))
    return peak


@lru_cache(maxsize=8)
def _blurring(width: float) -> NDArray[np.float32]:
    places = np.arange(LIKENESS_SIDE)
    weights = np.exp(-0.5 * ((places[:, None] - places) / width) ** 2)
    blurring: NDArray[np.float32] = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return blurring


@lru_cache(maxsize=1)
def _window() -> NDArray[np.float32]:
    side = np.hanning(LIKENESS_SIDE + 2)[1:-1] ** _TAPER
    window: NDArray[np.float32] = np.outer(side, side).astype(np.float32)
    return window
