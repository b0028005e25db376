"""What a normalization step gets and gives: one scan with its spacing and unit, and the way to refuse it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.records import SpacingKind


@dataclass(frozen=True)
class Image:
    """One scan on its way through a recipe.

    `values` is float32 of shape `(rows, columns, channels)` or `(slices, rows, columns, channels)`:
    the channel axis is always there and always last, so a step treats 2-D, 3-D, grey and colour
    alike. `spacing` has one number per spatial axis, in array order, in millimetres unless
    `spacing_kind` is "pixels". `unit` is what the values mean; a step that changes the meaning
    names the new one.
    """

    values: NDArray[np.float32]
    spacing: tuple[float, ...]
    spacing_kind: SpacingKind
    unit: str

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the spatial axes, `(rows, columns)` or `(slices, rows, columns)`."""
        return self.values.shape[:-1]


class Refused(Exception):
    """This scan can't be normalized; it is left out, with `reason` (a code) and `detail` (a sentence)."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


def require_axes(image: Image, numbers: tuple[float, ...], parameter: str) -> None:
    """Nothing, if `numbers` has one entry per spatial axis of the image.

    Raises:
        Refused: the counts differ.
    """
    if len(numbers) != len(image.shape):
        raise Refused(
            "axes_mismatch",
            f"{parameter} has {len(numbers)} numbers, expected {len(image.shape)}: one per axis of the scan",
        )
