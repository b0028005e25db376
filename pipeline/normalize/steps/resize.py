"""Resize to a number of voxels; the field of view is kept, the proportions are not."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict

from pipeline.normalize.constraints import Counts
from pipeline.normalize.image import Image, require_axes

VERSION: Final = 1
STORAGE: Final = None


class Parameters(BaseModel):
    """`shape`: the new number of voxels, one per axis in array order (slices, rows, columns)."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    shape: Counts


def apply(image: Image, parameters: Parameters) -> Image:
    """The image stretched to `shape`, its spacing with it.

    Raises:
        Refused: the scan has another number of axes.
    """
    require_axes(image, parameters.shape, "resize: shape")
    if image.shape == parameters.shape:
        return image
    pitch = tuple(old / new for old, new in zip(image.shape, parameters.shape, strict=True))
    spacing = tuple(length * step for length, step in zip(image.spacing, pitch, strict=True))
    return image.regridded(parameters.shape, pitch=pitch, spacing=spacing)
