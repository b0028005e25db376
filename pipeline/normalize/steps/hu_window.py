"""Map a window of Hounsfield units to 0..1; what lies outside is clipped."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, model_validator

from pipeline.normalize.constraints import Finite, require_ascending
from pipeline.normalize.image import Image, Refused
from pipeline.units import HU

VERSION: Final = 1
STORAGE: Final = "float16"


_WAY_OUT: Final = (
    "where files leave their unit open (arbitrary, OTHER, US), state it in `ingest.unit_of`; leave other "
    "series out by a rule of `ingest.select`; and let no step that changes the unit come before"
)


class Parameters(BaseModel):
    """`low` and `high`: the ends of the window in Hounsfield units, low below high."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    low: Finite
    high: Finite

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        require_ascending(self.low, self.high)
        return self


def apply(image: Image, parameters: Parameters) -> Image:
    """The values with `low` at 0 and `high` at 1; a constant image stays constant.

    Raises:
        Refused: the values aren't Hounsfield units.
    """
    if image.unit != HU:
        raise Refused(
            "unit_not_hu",
            f"hu_window needs values in {HU}, received values in {image.unit}: {_WAY_OUT}",
        )
    clipped = np.clip(image.values, parameters.low, parameters.high)
    values = (clipped - np.float32(parameters.low)) / np.float32(parameters.high - parameters.low)
    return replace(image, values=values.astype(np.float32, copy=False), unit="share of the window")
