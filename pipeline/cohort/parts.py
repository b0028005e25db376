"""Which patient is in which part: drawn once, by patient, and never changed.

A patient's place in any draw is a keyed hash of the pseudonym and the salt, a number in [0, 1): it
depends on no order, no file name and no random generator. The ledger of earlier draws always wins,
so other shares or another salt act on later patients only.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pipeline.errors import DataError
from pipeline.pseudonyms import Key
from pipeline.records import PARTS

FEWEST_PATIENTS: Final = 2
"""A part needs two patients for anything to vary in it; for a figure worth reading it needs far more."""


@dataclass(frozen=True)
class Fold:
    """The fold that is tested on, of how many; the one after it is the validation part."""

    held_out: int
    of: int

    def part(self, number: int) -> str:
        """The part of the patients of a fold, numbered from 1 on."""
        after = self.held_out % self.of + 1
        return {self.held_out: "test", after: "validation"}.get(number, "train")


Shares = Mapping[str, float]
"""The share of patients of each part, in the order of PARTS; together 1."""


@dataclass(frozen=True)
class Placed:
    """A patient's part, the era the patient came in, and why the part is that one."""

    part: str
    era: int
    why: str


def placed_by_ledger(records: Iterable[Mapping[str, Any]]) -> dict[str, Placed]:
    """The place of each patient of the ledger, given oldest first; a later record replaces an earlier one."""
    return {
        record["patient_id"]: Placed(record["part"] or "", record.get("era", 0), record["why"])
        for record in records
    }


def positions(patient_ids: Iterable[str], *, key: Key, salt: int) -> dict[str, float]:
    """The place of each patient in [0, 1), by keyed hash."""
    return {
        patient_id: int(key.digest(f"part {salt} {patient_id}".encode()), 16) / 16**32
        for patient_id in patient_ids
    }


def first_parts(
    strata: Mapping[str, str], prescribed: Mapping[str, str], *, shares: Shares, position: Mapping[str, float]
) -> dict[str, str]:
    """The part of each patient at the first draw.

    `strata` has the stratum of each patient; `prescribed` the parts that a table prescribes. Patients
    without a prescribed part are drawn stratum by stratum, so that each part has its share of every
    one. A part that the table leaves out is drawn from its train part.
    """
    parts = {patient_id: prescribed[patient_id] for patient_id in strata if patient_id in prescribed}
    free = {patient_id: name for patient_id, name in strata.items() if patient_id not in prescribed}
    drawn = {
        patient_id: part
        for members in _by_stratum(free, position)
        for patient_id, part in zip(members, _parts_in_order(len(members), shares), strict=True)
    }
    if parts:
        for part in ("test", "validation"):
            if part not in parts.values():
                parts |= _from_train(parts, strata, part=part, share=shares[part], position=position)
    return parts | drawn


def first_folds(strata: Mapping[str, str], fold: Fold, *, position: Mapping[str, float]) -> dict[str, str]:
    """The part of each patient at the first draw, where folds are drawn.

    Patients are dealt to the folds in turn, stratum by stratum in the order of their positions: so each fold
    has its share of every stratum and of all, to one patient, and is the same whichever is held out.
    """
    dealt = itertools.chain.from_iterable(_by_stratum(strata, position))
    return {patient_id: fold.part(number % fold.of + 1) for number, patient_id in enumerate(dealt)}


def later_part(position: float, shares: Shares) -> str:
    """The part of a patient that came after the first draw: where the position falls among the shares."""
    ends = itertools.accumulate(shares[part] for part in PARTS)
    return next((part for part, end in zip(PARTS, ends, strict=True) if position < end), _last(shares))


def require_patients(part_of: Mapping[str, str], *, advice: str) -> None:
    """Nothing, if every part has enough patients; `advice` is the way to other parts.

    Raises:
        DataError: with the numbers of patients in each part.
    """
    counts = {part: sum(one == part for one in part_of.values()) for part in PARTS}
    counted = ", ".join(f"{part} {count}" for part, count in counts.items())
    if min(counts.values()) < FEWEST_PATIENTS:
        raise DataError(
            f"Each part needs at least {FEWEST_PATIENTS} patients, and there are: {counted}. "
            f"Add scans of more patients, or {advice}."
        )


def _by_stratum(strata: Mapping[str, str], position: Mapping[str, float]) -> list[list[str]]:
    """The patients of each stratum, in the order of their positions."""
    members: dict[str, list[str]] = defaultdict(list)
    for patient_id in sorted(strata, key=lambda patient_id: (position[patient_id], patient_id)):
        members[strata[patient_id]].append(patient_id)
    return [members[name] for name in sorted(members)]


def _parts_in_order(count: int, shares: Shares) -> list[str]:
    """`count` parts, train first, in the shares by largest remainder; none empty that could have one."""
    exact = {part: count * shares[part] for part in PARTS}
    sizes = {part: int(exact[part]) for part in PARTS}
    for part in sorted(PARTS, key=lambda part: sizes[part] - exact[part])[: count - sum(sizes.values())]:
        sizes[part] += 1
    for part in PARTS:
        largest = max(PARTS, key=lambda part: sizes[part])
        if shares[part] > 0 and sizes[part] == 0 and sizes[largest] > 1:
            sizes[part], sizes[largest] = 1, sizes[largest] - 1
    return [part for part in PARTS for _ in range(sizes[part])]


def _from_train(
    parts: Mapping[str, str],
    strata: Mapping[str, str],
    *,
    part: str,
    share: float,
    position: Mapping[str, float],
) -> dict[str, str]:
    """The patients of train that make up a part the table left out: the last of each stratum by position."""
    train = {patient_id: strata[patient_id] for patient_id, one in parts.items() if one == "train"}
    moved: dict[str, str] = {}
    for members in _by_stratum(train, position):
        everyone = sum(strata[patient_id] == strata[members[0]] for patient_id in parts)
        count = min(max(1, round(share * everyone)), len(members) - 1)
        moved |= dict.fromkeys(members[len(members) - count :], part)
    return moved


def _last(shares: Shares) -> str:
    """The last part with a share: where rounding leaves a position beyond the last end."""
    return next(part for part in reversed(PARTS) if shares[part] > 0)
