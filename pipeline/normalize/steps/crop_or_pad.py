"""Crop or pad about the centre to a number of voxels; nothing is interpolated."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from pipeline.normalize.constraints import Counts, Finite
from pipeline.normalize.image import Image, require_axes

VERSION: Final = 1
STORAGE: Final = None


class Parameters(BaseModel):
    """`shape`: the new number of voxels per axis; `fill`: a value, or the smallest of the image."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    shape: Counts
    fill: Finite | Literal["minimum"] = "minimum"


def apply(image: Image, parameters: Parameters) -> Image:
    """The central `shape` voxels, padded with `fill`; of an odd difference the larger half is at the end.

    Raises:
        Refused: the scan has another number of axes.
    """
    require_axes(image, parameters.shape, "crop_or_pad: shape")
    if image.shape == parameters.shape:
        return image
    fill = image.values.min() if parameters.fill == "minimum" else parameters.fill
    pairs = list(zip(image.shape, parameters.shape, strict=True))
    kept = tuple(_middle(old, new) for old, new in pairs)
    placed = tuple(_middle(new, old) for old, new in pairs)
    return image.cut(kept).padded(parameters.shape, placed, fill=float(fill))


def _middle(size: int, wanted: int) -> slice:
    """The central `wanted` of `size` places, or all of them when there are fewer."""
    start = max(0, size - wanted) // 2
    return slice(start, start + min(size, wanted))
