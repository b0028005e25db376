"""Brings the stored arrays of a recipe up to date: what is there stays, only what is new is computed."""

from __future__ import annotations

import dataclasses
import itertools
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pipeline import executors
from pipeline.catalogue import Catalogue
from pipeline.contracts.normalized import REFUSED, Refusal, grids_of, made_of
from pipeline.contracts.normalized import Refused as Refusals
from pipeline.errors import DataError, RetryError
from pipeline.executors import ChildLimits, Executor, Failure
from pipeline.normalize.batch import Batch, Outcome, normalize, normalize_case, scan_digest
from pipeline.normalize.image import Refused
from pipeline.normalize.outlines import Outlines
from pipeline.normalize.recipe import Recipe, to_storage
from pipeline.progress import bar
from pipeline.records import Case, Stored
from pipeline.workspace import Workspace

_FAILED: Final = "failed_"
_UNLIKE: Final = "other_"  # a scan of another source than all others are
_ALIKE: Final = 0.01  # of a spacing: a header rounds to as much

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Pool:
    """Who works, and what each child may use."""

    executor: Executor
    seconds_a_scan: float
    memory_mb: int


@dataclass(frozen=True)
class Wanted:
    """Scans that are needed under a recipe, and what is outlined in them.

    They may differ in shape where they are asked about patch by patch (`in_patches`). Those of another source
    (`abroad`, case_ids) follow the others: what doesn't fit is refused and stops nothing.
    """

    recipe: Recipe
    cases: Sequence[Case]
    outlines: Outlines = field(default_factory=Outlines)
    in_patches: bool = False
    abroad: frozenset[str] = frozenset()

    @property
    def mask_id(self) -> str:
        """The id of the arrays of bits; empty where nothing is outlined."""
        return self.outlines.mask_id(self.recipe.recipe_id)


@dataclass(frozen=True)
class Ready:
    """The arrays of a recipe, by case_id, the scans it refuses, and how many were computed just now.

    `masks` are the bits of what is outlined.
    """

    recipe: Recipe
    arrays: Mapping[str, Stored]
    masks: Mapping[str, Stored]
    refused: tuple[Refusal, ...]
    computed: int

    @property
    def shape(self) -> tuple[int | None, ...]:
        """The shape of all arrays, `(*space, channels)`, None on the axes on which they differ."""
        axes = zip(*(stored.shape for stored in self.arrays.values()), strict=True)
        return tuple(axis[0] if len(set(axis)) == 1 else None for axis in axes)


def bring_up_to_date(wanted: Wanted, *, catalogue: Catalogue, workspace: Workspace, pool: Pool) -> Ready:
    """The arrays of all scans that are wanted, computing those that are missing, or whose bits are.

    A batch's rows appear in the catalogue in one transaction, after its shards are on disk.

    Raises:
        DataError: the recipe doesn't end in one shape, or of several ones in one spacing.
        DamageError: stored native voxels don't match their checksum.
        RetryError: the disk has no room for the missing arrays, or fills up.
    """
    refused = _known_refusals(workspace, wanted)
    arrays, masks = _present(catalogue, wanted, workspace.normalized)
    known = arrays.keys() | {refusal.case_id for refusal in refused}
    pending = [case for case in wanted.cases if case.case_id not in known]
    if pending:
        require_space(workspace.data, _need_bytes(wanted, pending, workspace.cases))
    shapes = {stored.shape for case_id, stored in arrays.items() if case_id not in wanted.abroad}
    batches = _batches(wanted, pending, workspace)
    with bar("normalize", len(pending), "scans") as progress:
        for batch, outcome in _outcomes(batches, pool):
            shapes |= {stored.shape for case, stored in outcome.arrays if case.case_id not in wanted.abroad}
            _require_one_shape(_compared(shapes, wanted))
            arrays |= {case.case_id: stored for case, stored in outcome.arrays}
            masks |= {case.case_id: stored for case, stored in outcome.masks}
            with catalogue.transaction():
                catalogue.put_arrays(wanted.recipe.recipe_id, outcome.arrays)
                catalogue.put_arrays(wanted.mask_id, outcome.masks)
                catalogue.put_arrays(wanted.outlines.voxels_id(wanted.recipe.recipe_id), outcome.voxels)
            refused += outcome.refused
            progress.advance(len(batch.cases))
    refused.sort(key=lambda refusal: refusal.case_id)
    ready = Ready(
        wanted.recipe,
        arrays=dict(sorted(arrays.items())),
        masks=dict(sorted(masks.items())),
        refused=tuple(refused),
        computed=len(pending),
    )
    return _fitting(ready, wanted, workspace.normalized)


def spacings(ready: Ready, folder: Path) -> dict[str, tuple[float, ...]]:
    """The spacing of each array in mm per axis, by case_id; empty where the scan tells none."""
    spacing_of: dict[str, tuple[float, ...]] = {}
    for shard in _shards(ready.arrays):
        grids = grids_of(folder / shard).read(folder).arrays
        spacing_of |= {case_id: grid.spacing for case_id, grid in grids.items()}
    return {case_id: spacing_of[case_id] for case_id in ready.arrays}


def write_refused(workspace: Workspace, ready: Sequence[Ready]) -> bool:
    """Whether the list of refused scans, by recipe, changed."""
    refused = Refusals({one.recipe.recipe_id: one.refused for one in ready})
    return REFUSED.write(workspace.normalized, refused)


def remove_unused(catalogue: Catalogue, folder: Path) -> None:
    """Removes shards that no row of the catalogue names: killed batches, scans that changed or went."""
    for path in catalogue.unused_shards("arrays", folder):
        path.unlink()
        grids_of(path).path(folder).unlink(missing_ok=True)


def require_space(folder: Path, need_bytes: int) -> None:
    """Nothing, if the disk of `folder` has room for `need_bytes`.

    Raises:
        RetryError: it hasn't.
    """
    free_bytes = shutil.disk_usage(folder).free
    if need_bytes > free_bytes:
        raise RetryError(
            f"The arrays need {need_bytes / 2**20:,.0f} MB, and {folder} has "
            f"{free_bytes / 2**20:,.0f} MB free. Nothing was written: make room, or choose a smaller "
            "shape in `normalize`, and run it again."
        )


def _known_refusals(workspace: Workspace, wanted: Wanted) -> list[Refusal]:
    """Refusals of earlier runs that still hold; a scan whose child failed is tried again."""
    stored = REFUSED.find(workspace.normalized)
    known = stored.recipes.get(wanted.recipe.recipe_id, ()) if stored else ()
    cases = wanted.cases if known else ()
    digest_of = {case.case_id: scan_digest(case, wanted.outlines) for case in cases}
    return [
        refusal
        for refusal in known
        if digest_of.get(refusal.case_id) == refusal.scan_digest
        and not refusal.reason.startswith((_FAILED, _UNLIKE))
    ]


def _present(
    catalogue: Catalogue, wanted: Wanted, folder: Path
) -> tuple[dict[str, Stored], dict[str, Stored]]:
    """Where the arrays that are wanted lie, and their bits: of the cases that have both."""
    cases = {case.case_id for case in wanted.cases}
    arrays = _in_shards(catalogue.arrays(wanted.recipe.recipe_id), cases, folder)
    known = {shard: grids_of(folder / shard).read(folder).arrays for shard in _shards(arrays)}
    arrays = {case_id: where for case_id, where in arrays.items() if case_id in known[where.shard]}
    if not wanted.outlines:
        return arrays, {}
    masks = _in_shards(catalogue.arrays(wanted.mask_id), cases & arrays.keys(), folder)
    made = {shard: made_of(folder / shard).read(folder).masks for shard in _shards(masks)}
    sound = {
        case_id: where
        for case_id, where in masks.items()
        if made[where.shard].get(case_id) == wanted.outlines.digest(case_id)
    }
    return {case_id: arrays[case_id] for case_id in sound}, sound


def _in_shards(stored: Mapping[str, Stored], cases: Collection[str], folder: Path) -> dict[str, Stored]:
    """The rows of these cases whose shard is there."""
    shards = {path.name for path in folder.glob("*.npy")}
    return {case_id: where for case_id, where in stored.items() if case_id in cases and where.shard in shards}


def _shards(stored: Mapping[str, Stored]) -> list[str]:
    return sorted({where.shard for where in stored.values()})


def _need_bytes(wanted: Wanted, cases: Sequence[Case], native: Path) -> int:
    """The size of all arrays and their bits, by that of the first scan that isn't refused.

    Of several shapes each has its share by the size of its native voxels.
    """
    for case in cases:
        try:
            image = normalize_case(wanted.recipe, case, native=native, outlines=wanted.outlines)
            bits = 0 if image.mask is None else image.mask.nbytes
            one = to_storage(wanted.recipe, image).nbytes + bits
            whole = sum(other.stored.nbytes for other in cases)
            return one * whole // case.stored.nbytes if wanted.in_patches else one * len(cases)
        except Refused:
            continue
        except MemoryError:
            raise RetryError(
                f"Case {case.case_id} of shape {case.stored.shape} needs more memory than this machine "
                "gives. Run it on a larger machine, or put a coarser `resample` first in `normalize`."
            ) from None
    return 0


def _batches(wanted: Wanted, pending: Sequence[Case], workspace: Workspace) -> list[Batch]:
    """The scans of one native shard together, in the order of their ids.

    The rule depends on nothing but the stored scans, so a run after a kill cuts what is left into
    the very batches that were lost, and shards have the same bytes for any number of workers.
    """
    ordered = sorted(pending, key=lambda case: (case.stored.shard, case.case_id))
    groups = [tuple(cases) for _, cases in itertools.groupby(ordered, key=lambda case: case.stored.shard)]
    folders = workspace.cases, workspace.normalized
    return [Batch(wanted.recipe, cases, *folders, wanted.outlines.chosen(cases)) for cases in groups]


def _outcomes(batches: Sequence[Batch], pool: Pool) -> Iterator[tuple[Batch, Outcome]]:
    """Each batch's outcome; the scans of a batch whose child failed are tried alone, by half the workers."""
    again: list[Batch] = []
    for batch, outcome in _in_children(batches, pool):
        if isinstance(outcome, Failure):
            again += [dataclasses.replace(batch, cases=(case,)) for case in batch.cases]
        else:
            yield batch, outcome
    # Half as many at a time leave each twice the memory, should the machine have run out of it.
    half = dataclasses.replace(pool.executor, workers=max(1, pool.executor.size // 2))
    for batch, outcome in _in_children(again, dataclasses.replace(pool, executor=half)):
        yield batch, _as_refusal(batch, outcome) if isinstance(outcome, Failure) else outcome


def _in_children(batches: Sequence[Batch], pool: Pool) -> Iterator[tuple[Batch, Outcome | Failure]]:
    if not batches:
        return
    largest = max(len(batch.cases) for batch in batches)
    limits = ChildLimits(seconds=largest * pool.seconds_a_scan, memory_mb=pool.memory_mb)
    yield from executors.run(normalize, batches, executor=pool.executor, limits=limits)


def _as_refusal(batch: Batch, failure: Failure) -> Outcome:
    (case,) = batch.cases
    detail = f"the child process gave no result ({failure.detail})"
    return Outcome(
        (), (Refusal(case.case_id, _FAILED + failure.kind, detail, scan_digest(case, batch.outlines)),)
    )


def _fitting(ready: Ready, wanted: Wanted, folder: Path) -> Ready:
    """Without the scans of another source that a model of the others doesn't take: those are refused.

    Raises DataError where the others have several spacings beside several shapes.
    """
    home = ready.arrays.keys() - wanted.abroad or ready.arrays.keys()
    shapes = {ready.arrays[case_id].shape for case_id in home}
    _require_one_shape(_compared(shapes, wanted))
    if len({stored.shape for stored in ready.arrays.values()}) < 2:
        return ready
    spacing_of = spacings(ready, folder)
    known = {spacing_of[case_id] for case_id in home}
    if len(shapes) > 1:
        _require_one_spacing(known)
    unlike = []
    for case in (case for case in wanted.cases if case.case_id in ready.arrays.keys() - home):
        shape, spacing = ready.arrays[case.case_id].shape, spacing_of[case.case_id]
        digest = scan_digest(case, wanted.outlines)
        if not _compared({shape}, wanted) <= _compared(shapes, wanted):
            detail = f"a scan of another source, of the shape {list(shape)}, which no other scan has"
            unlike.append(Refusal(case.case_id, f"{_UNLIKE}shape", detail, digest))
        elif {shape} != shapes and not any(_alike(spacing, one) for one in known):
            detail = f"a scan of another source, with voxels of {_in_words(spacing)} mm, which no other has"
            unlike.append(Refusal(case.case_id, f"{_UNLIKE}spacing", detail, digest))
    gone = {refusal.case_id for refusal in unlike}
    return dataclasses.replace(
        ready,
        arrays={case_id: where for case_id, where in ready.arrays.items() if case_id not in gone},
        masks={case_id: where for case_id, where in ready.masks.items() if case_id not in gone},
        refused=tuple(sorted((*ready.refused, *unlike), key=lambda refusal: refusal.case_id)),
    )


def _compared(shapes: Collection[Shape], wanted: Wanted) -> set[Shape]:
    """Of shapes that which must be one: of scans that are asked about in patches the channels alone."""
    return {shape[-1:] for shape in shapes} if wanted.in_patches else {*shapes}


def _require_one_shape(shapes: Collection[Shape]) -> None:
    if len(shapes) < 2:
        return
    examples = " and ".join(str(list(shape)) for shape in sorted(shapes)[:2])
    if len({shape[:-1] for shape in shapes}) == 1:
        raise DataError(
            f"After `normalize` scans have different numbers of channels (the last of {examples}). "
            "Grey and colour scans can't be mixed: choose one kind by `ingest.modalities`."
        )
    raise DataError(
        f"After `normalize` scans have different shapes ({examples}), and a model needs one. End the recipe "
        "with '- resize: {shape: [...]}', or with '- crop_or_pad: {shape: [...]}' to keep the spacing."
    )


def _require_one_spacing(known: Collection[tuple[float, ...]]) -> None:
    """Raises DataError where scans of several shapes have voxels of several lengths, too."""
    first, *others = sorted(known)
    for other in others:
        if not _alike(first, other):
            examples = f"{_in_words(first)} and {_in_words(other)}"
            raise DataError(
                f"After `normalize` scans have different shapes and different spacings ({examples} mm), so "
                "that a voxel has no one length. End the recipe with '- resample: {spacing_mm: [...]}'."
            )


def _alike(one: Sequence[float], other: Sequence[float]) -> bool:
    pairs = list(zip(one, other, strict=False))
    return len(one) == len(other) and all(abs(a - b) <= _ALIKE * max(a, b) for a, b in pairs)


def _in_words(spacing: Sequence[float]) -> str:
    return " x ".join(f"{size:g}" for size in spacing) or "none"
