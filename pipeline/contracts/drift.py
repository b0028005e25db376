"""How the new scans differ from the champion's: `drift.json`, and what the champion says of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pipeline.contracts import predictions
from pipeline.contracts.damage import rewritten_by
from pipeline.contracts.objects import ObjectFile, Schema
from pipeline.contracts.tables import TableFile


@dataclass(frozen=True)
class AttributeDrift:
    """One attribute of old and new patients, compared.

    `smd` is in standard deviations, `psi` the population stability index beside what chance alone would
    give, `p_holm` corrected over all attributes; None where it can't be had, and then `reason` says why.
    """

    name: str
    kind: str
    n_old: int
    n_new: int
    p: float | None
    p_holm: float | None
    smd: float | None
    psi: float | None
    psi_expected: float | None
    unseen: tuple[str, ...]
    level: str = ""
    reason: str | None = None


@dataclass(frozen=True)
class Area:
    """How well one group is told from the other: an area under the ROC curve, its interval, the patients."""

    value: float | None
    low: float | None
    high: float | None
    old_patients: int
    new_patients: int


@dataclass(frozen=True)
class OddScan:
    """A new scan, the log odds that it is one, and the typical training scan that is nearest to it.

    `nearest` is empty where an earlier version looked for none.
    """

    case_id: str
    patient_id: str
    score: float
    nearest: str = ""


@dataclass(frozen=True)
class Domain:
    """Whether new scans can be told from those of training, `by` what is seen of them, with the oddest ones.

    `held` is the same of the champion's own held-out scans, None where they are too few. `reason` says why
    nothing can be said.
    """

    new: Area | None = None
    held: Area | None = None
    level: float | None = None
    by: str = ""
    oddest: tuple[OddScan, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Drift:
    """The level (none, warn, stop; or why nothing was compared) and the attributes behind it.

    `inputs` is the digest of scans, champion and limits; `accepted` the reason to go on in spite of a stop.
    """

    level: str
    attributes: tuple[AttributeDrift, ...] = ()
    accepted: str | None = None
    inputs: str | None = None
    new_patients: int = 0
    new_cases: int = 0
    replaced_cases: int = 0
    domain: Domain | None = None


FILE: Final = ObjectFile("drift.json", Drift, Schema("drift", 1), rewritten_by("drift"))
NEW_SCANS: Final = TableFile(
    "champion_new.csv", predictions.COLUMNS, rewritten_by("drift"), may_be_empty=True
)
