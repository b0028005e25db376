"""How hard the phantom's question is: the one place to make nodules easier or harder to find.

A nodule competes with vessels cut across, which look like it in a single image, with the texture of
the lung, and with the noise of the scanner. The ranges are such that some nodules are plain, most
take a second look, and a few can't be seen at all: no honest model is right about all of them.

Measured with the training of `configs/demo.yaml` on three cohorts of 300 patients, each model on 800
fresh patients: AUROC 0.957, 0.912 and 0.940; with `configs/demo-3d.yaml` on two cohorts of 120, each
on 160 fresh ones: 0.945 and 0.919.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

Range = tuple[float, float]


@dataclass(frozen=True)
class Difficulty:
    """The ranges that nodules and what is taken for them are drawn from, each `(low, high)`.

    `nodules` is their number in a chest that has any; radii are in mm; `nodule_contrast_hu` is the
    difference to the lung around one. Vessels are counted for each mm of chest that is imaged,
    "across" are those that run head to foot.
    """

    nodules: tuple[int, int]
    nodule_radius_mm: Range
    nodule_contrast_hu: Range
    vessels_per_mm: float
    across_per_mm: float
    across_radius_mm: Range
    lung_texture_hu: Range


IMAGE = Difficulty(
    nodules=(1, 1),
    nodule_radius_mm=(7.5, 15.0),
    nodule_contrast_hu=(200.0, 900.0),
    vessels_per_mm=1.1,
    across_per_mm=0.10,
    across_radius_mm=(1.5, 3.2),
    lung_texture_hu=(15.0, 40.0),
)
MEASURED = replace(IMAGE, nodule_radius_mm=(5.0, 18.0), nodule_contrast_hu=(500.0, 900.0))
"""Where nodules are there to be measured, not to be found: plain to see, and of many sizes.

With `configs/demo-diameter.yaml` the mean absolute error is 2.0 mm on its own 43 test patients, whose
diameters have a standard deviation of 7.5 mm.
"""

SEVERAL = replace(IMAGE, nodule_radius_mm=(8.5, 15.0), nodule_contrast_hu=(350.0, 900.0))
"""Where a nodule is one of several findings: less hidden, as the same patients must teach all of them."""

VOLUME = Difficulty(
    nodules=(2, 4),
    nodule_radius_mm=(9.0, 17.0),
    nodule_contrast_hu=(350.0, 900.0),
    vessels_per_mm=0.8,
    across_per_mm=0.06,
    across_radius_mm=(2.0, 4.0),
    lung_texture_hu=(10.0, 30.0),
)
MARKED = replace(VOLUME, nodules=(1, 3), nodule_radius_mm=(9.0, 15.0), nodule_contrast_hu=(500.0, 900.0))
"""Where nodules are there to be outlined: 18 to 30 mm, some four to seven pixels across, and plain to see.

Above 30 mm it would be called a mass (Fleischner Society, Radiology 2008;246:697). In patients most are
smaller and fainter: a network that outlines these has shown that masks are learned, and nothing of finding
nodules.
"""
