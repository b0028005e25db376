"""The scanners: what each makes of a chest (blur, edges, noise), and what it writes about itself.

Makers and models are real words because the ingest keeps only words it knows; the looks given to
them here are invented and say nothing about the real machines.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Array = NDArray[np.float64]

LOWEST_HU, HIGHEST_HU = -1024, 3071
"""What twelve unsigned bits hold with the intercept -1024."""


@dataclass(frozen=True)
class Scanner:
    """One machine: `blur_mm` and `grain_mm` are standard deviations, `edges` is the share of an
    unsharp mask that its kernel adds, `noise_hu` the range of its noise."""

    manufacturer: str
    model: str
    kernel: str
    serial_number: str
    kvp: int
    blur_mm: float
    edges: float
    grain_mm: float
    noise_hu: tuple[float, float]


SMOOTH = Scanner(
    manufacturer="SIEMENS",
    model="SOMATOM Definition AS",
    kernel="B30f",
    serial_number="65417",
    kvp=120,
    blur_mm=2.0,
    edges=0.0,
    grain_mm=2.4,
    noise_hu=(10.0, 20.0),
)
SHARP = Scanner(
    manufacturer="GE MEDICAL SYSTEMS",
    model="LightSpeed VCT",
    kernel="STANDARD",
    serial_number="CT99-0231",
    kvp=140,
    blur_mm=1.5,
    edges=0.5,
    grain_mm=1.2,
    noise_hu=(18.0, 34.0),
)
THIRD = Scanner(
    manufacturer="Philips",
    model="Brilliance 64",
    kernel="B",
    serial_number="30817",
    kvp=120,
    blur_mm=1.8,
    edges=0.25,
    grain_mm=1.8,
    noise_hu=(16.0, 28.0),
)


def acquire(hu: Array, scanner: Scanner, *, rng: np.random.Generator, spacing_mm: float) -> NDArray[np.int16]:
    """The image that `scanner` makes of the true densities, whole HU from -1024 to 3071.

    Both arrays are `(slices, rows, columns)`; blur, edges and noise act within a slice.
    """
    image = _smooth(hu, scanner.blur_mm / spacing_mm)
    image += scanner.edges * (image - _smooth(image, 1.5 * scanner.blur_mm / spacing_mm))
    noise = _smooth(rng.standard_normal(hu.shape), scanner.grain_mm / spacing_mm)
    image += noise * (rng.uniform(*scanner.noise_hu) / noise.std())
    return np.clip(np.rint(image), LOWEST_HU, HIGHEST_HU).astype(np.int16)


def _smooth(image: Array, sigma: float) -> Array:
    smoothed: Array = ndimage.gaussian_filter(image, (0.0, sigma, sigma), mode="nearest")
    return smoothed
