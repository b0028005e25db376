"""What becomes of the files of a batch after its cases were read. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.ingest.cases.batch_reading import Spoiled
from pipeline.ingest.cases.case_plan import CasePlan
from pipeline.ingest.cases.copies import Outcome
from pipeline.ingest.cases.mask_reading import NO_MASKS, MasksRead
from pipeline.records import Case, Mask


@dataclass(frozen=True)
class BatchOutcomes:
    """The cases that stand, each with its file tokens, and the outcome of every file of the batch.

    `masks` are those of the cases that stand.
    """

    cases: tuple[tuple[Case, tuple[str, ...]], ...]
    outcomes: Mapping[str, Outcome]
    masks: tuple[Mask, ...] = ()


def batch_outcomes(
    plans: Sequence[CasePlan],
    cases: Sequence[Case],
    spoiled: Sequence[Spoiled],
    masks: MasksRead = NO_MASKS,
) -> BatchOutcomes:
    """The standing cases and all outcomes of a batch.

    A file that can't be read spoils every case it has a part in; the other files of such a volume lack
    a slice. What is wrong with a volume as a whole is the reason of all its files. A mask that can't be used
    spoils nothing; one of which no case stands marks nothing that is here.
    """
    tokens = {plan.case_id: tuple(sorted(plan.images)) for plan in plans}
    outcomes: dict[str, Outcome] = {}
    blamed = {one.token: Outcome(one.reason, one.detail) for one in spoiled if one.token}
    lost = {one.case_id for one in spoiled} | {
        name for name, files in tokens.items() if blamed.keys() & set(files)
    }
    for one in spoiled:
        whole = Outcome(one.reason, one.detail)
        outcomes |= dict.fromkeys(
            tokens[one.case_id], _incomplete(tokens[one.case_id]) if one.token else whole
        )
    for name in lost - {one.case_id for one in spoiled}:
        outcomes |= dict.fromkeys(tokens[name], _incomplete(tokens[name]))
    files_of = {plan.case_id: tuple(sorted(plan.files)) for plan in plans}
    standing = tuple((case, files_of[case.case_id]) for case in cases if case.case_id not in lost)
    unmarked = Outcome("mask_reference_missing", "no scan was made of what it marks")
    outcomes |= {token: unmarked for plan in plans for token in plan.masks}
    outcomes |= {token: Outcome("ok") for _, files in standing for token in files}
    outcomes |= {token: outcome for plan in plans for token, outcome in plan.refused_masks.items()}
    of_standing = tuple(mask for mask in masks.masks if mask.case_id not in lost)
    return BatchOutcomes(standing, {**outcomes, **blamed, **masks.refused}, of_standing)


def _incomplete(tokens: Sequence[str]) -> Outcome:
    return Outcome("missing_slices", f"one or more of {len(tokens)} files could not be read")
