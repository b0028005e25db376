"""The stage: the cohort's scans under the configured recipe, and under the champion's where it differs."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

from pipeline import digests
from pipeline.catalogue import Catalogue
from pipeline.catalogue import masks as stored_masks
from pipeline.config import Config
from pipeline.contracts import cohort
from pipeline.contracts.normalized import FILE, Arrays, Normalized
from pipeline.errors import DataError
from pipeline.executors import Executor
from pipeline.models import VOXEL
from pipeline.normalize.champion import Champion, load_champion
from pipeline.normalize.outlines import Outlines
from pipeline.normalize.recipe import parse
from pipeline.normalize.store import (
    Pool,
    Ready,
    Wanted,
    bring_up_to_date,
    remove_unused,
    spacings,
    write_refused,
)
from pipeline.printed import scanloom
from pipeline.records import ALL_PARTS, EXTERNAL, Case, Mask, Summary
from pipeline.tasks.registry import task_of
from pipeline.workspace import Workspace


def run(config: Config, workspace: Workspace) -> Summary:
    """What the stage did.

    Raises:
        ConfigError: a step or parameter of the recipe is wrong.
        DataError: scans end in several shapes, or more are refused than `ingest.failed_share` allows.
        DamageError: stored native voxels don't match their checksum.
        RetryError: the disk has no room.
    """
    recipe = parse(config.normalize, config.refuse)
    champion = load_champion(workspace)
    executor = Executor(workspace.data, config.ingest.workers, config.ingest.cluster)
    pool = Pool(executor, config.ingest.limits.seconds, config.ingest.limits.memory_mb)
    parts = cohort.parts(workspace.candidate)
    with Catalogue(workspace.catalogue) as catalogue:
        cases = _cohort_cases(catalogue, parts)
        outlines = _outlines(config, workspace, catalogue, parts)
        in_patches = task_of(config.task).network.ASKS == VOXEL
        abroad = frozenset(case_id for case_id, part in parts.items() if part == EXTERNAL)
        ours = Wanted(recipe, cases, outlines, in_patches, abroad)
        ready = [
            bring_up_to_date(wanted, catalogue=catalogue, workspace=workspace, pool=pool)
            for wanted in (ours, *_champions(ours, champion, parts))
        ]
        remove_unused(catalogue, workspace.normalized)
    changed = write_refused(workspace, ready)
    for one in ready:
        _require_enough(one, abroad, config.ingest.failed_share)
    changed |= FILE.write(workspace.data, _record(ready, ours, parts, workspace))
    return Summary(tuple(_line(one) for one in ready), changed)


def _cohort_cases(catalogue: Catalogue, parts: Mapping[str, str]) -> list[Case]:
    cases = [case for case in catalogue.cases() if case.case_id in parts]
    if len(cases) < len(parts):
        raise DataError(
            f"The cohort names {len(parts) - len(cases)} scans that the catalogue doesn't hold (any more). "
            f"Run `{scanloom('cohort')}` again."
        )
    return cases


def _outlines(
    config: Config, workspace: Workspace, catalogue: Catalogue, parts: Mapping[str, str]
) -> Outlines:
    """What the cohort's question asks of every voxel, and the masks that say it."""
    if not {*parts.values()} & {*ALL_PARTS}:  # new scans: nobody knows what they show
        return Outlines()
    target = task_of(config.task).target
    asked = target.outlined(target.question_of(cohort.FILE.read(workspace.candidate)))
    masks: dict[str, list[Mask]] = {}
    for mask in stored_masks.all_of(catalogue) if asked.targets else ():
        masks.setdefault(mask.case_id, []).append(mask)
    return Outlines(asked, {case_id: tuple(found) for case_id, found in masks.items()})


def _champions(ours: Wanted, champion: Champion | None, parts: Mapping[str, str]) -> list[Wanted]:
    """The scans that are needed under the champion's recipe, too: nothing is learned from them."""
    if champion is None or champion.recipe.recipe_id == ours.recipe.recipe_id:
        return []
    compared = ("test", EXTERNAL)
    scored = [case for case in ours.cases if parts[case.case_id] in compared or not champion.knows(case)]
    return [replace(ours, recipe=champion.recipe, cases=scored, outlines=Outlines())]


def _require_enough(ready: Ready, abroad: Set[str], failed_share: float) -> None:
    """Judged without the scans of another source, from which nothing is learned."""
    refusals = [refusal for refusal in ready.refused if refusal.case_id not in abroad]
    made = len(ready.arrays.keys() - abroad)
    refused, total = len(refusals), len(refusals) + made
    if refused <= failed_share * total and (made or not total):
        return
    counts = Counter(refusal.reason for refusal in refusals)
    reason, _ = counts.most_common(1)[0]
    example = next(refusal for refusal in refusals if refusal.reason == reason)
    raise DataError(
        f"{refused} of {total} scans can't be normalized ({_counted(counts)}), more than "
        f"`ingest.failed_share` allows. For instance {example.case_id}: {example.detail}. "
        "Change `normalize`, or mend the scans."
    )


def _record(
    ready: Sequence[Ready], wanted: Wanted, parts: Mapping[str, str], workspace: Workspace
) -> Normalized:
    """What was made of what; the first of `ready` is the candidate's."""
    known = spacings(ready[0], workspace.normalized)
    train = [known[case_id] for case_id in known if parts[case_id] == "train"]
    ours, *champions = (_arrays(one) for one in ready)
    return Normalized(
        **vars(ours),
        spacing=_median(train),
        champion=champions[0] if champions else None,
        inputs=digests.of_json([_seen(case, wanted.outlines) for case in wanted.cases]),
        mask_id=wanted.mask_id,
        voxels_id=wanted.outlines.voxels_id(wanted.recipe.recipe_id),
        structures=tuple(wanted.outlines.asked.targets),
    )


def _seen(case: Case, outlines: Outlines) -> list[str]:
    """What the arrays of a case are made of, by its id."""
    return [case.case_id, case.pixel_digest, *([outlines.digest(case.case_id)] if outlines else [])]


def _median(spacing: Sequence[Sequence[float]]) -> tuple[float, ...] | None:
    """The median of each axis in mm; None where a scan tells no spacing."""
    if not spacing or not all(spacing):
        return None
    return tuple(statistics.median(axis) for axis in zip(*spacing, strict=True))


def _arrays(ready: Ready) -> Arrays:
    stored = (*ready.arrays.items(), *ready.masks.items())
    rows = [[case_id, where.crc32] for case_id, where in stored]
    return Arrays(
        recipe=tuple(ready.recipe.resolved),
        recipe_id=ready.recipe.recipe_id,
        shape=ready.shape,
        dtype=ready.recipe.storage,
        scans=len(ready.arrays),
        refused=dict(Counter(refusal.reason for refusal in ready.refused)),
        output=digests.of_json(rows),
    )


def _line(ready: Ready) -> str:
    total = len(ready.arrays) + len(ready.refused)
    shape = " x ".join("any" if size is None else str(size) for size in ready.shape)
    refused = f"; refused {_counted(Counter(r.reason for r in ready.refused))}" if ready.refused else ""
    return (
        f"{len(ready.arrays):,} of {total:,} scans ready as {shape} {ready.recipe.storage} "
        f"(recipe {ready.recipe.recipe_id}), {ready.computed:,} new{refused}"
    )


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in sorted(counts.items()))
