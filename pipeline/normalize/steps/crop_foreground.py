"""Crop to the box that holds everything brighter than a threshold."""

from __future__ import annotations

from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from pipeline.normalize.constraints import Finite
from pipeline.normalize.image import Image, Refused

VERSION: Final = 1
STORAGE: Final = None


class Parameters(BaseModel):
    """`threshold`: in the unit of the values at this point; `margin_voxels`: kept around the box."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    threshold: Finite
    margin_voxels: Annotated[int, Field(ge=0)] = 0


def apply(image: Image, parameters: Parameters) -> Image:
    """The smallest box with every voxel above `threshold` in any channel, and its margin inside the image.

    Raises:
        Refused: no voxel is above the threshold.
    """
    foreground: NDArray[np.bool_] = np.any(image.values > parameters.threshold, axis=-1)  # (*space,)
    if not foreground.any():
        raise Refused("no_foreground", f"crop_foreground found no value above {parameters.threshold:g}")
    box = tuple(_extent(foreground, axis, parameters.margin_voxels) for axis in range(foreground.ndim))
    return image.cut(box)


def _extent(foreground: NDArray[np.bool_], axis: int, margin: int) -> slice:
    """The places along `axis` where the mask holds anything, with the margin."""
    others = tuple(other for other in range(foreground.ndim) if other != axis)
    occupied = np.flatnonzero(np.any(foreground, axis=others))
    return slice(max(0, int(occupied[0]) - margin), int(occupied[-1]) + 1 + margin)
