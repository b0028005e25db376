"""The stage: the cohort's scans under the configured recipe, and under the champion's where it differs."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence

from pipeline import digests
from pipeline.catalogue import Catalogue
from pipeline.config import Config
from pipeline.contracts import cohort
from pipeline.contracts.normalized import FILE, Arrays, Normalized
from pipeline.errors import DataError
from pipeline.executors import Executor
from pipeline.normalize.champion import Champion, load_champion
from pipeline.normalize.recipe import Recipe, parse
from pipeline.normalize.store import Pool, Ready, bring_up_to_date, remove_unused, spacings, write_refused
from pipeline.printed import scanloom
from pipeline.records import Case, Summary
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
        ready = [
            bring_up_to_date(wanted, needed, catalogue=catalogue, workspace=workspace, pool=pool)
            for wanted, needed in _wanted(recipe, champion, cases, parts)
        ]
        remove_unused(catalogue, workspace.normalized)
    changed = write_refused(workspace, ready)
    for one in ready:
        _require_enough(one, config.ingest.failed_share)
    changed |= FILE.write(workspace.data, _record(ready, cases, parts, workspace))
    return Summary(tuple(_line(one) for one in ready), changed)


def _cohort_cases(catalogue: Catalogue, parts: Mapping[str, str]) -> list[Case]:
    cases = [case for case in catalogue.cases() if case.case_id in parts]
    if len(cases) < len(parts):
        raise DataError(
            f"The cohort names {len(parts) - len(cases)} scans that the catalogue doesn't hold (any more). "
            f"Run `{scanloom('cohort')}` again."
        )
    return cases


def _wanted(
    recipe: Recipe, champion: Champion | None, cases: Sequence[Case], parts: Mapping[str, str]
) -> list[tuple[Recipe, list[Case]]]:
    """Which scans are needed under which recipe: all under ours, some under the champion's."""
    wanted = [(recipe, list(cases))]
    if champion is not None and champion.recipe.recipe_id != recipe.recipe_id:
        scored = [c for c in cases if parts[c.case_id] == "test" or not champion.knows(c)]
        wanted.append((champion.recipe, scored))
    return wanted


def _require_enough(ready: Ready, failed_share: float) -> None:
    refused, total = len(ready.refused), len(ready.refused) + len(ready.arrays)
    if refused <= failed_share * total and (ready.arrays or not total):
        return
    counts = Counter(refusal.reason for refusal in ready.refused)
    reason, _ = counts.most_common(1)[0]
    example = next(refusal for refusal in ready.refused if refusal.reason == reason)
    raise DataError(
        f"{refused} of {total} scans can't be normalized ({_counted(counts)}), more than "
        f"`ingest.failed_share` allows. For instance {example.case_id}: {example.detail}. "
        "Change `normalize`, or mend the scans."
    )


def _record(
    ready: Sequence[Ready], cases: Sequence[Case], parts: Mapping[str, str], workspace: Workspace
) -> Normalized:
    """What was made of what; the first of `ready` is the candidate's."""
    known = spacings(ready[0], workspace.normalized)
    train = [known[case_id] for case_id in known if parts[case_id] == "train"]
    ours, *champions = (_arrays(one) for one in ready)
    return Normalized(
        **vars(ours),
        spacing=_median(train),
        champion=champions[0] if champions else None,
        inputs=digests.of_json([[case.case_id, case.pixel_digest] for case in cases]),
    )


def _median(spacing: Sequence[Sequence[float]]) -> tuple[float, ...] | None:
    """The median of each axis in mm; None where a scan tells no spacing."""
    if not spacing or not all(spacing):
        return None
    return tuple(statistics.median(axis) for axis in zip(*spacing, strict=True))


def _arrays(ready: Ready) -> Arrays:
    rows = [[case_id, stored.crc32] for case_id, stored in ready.arrays.items()]
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
    shape = " x ".join(str(size) for size in ready.shape)
    refused = f"; refused {_counted(Counter(r.reason for r in ready.refused))}" if ready.refused else ""
    return (
        f"{len(ready.arrays):,} of {total:,} scans ready as {shape} {ready.recipe.storage} "
        f"(recipe {ready.recipe.recipe_id}), {ready.computed:,} new{refused}"
    )


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in sorted(counts.items()))
