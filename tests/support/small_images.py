"""Images of 192 pixels with chosen first values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from pipeline.ingest.pixels.values import Plane


def words(*values: int) -> NDArray[np.uint16]:
    """16 x 12 pixels whose first ones are the values, the rest the last one."""
    flat = np.full(192, values[-1], np.int64)
    flat[: len(values)] = values
    return (flat & 0xFFFF).astype(np.uint16).reshape(16, 12)


def first(made: Plane, count: int) -> list[float]:
    """The first values of the plane."""
    return made.array.reshape(-1)[:count].tolist()


def with_bits(ds: Dataset, stored: int, *, signed: int = 0, high: int | None = None) -> Dataset:
    """The image with so many bits stored, below its highest bit."""
    ds.BitsStored, ds.HighBit = stored, stored - 1 if high is None else high
    ds.PixelRepresentation = signed
    return ds
