"""When a difference is drift: a small p and a large effect together, never one alone.

A p-value alone flags any large cohort, an effect alone any small one. What can't be a matter of chance
(a modality, photometric interpretation or unit never seen before) stops whatever the numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.config import Effect
from pipeline.contracts.drift import AttributeDrift

Level = Literal["none", "warn", "stop", "too_few"]

# What decides how voxels are read: another word there is another kind of image, however few.
NEVER_NEW = frozenset({"modality", "photometric_interpretation", "value_unit"})


@dataclass(frozen=True)
class Difference:
    """One attribute of old and new patients compared; `smd` is inf where neither varies."""

    name: str
    kind: Literal["numeric", "categorical"]
    p: float
    p_holm: float
    smd: float
    psi: float
    psi_expected: float
    unseen: tuple[str, ...]
    n_old: int
    n_new: int

    def record(self, level: str) -> AttributeDrift:
        """The record as it is handed on, all its numbers finite; no `smd` has a reason."""
        if not math.isinf(self.smd):
            return AttributeDrift(**vars(self), level=level)
        reason = "neither group varies, so the difference has no scale"
        return AttributeDrift(**{**vars(self), "smd": None}, level=level, reason=reason)


def level_of(difference: Difference, *, warn: Effect, stop: Effect, min_patients: int) -> Level:
    """The level of one attribute."""
    if difference.name in NEVER_NEW and difference.unseen:
        return "stop"
    if difference.n_new < min_patients:
        return "too_few"
    if _beyond(difference, stop):
        return "stop"
    return "warn" if _beyond(difference, warn) else "none"


def overall(levels: Sequence[Level], *, new_patients: int, min_patients: int) -> Level:
    """The level of the whole: the worst, and never "none" from too few patients."""
    if "stop" in levels:
        return "stop"
    if new_patients < min_patients:
        return "too_few"
    return "warn" if "warn" in levels else "none"


def _beyond(difference: Difference, limit: Effect) -> bool:
    return difference.p_holm < limit.p and difference.smd >= limit.smd
