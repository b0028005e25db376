"""The registry of normalization steps: one file each, one line here.

A step is a module with
- `VERSION`: counted up when its result changes, so that stored arrays are made anew;
- `STORAGE`: the type its values are stored in, or None where the step leaves their meaning as it was;
- `Parameters`: a frozen pydantic model that refuses what it doesn't know;
- `apply(image, parameters) -> Image`: a pure function of one scan, which may raise `Refused`.
"""

from __future__ import annotations

from typing import Any, Final, Literal, Protocol, cast

from pydantic import BaseModel

from pipeline.normalize.image import Image
from pipeline.normalize.steps import (
    crop_foreground,
    crop_or_pad,
    hu_window,
    min_max,
    percentile_clip,
    resample,
    resize,
    z_score,
)

__all__ = ["STEPS", "Step", "Storage"]

Storage = Literal["float16", "float32"]


class Step(Protocol):
    """What the registry holds: a module of this folder."""

    VERSION: int
    STORAGE: Storage | None
    Parameters: type[BaseModel]

    def apply(self, image: Image, parameters: Any) -> Image:
        """The image after the step."""


STEPS: Final[dict[str, Step]] = {
    name: cast(Step, module)
    for name, module in {
        "crop_foreground": crop_foreground,
        "crop_or_pad": crop_or_pad,
        "hu_window": hu_window,
        "min_max": min_max,
        "percentile_clip": percentile_clip,
        "resample": resample,
        "resize": resize,
        "z_score": z_score,
    }.items()
}
