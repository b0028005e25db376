"""Clip to two percentiles of the scan's own values; the unit stays."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.normalize.constraints import require_ascending
from pipeline.normalize.image import Image

VERSION: Final = 1
STORAGE: Final = None

Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]


class Parameters(BaseModel):
    """`low` and `high`: percentiles, 0 to 100, low below high."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    low: Percent = 0.5
    high: Percent = 99.5

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        require_ascending(self.low, self.high)
        return self


def apply(image: Image, parameters: Parameters) -> Image:
    """The values between their two percentiles (linear interpolation, all channels together).

    A constant image stays as it is.
    """
    low, high = np.percentile(image.values.astype(np.float64), (parameters.low, parameters.high))
    values = np.clip(image.values, np.float32(low), np.float32(high))
    return replace(image, values=values)
