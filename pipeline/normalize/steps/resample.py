"""Resample to a voxel spacing in millimetres; the field of view is kept to within half a voxel."""

from __future__ import annotations

import math
from typing import Final

from pydantic import BaseModel, ConfigDict

from pipeline.normalize.constraints import Lengths
from pipeline.normalize.image import Image, Refused, require_axes

VERSION: Final = 1
STORAGE: Final = None


class Parameters(BaseModel):
    """`spacing_mm`: the new spacing, one number per axis in array order (slices, rows, columns)."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    spacing_mm: Lengths


def apply(image: Image, parameters: Parameters) -> Image:
    """The image on a grid of exactly `spacing_mm` with the same centre; at least one voxel an axis.

    Raises:
        Refused: the scan doesn't tell its spacing in millimetres, or another number of axes.
    """
    require_axes(image, parameters.spacing_mm, "resample: spacing_mm")
    if image.spacing_kind == "pixels":
        raise Refused("spacing_unknown", "resample needs a spacing in mm, and the scan tells none")
    if not all(math.isfinite(length) and length > 0 for length in image.spacing):
        raise Refused("spacing_invalid", f"resample needs a spacing above zero, received {image.spacing}")
    if image.spacing == parameters.spacing_mm:
        return image
    pitch = tuple(new / old for new, old in zip(parameters.spacing_mm, image.spacing, strict=True))
    shape = tuple(
        max(1, math.floor(size / step + 0.5)) for size, step in zip(image.shape, pitch, strict=True)
    )
    return image.regridded(shape, pitch=pitch, spacing=parameters.spacing_mm)
