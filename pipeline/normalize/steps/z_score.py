"""Shift and scale a scan to mean 0 and standard deviation 1 over its own values."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from pydantic import BaseModel, ConfigDict

from pipeline.normalize.image import Image, Refused

VERSION: Final = 1
STORAGE: Final = "float16"


class Parameters(BaseModel):
    """None."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def apply(image: Image, parameters: Parameters) -> Image:
    """`(values - mean) / standard deviation`, over all voxels and channels together, so colours stay apart.

    No result exceeds the square root of the number of values less one, far inside float16.

    Raises:
        Refused: the image is constant.
    """
    values = image.values.astype(np.float64)  # sums of millions of squares lose digits in float32
    if values.min() == values.max():
        raise Refused("constant_image", f"z_score needs contrast, and every value is {values.flat[0]:g}")
    scores = (values - values.mean()) / values.std()
    return replace(image, values=scores.astype(np.float32), unit="standard deviations")
