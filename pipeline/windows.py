"""What of a scan's values is shown as black and as white."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.records import Case
from pipeline.units import HU

_PERCENTILES: Final = (0.5, 99.5)  # a choice: single bright voxels would else darken the rest


def window(case: Case, shown: NDArray[Any]) -> tuple[float, float]:
    """What is shown black and white: the header's window for CT, else nearly all values of what is shown."""
    center, width = (case.attributes.get(f"window_{name}") for name in ("center", "width"))
    if case.value_unit == HU and isinstance(center, int | float) and isinstance(width, int | float):
        return center - width / 2, center + width / 2
    low, high = np.percentile(shown, _PERCENTILES)
    return float(low), float(high)


def in_grey(shown: NDArray[Any], black_and_white: tuple[float, float]) -> NDArray[np.uint8]:
    """The values as grey, 0 for black and 255 for white; of even values all black."""
    low, high = black_and_white
    share = np.clip((shown - low) / max(high - low, 1e-12), 0, 1)
    return np.asarray(np.rint(255 * share), dtype=np.uint8)
