"""What a normalization step gets and gives: one scan with its spacing and unit, and the way to refuse it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline import places
from pipeline.bits import Bits
from pipeline.normalize.interpolation import first_voxel, regrid, regrid_mask
from pipeline.places import Place
from pipeline.records import SpacingKind


@dataclass(frozen=True)
class Image:
    """One scan on its way through a recipe.

    `values` is float32 of shape `(rows, columns, channels)` or `(slices, rows, columns, channels)`:
    the channel axis is always there and always last, so a step treats 2-D, 3-D, grey and colour
    alike. `spacing` has one number per spatial axis, in array order, in millimetres unless
    `spacing_kind` is "pixels". `unit` is what the values mean; a step that changes the meaning
    names the new one. `mask` is `(*space, 1)`, the bits of the structures that a voxel has, or None: a step
    that moves voxels does it by a method of the image, which moves both and keeps `place`, where the voxels
    lie on the scan's own grid.
    """

    values: NDArray[np.float32]
    spacing: tuple[float, ...]
    spacing_kind: SpacingKind
    unit: str
    mask: Bits | None = None
    place: Place = ()

    def __post_init__(self) -> None:
        if not self.place:
            object.__setattr__(self, "place", places.own(len(self.shape)))
        if self.mask is not None and self.mask.shape[:-1] != self.shape:
            raise ValueError(
                f"expected a mask of the image's shape {self.shape}, received {self.mask.shape[:-1]}: voxels "
                "were moved without it"
            )

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the spatial axes, `(rows, columns)` or `(slices, rows, columns)`."""
        return self.values.shape[:-1]

    def cut(self, box: tuple[slice, ...]) -> Image:
        """The voxels in a box, one slice a spatial axis."""
        values = np.ascontiguousarray(self.values[box])
        mask = None if self.mask is None else np.ascontiguousarray(self.mask[box])
        first = [part.indices(size)[0] for part, size in zip(box, self.shape, strict=True)]
        return replace(self, values=values, mask=mask, place=places.moved(self.place, first))

    def padded(self, shape: tuple[int, ...], box: tuple[slice, ...], *, fill: float) -> Image:
        """The image in a box of a larger one of `shape`, whose other voxels are `fill` and unmarked."""
        values = np.full((*shape, self.values.shape[-1]), fill, dtype=np.float32)
        values[box] = self.values
        mask = None
        if self.mask is not None:
            mask = np.zeros((*shape, self.mask.shape[-1]), self.mask.dtype)
            mask[box] = self.mask
        first = [-part.indices(size)[0] for part, size in zip(box, shape, strict=True)]
        return replace(self, values=values, mask=mask, place=places.moved(self.place, first))

    def regridded(
        self, shape: tuple[int, ...], *, pitch: tuple[float, ...], spacing: tuple[float, ...]
    ) -> Image:
        """The image on a grid of another pitch, as `regrid` has it; of the mask the nearest voxel."""
        values = regrid(self.values, shape, pitch=pitch)
        mask = None if self.mask is None else regrid_mask(self.mask, shape, pitch=pitch)
        place = places.moved(self.place, first_voxel(self.shape, shape, pitch), pitch)
        return replace(self, values=values, mask=mask, spacing=spacing, place=place)


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
