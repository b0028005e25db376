"""Whether the numbers of a CT, or the uptake values of a PET, can be what they are said to be."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np

from pipeline.ingest.pixels.values import Plane, Transform
from pipeline.ingest.reasons import Refusal
from pipeline.units import CT, HIGHEST_HU, HU, HU_MODIFIED, LOWEST_HU, SUV

_AIR_BELOW_HU = -500  # halfway from water (0) to air (-1000)
_IMPLAUSIBLE_SHARE = 0.001  # streaks at metal reach beyond the scale in some voxels, a wrong slope in most
_ORDINARY_BITS = 12  # more bits are an extended scale, on which metal has its true, higher numbers
_METAL_SHARE = 0.2  # a choice: no implant fills a fifth of the view, a wrong slope moves all tissue
_SCREEN_BITS = 8
# A full bladder may reach 100; a dose or weight in a wrong unit is off by a thousand.
_HIGHEST_UPTAKE, _HIGH_SHARE = 200.0, 0.01


@dataclass
class Tally:
    """Counts of the measured voxels of a volume: all, below and above what a CT measures, the ends.

    `lowest_untold` is the lowest value of planes without an intercept under which stored 0 is air, as -1024;
    `uptakes` counts uptake values of 200 and more.
    """

    voxels: int = 0
    below: int = 0
    above: int = 0
    lowest: float = float("inf")
    highest: float = -float("inf")
    lowest_untold: float = float("inf")
    uptakes: int = 0

    def add(self, plane: Plane, transform: Transform) -> None:
        """Counts the voxels of a plane that are no padding."""
        if transform.modality != CT and not transform.hounsfield and transform.factor == 1.0:
            return  # of nothing else is known what it can be
        measured = plane.array if plane.padded is None else plane.array[~plane.padded]
        if not measured.size:
            return
        known = plane.ends if plane.padded is None else None
        lowest, highest = known or (float(measured.min()), float(measured.max()))
        self.voxels += measured.size
        self.lowest, self.highest = min(self.lowest, lowest), max(self.highest, highest)
        if transform.lut is not None or transform.intercept > _AIR_BELOW_HU:
            self.lowest_untold = min(self.lowest_untold, lowest)
        if transform.unit == SUV:
            if highest >= _HIGHEST_UPTAKE:
                self.uptakes += int(np.count_nonzero(measured >= _HIGHEST_UPTAKE))
            return
        if lowest < LOWEST_HU:
            self.below += int(np.count_nonzero(measured < LOWEST_HU))
        if highest > HIGHEST_HU:
            self.above += int(np.count_nonzero(measured > HIGHEST_HU))


def check_ct(tally: Tally, transform: Transform, *, bits_stored: int) -> None:
    """Raises Refusal `implausible_values` where no CT scanner measures such numbers.

    A slope or intercept that is missing, applied twice or of the wrong sign shows here. Scanners with
    an extended scale store more than 12 bits and reach values above 4000, in metal. A field of view inside
    the body holds no air: without any, an intercept must prove Hounsfield units, of planes that have none of
    their own, too. 8 bits that hold nothing but air were made for a screen. Of numbers that are not said to
    be Hounsfield units only the ends are known. `transform` is that of one of the volume's planes.
    """
    if not tally.voxels:
        raise Refusal("implausible_values", "all voxels are padding")
    below, above = tally.below / tally.voxels, tally.above / tally.voxels
    too_high = above > (_IMPLAUSIBLE_SHARE if bits_stored <= _ORDINARY_BITS else _METAL_SHARE)
    untold = _AIR_BELOW_HU <= tally.lowest_untold < inf and not transform.is_attested
    unproven = transform.unit in (HU, HU_MODIFIED) and untold
    narrow = transform.hounsfield and bits_stored <= _SCREEN_BITS and tally.highest < _AIR_BELOW_HU
    if below > _IMPLAUSIBLE_SHARE or too_high or unproven or narrow:
        raise Refusal(
            "implausible_values",
            f"{100 * below:.2f} % below {LOWEST_HU} HU, lowest {tally.lowest:g} HU, "
            f"{100 * above:.2f} % above {HIGHEST_HU} HU{', no intercept' if unproven else ''}"
            f"{f', highest {tally.highest:g} HU in 8 bits' if narrow else ''}"
            f"{'' if transform.names_unit else '; no unit is told'}",
        )


def has_plausible_uptakes(tally: Tally) -> bool:
    """Whether the 99th percentile of uptake values is below 200: more is a dose or weight in a wrong unit."""
    return tally.uptakes <= _HIGH_SHARE * tally.voxels
