"""Map a scan's own smallest value to 0 and its largest to 1."""

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
    """`(values - minimum) / (maximum - minimum)`, over all channels together.

    Raises:
        Refused: the image is constant.
    """
    values = image.values.astype(np.float64)  # high - low may be beyond what float32 holds
    low, high = values.min(), values.max()
    if low == high:
        raise Refused("constant_image", f"min_max needs contrast, and every value is {low:g}")
    shares = (values - low) / (high - low)
    return replace(image, values=shares.astype(np.float32), unit="share of the range")
