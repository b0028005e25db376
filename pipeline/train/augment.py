"""Random changes of scans in training, on the device: one warp, then contrast, gamma and noise.

What a case becomes at a step is a function of (seed, step, case) alone. A new change is one function
here and one key of `Augment`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keras import ops

from pipeline import backend
from pipeline.config import Augment
from pipeline.models import Intensities
from pipeline.train import draws
from pipeline.train.elementary import logarithm, power_of_two
from pipeline.train.warp import matrices, warped, warped_bits

Tensor = Any
Change = Callable[[Tensor, Tensor], Tensor]

_FLIP, _ANGLE, _ZOOM, _SHIFT, _CONTRAST, _GAMMA, _NOISE, _STRETCH = range(8)  # streams of random numbers
_VOXELS = 2**20  # at a time: 4 MB, so that what a change leaves is in the cache when the next one reads it
_MOVES = ("flip", "shift", "rotate_degrees", "zoom", "stretch")


@dataclass(frozen=True)
class Augmentation:
    """The strengths in use, the seed, and the training part's intensities that scale contrast and noise."""

    strengths: Augment
    intensities: Intensities
    seed: int

    def __call__(self, scans: Tensor, *, step: Tensor, case: Tensor) -> Tensor:
        """The changed scans, float32 `(batch, *space, channels)`; `step`, `case` are uint32 `(batch,)`."""
        key = draws.keys(self.seed, step=step, case=case)
        voxels = math.prod(scans.shape[1:])
        return backend.in_parts(self._changed, (scans, key), most=max(1, _VOXELS // voxels))

    def marked(self, bits: Tensor, *, step: Tensor, case: Tensor) -> Tensor:
        """The bits `(batch, *space)` of what is marked in scans, moved as those are, by the nearest voxel."""
        if not self._moves:
            return bits
        return warped_bits(bits, *self._motion(draws.keys(self.seed, step=step, case=case), bits.shape[1:]))

    def _changed(self, scans: Tensor, key: Tensor) -> Tensor:
        for change in self._changes():
            scans = change(scans, key)
        return scans

    def _changes(self) -> list[Change]:
        """The changes whose strength isn't 0, in their order."""
        strengths = self.strengths
        chosen: list[tuple[object, Change]] = [
            (self._moves, self._move),
            (strengths.contrast or strengths.gamma, self._grey),
            (strengths.noise, self._noise),
        ]
        return [change for strength, change in chosen if strength]

    @property
    def _moves(self) -> bool:
        return any(getattr(self.strengths, name) for name in _MOVES)

    def _move(self, scans: Tensor, key: Tensor) -> Tensor:
        return warped(scans, *self._motion(key, scans.shape[1:-1]))

    def _motion(self, key: Tensor, space: tuple[int, ...]) -> tuple[Tensor, Tensor]:
        """The matrix and the offset of each case, by which voxels of `space` are moved."""
        coin = draws.uniform(key, 1, stream=_FLIP)[:, 0]
        flip = ops.where(coin < 0.5, -1.0, 1.0) if self.strengths.flip else ops.ones_like(coin)
        radians = _symmetric(key, 1, stream=_ANGLE)[:, 0] * math.radians(self.strengths.rotate_degrees)
        zoom = 1.0 + _symmetric(key, 1, stream=_ZOOM) * self.strengths.zoom
        stretch = 1.0 + _symmetric(key, len(space), stream=_STRETCH) * self.strengths.stretch
        share = _symmetric(key, len(space), stream=_SHIFT) * self.strengths.shift
        offset = share * ops.convert_to_tensor(tuple(space), dtype="float32")
        return matrices(flip=flip, radians=radians, scale=zoom * stretch), offset

    def _grey(self, scans: Tensor, key: Tensor) -> Tensor:
        """Contrast, then gamma, as one kernel."""
        if not self.strengths.gamma:
            return backend.compiled(self._contrast)(scans, key)
        space = tuple(range(1, len(scans.shape) - 1))
        # Before the kernel, in which they would be found number by number.
        extremes = ops.min(scans, axis=space, keepdims=True), ops.max(scans, axis=space, keepdims=True)
        return backend.compiled(self._bent)(scans, key, *extremes)

    def _bent(self, scans: Tensor, key: Tensor, low: Tensor, high: Tensor) -> Tensor:
        """`low` and `high` are the darkest and the brightest value of each channel."""
        scans, low, high = (self._contrast(values, key) for values in (scans, low, high))
        return self._gamma(
            scans, key, ops.min(low, axis=-1, keepdims=True), ops.max(high, axis=-1, keepdims=True)
        )

    def _contrast(self, scans: Tensor, key: Tensor) -> Tensor:
        """Stretches values away from the training part's mean, or squeezes them towards it, in order."""
        if not self.strengths.contrast:
            return scans
        factor = 1.0 + _symmetric(key, 1, stream=_CONTRAST) * self.strengths.contrast
        mean = self._per_channel(self.intensities.mean)
        return mean + (scans - mean) * _per_case(factor, scans)

    def _gamma(self, scans: Tensor, key: Tensor, low: Tensor, high: Tensor) -> Tensor:
        """Bends the grey scale between a scan's own darkest and brightest value, which stay."""
        exponent = 2.0 ** (_symmetric(key, 1, stream=_GAMMA) * self.strengths.gamma)
        span = ops.maximum(high - low, 1e-6)  # of a scan of one value alone
        share = (scans - low) / span
        bent = power_of_two(_per_case(exponent, scans) * logarithm(share))
        # Where a step is compiled, the darkest value is worked out twice, and may differ in the last bit.
        return low + span * ops.where(share > 0.0, bent, 0.0)

    def _noise(self, scans: Tensor, key: Tensor) -> Tensor:
        noise = draws.normal(key, math.prod(scans.shape[1:]), stream=_NOISE)
        deviation = self._per_channel(self.intensities.std) * self.strengths.noise
        return scans + ops.reshape(noise, scans.shape) * deviation

    def _per_channel(self, numbers: tuple[float, ...]) -> Tensor:
        return ops.convert_to_tensor(numbers, dtype="float32")


def _symmetric(key: Tensor, count: int, *, stream: int) -> Tensor:
    """Numbers in [-1, 1), shape (batch, count)."""
    return 2.0 * draws.uniform(key, count, stream=stream) - 1.0


def _per_case(numbers: Tensor, scans: Tensor) -> Tensor:
    """Numbers `(batch, 1)` in a shape that multiplies `scans`."""
    return ops.reshape(numbers, (-1, *(1,) * (len(scans.shape) - 1)))
