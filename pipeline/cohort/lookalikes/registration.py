"""Stage two: whether two likenesses that look alike are one image, by their details laid upon each other.

What the set has in common is taken off, broad shades are filtered out and faint details made as strong as
clear ones nearby; one is moved over the other, and the correlation of what is left is taken where it is best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from pipeline.cohort.lookalikes.tilting import tilted
from pipeline.cohort.lookalikes.views import NONE, Cut, Pictures, cut_off
from pipeline.records import LIKENESS_SIDE

_Band = tuple[float, float]
_BARS: Final[tuple[tuple[_Band, float], ...]] = (((0.7, 2.0), 0.82), ((1.0, 3.0), 0.92))
"""Bands of detail, fine and coarser, each with the least correlation of one image with itself, changed.

A band is a pair of Gaussian widths in pixels of the likeness. Of two patients the highest seen is 0.79 and
0.87 among 225 invented slices, which have few details of their own; 0.69 and 0.78 among chest radiographs.
"""
_NEARBY: Final = 4.0  # pixels: a choice, a few details wide
_FAINT: Final = 0.3  # of the mean strength of details: less is not made as strong, for noise it may be
_REACH: Final = 7  # pixels that one may be moved over the other: what a cut on one side needs
_TAPER: Final = 0.5  # the power of a Hann window: edges count less, for they may have been cut off
_WORTH_IT: Final = 0.6  # a choice: what agrees less at the likeliest cut is no copy at any other
_WORTH_TILTING: Final = 0.75  # a choice, too: two degrees take little away
_TILTS: Final = (-4.0, -2.0, 2.0, 4.0)  # degrees: what lies between, or beyond by one, is near one of them
_AT_ONCE: Final = 256  # pairs: their spectra stay some tens of megabytes

_Values = NDArray[np.float32]


@dataclass(frozen=True)
class _Way:
    """One way to lay two upon each other: how each is tilted, and what is cut off."""

    first: Cut
    second: Cut = NONE

    def of_first(self, pictures: _Values) -> _Values:
        return _cut(tilted(pictures, self.first.tilt), self.first)

    def of_second(self, pictures: _Values) -> _Values:
        return _cut(pictures, self.second)


def agreement(first: Pictures, second: Pictures, means: tuple[_Values, _Values], *, cut: Cut) -> _Values:
    """How surely each pair is one image: 1 at the bar, more above; `(pairs,)`.

    `first` was turned as the view says, and so was the first of `means`, the set's mean picture; about `cut`
    is to be cut off `first` for it to become `second`.
    """
    parts = [
        _agreement(first[start : start + _AT_ONCE], second[start : start + _AT_ONCE], means, cut)
        for start in range(0, len(first), _AT_ONCE)
    ]
    return np.concatenate(parts) if parts else np.empty(0, np.float32)


def _agreement(first: Pictures, second: Pictures, means: tuple[_Values, _Values], cut: Cut) -> _Values:
    pair = first.astype(np.float32), second.astype(np.float32)
    straight, near = _ways(cut)
    best = _best(pair, means, straight[:1], _BARS[-1:], odd=False)
    worth_it = np.flatnonzero(best > _WORTH_IT)
    best[worth_it] = _best(_of(pair, worth_it), means, straight, _BARS, odd=False)
    worth_it = np.flatnonzero((best > _WORTH_TILTING) & (best < 1))
    best[worth_it] = np.maximum(best[worth_it], _best(_of(pair, worth_it), means, near, _BARS, odd=False))
    # Which of the two is the odd one isn't known: what both share with a mean that was turned or cut as the
    # other was proves nothing.
    likely = np.flatnonzero(best >= 1)
    again = _best(_of(pair, likely), means, (*straight, *near), _BARS, odd=True)
    best[likely] = np.minimum(best[likely], again)
    return best


def _of(pair: tuple[_Values, _Values], places: NDArray[np.intp]) -> tuple[_Values, _Values]:
    return pair[0][places], pair[1][places]


def _best(
    pair: tuple[_Values, _Values],
    means: tuple[_Values, _Values],
    ways: Sequence[_Way],
    bars: Sequence[tuple[_Band, float]],
    *,
    odd: bool,
) -> _Values:
    """The highest agreement of each pair in these ways, without the mean of the second or the `odd` one."""
    best = np.zeros(len(pair[0]), np.float32)
    for way in ways if best.size else ():
        one, two = way.of_first(pair[0]), way.of_second(pair[1])
        mean = way.of_first(means[0]) if odd else way.of_second(means[1])
        for band, bar in bars:
            spectra = [_spectrum(each - mean, band) for each in (one, two)]
            best = np.maximum(best, _peak(spectra[0] * np.conj(spectra[1])) / bar)
    return best


def _ways(cut: Cut) -> tuple[list[_Way], list[_Way]]:
    """The straight ones, the likeliest first, and the tilted ones."""
    near = [_Way(replace(cut, tilt=cut.tilt + tilt)) for tilt in _TILTS]
    if cut.is_none:
        one, two = (Cut(each, each, each, each) for each in (1, 2))
        return [_Way(NONE), _Way(one), _Way(NONE, one), _Way(two), _Way(NONE, two)], near
    # A copy that isn't cut may look more like its original under a cut, by what the set has in common.
    cuts = (*(cut.more(pixels) for pixels in (0, -2, -1, 1, 2)), NONE)
    return [_Way(each) for each in dict.fromkeys(cuts)], near


def _spectrum(apart: _Values, band: _Band) -> NDArray[np.complex64]:
    fine, coarse = (_blurring(width) for width in band)
    details = fine @ apart @ fine.T - coarse @ apart @ coarse.T
    around = _blurring(_NEARBY)
    strengths = around @ (details * details) @ around.T
    floor = _FAINT * strengths.mean(axis=(1, 2), keepdims=True)
    # A picture without details stays zero, and agrees with none.
    details = details / np.sqrt(np.maximum(strengths + floor, 1e-12)) * _window()
    details -= details.mean(axis=(1, 2), keepdims=True)
    lengths = np.linalg.norm(details, axis=(1, 2), keepdims=True)
    unit = (details / np.maximum(lengths, 1e-9)).astype(np.float32)
    spectrum: NDArray[np.complex64] = scipy.fft.rfft2(unit)  # numpy's would be of twice the size
    return spectrum


def _peak(spectrum: NDArray[np.complex64]) -> _Values:
    """The highest correlation among the moves that are allowed."""
    moves = scipy.fft.irfft2(spectrum, s=(LIKENESS_SIDE, LIKENESS_SIDE))
    near = np.r_[-_REACH : _REACH + 1]
    peak: _Values = moves[:, near][:, :, near].max(axis=(1, 2))
    return peak


def _cut(pictures: _Values, cut: Cut) -> _Values:
    if not any(cut.sides):
        return pictures
    rows, columns = cut_off(cut)
    return (rows @ pictures @ columns.T).astype(np.float32, copy=False)


@lru_cache(maxsize=8)
def _blurring(width: float) -> _Values:
    places = np.arange(LIKENESS_SIDE)
    weights = np.exp(-0.5 * ((places[:, None] - places) / width) ** 2)
    blurring: _Values = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return blurring


@lru_cache(maxsize=1)
def _window() -> _Values:
    side = np.hanning(LIKENESS_SIDE + 2)[1:-1] ** _TAPER
    window: _Values = np.outer(side, side).astype(np.float32)
    return window
