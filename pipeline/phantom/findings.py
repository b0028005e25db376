"""Which of several findings an invented person has beside a nodule, and which of them nobody wrote down.

A pleural effusion lies in the back of one lung, a drain runs through one from head to foot; people with an
effusion have a drain more often. Some cells of the table are left empty, as where a reader didn't look.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from pipeline.phantom.chest import Chest, Effusion, with_drain
from pipeline.phantom.difficulty import Range
from pipeline.phantom.plan import Study

NAMES: Final = ("nodule", "effusion", "drain")
"""The columns of the table of labels: 1, 0, or empty where it is unknown."""

# Shares and sizes are choices: each finding has cases enough in every part of a demo, and is plain to see in
# most.
EFFUSION_SHARE: Final = 0.35
DRAIN_SHARE: Final = {True: 0.5, False: 0.2}
UNKNOWN_SHARE: Final = 0.08
_EFFUSION_MM: Final[Range] = (20.0, 45.0)
_FLUID_HU: Final[Range] = (0.0, 30.0)


def findings_of(study: Study) -> tuple[bool, ...]:
    """Whether the person has each of NAMES, at every visit."""
    return (study.finding == "nodule", *_drawn(study.generator("findings")))


def cells_of(study: Study) -> tuple[str, ...]:
    """What the table of labels says of each of NAMES at this visit."""
    rng = study.generator("cells", study.visit)
    unknown = rng.random(len(NAMES)) < UNKNOWN_SHARE
    return tuple(
        "" if hidden else str(int(there)) for hidden, there in zip(unknown, findings_of(study), strict=True)
    )


def with_findings(chest: Chest, study: Study, *, span_mm: Range) -> Chest:
    """The chest with the effusion and the drain that the person has; a nodule is drawn elsewhere."""
    rng = study.generator("findings")
    effusion, drain = _drawn(rng)
    side = 1.0 if rng.random() < 0.5 else -1.0
    fluid = Effusion(side, rng.uniform(*_EFFUSION_MM), rng.uniform(*_FLUID_HU))
    if effusion:
        chest = replace(chest, effusion=fluid)
    return with_drain(chest, rng, span_mm=span_mm) if drain else chest


def _drawn(rng: np.random.Generator) -> tuple[bool, bool]:
    """Whether there is an effusion, and whether there is a drain."""
    effusion = bool(rng.random() < EFFUSION_SHARE)
    return effusion, bool(rng.random() < DRAIN_SHARE[effusion])
