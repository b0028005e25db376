from __future__ import annotations

from collections.abc import Callable

import pytest
from planes import saying

from pipeline.ingest.series.frames import Frame


@pytest.fixture(scope="session")
def slab(plane: Frame) -> Callable[..., Frame]:
    """Makes a plane at height z with the given fields, named by a running number."""

    def make(number: int, z: float, **values: object) -> Frame:
        return saying(plane, source=f"s{number:03d}", position_mm=(0.0, 0.0, z), modality="MR", **values)

    return make
