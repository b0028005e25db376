"""One batch of scans, normalized in a child process into a shard of its own, and its masks into another."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline import digests
from pipeline.arrays import Shards, ShardWriter
from pipeline.contracts.normalized import Grid, Grids, MadeOf, Refusal, grids_of, made_of
from pipeline.normalize.image import Image, Refused
from pipeline.normalize.outlines import Outlines, some_voxels
from pipeline.normalize.recipe import Recipe, apply, to_storage
from pipeline.records import Case, Stored


@dataclass(frozen=True)
class Batch:
    """Scans to normalize: their native voxels lie in `native`, their arrays go to shards in `folder`."""

    recipe: Recipe
    cases: tuple[Case, ...]
    native: Path
    folder: Path
    outlines: Outlines = field(default_factory=Outlines)

    @property
    def shard(self) -> Path:
        """The shard's path: the same scans and recipe give the same name on any machine."""
        names = digests.of_json([[case.case_id, case.pixel_digest] for case in self.cases])[:16]
        return self.folder / f"{self.recipe.recipe_id}-{names}.npy"

    @property
    def mask_shard(self) -> Path:
        """The path of the shard of bits, by scans, masks, recipe and what is asked."""
        made = [[case.case_id, case.pixel_digest, self.outlines.digest(case.case_id)] for case in self.cases]
        return (
            self.folder / f"{self.outlines.mask_id(self.recipe.recipe_id)}-{digests.of_json(made)[:16]}.npy"
        )


@dataclass(frozen=True)
class Outcome:
    """What became of each scan of a batch.

    If something is outlined, `masks` are where its bits lie, and `voxels` where some of its voxels do.
    """

    arrays: tuple[tuple[Case, Stored], ...]
    refused: tuple[Refusal, ...]
    masks: tuple[tuple[Case, Stored], ...] = ()
    voxels: tuple[tuple[Case, Stored], ...] = ()


def normalize(batch: Batch) -> Outcome:
    """The batch's arrays, on disk and synced, and its refusals.

    Beside each shard lies a JSON file of its name, with the grid of each array or the digest of its masks.

    Raises:
        DamageError: stored native voxels don't match their checksum.
        RetryError: the disk is full.
    """
    arrays: list[tuple[Case, Stored]] = []
    masks: list[tuple[Case, Stored]] = []
    voxels: list[tuple[Case, Stored]] = []
    refused: list[Refusal] = []
    grids: dict[str, Grid] = {}
    with contextlib.ExitStack() as stack:
        writer = stack.enter_context(ShardWriter(batch.shard))
        bits = stack.enter_context(ShardWriter(batch.mask_shard)) if batch.outlines else None
        for case in batch.cases:
            try:
                image = normalize_case(batch.recipe, case, native=batch.native, outlines=batch.outlines)
                arrays.append((case, writer.append(to_storage(batch.recipe, image))))
            except Refused as verdict:
                digest = scan_digest(case, batch.outlines)
                refused.append(Refusal(case.case_id, verdict.reason, verdict.detail, digest))
                continue
            grids[case.case_id] = _grid(image)
            if bits and image.mask is not None:
                some = some_voxels(image.mask[..., 0], len(batch.outlines.asked.targets))
                masks.append((case, bits.append(image.mask[..., 0])))
                voxels.append((case, bits.append(some)))
        grids_of(batch.shard).write(batch.folder, Grids(grids))
        if bits:
            made = {case.case_id: batch.outlines.digest(case.case_id) for case, _ in masks}
            made_of(batch.mask_shard).write(batch.folder, MadeOf(made))
    return Outcome(tuple(arrays), tuple(refused), tuple(masks), tuple(voxels))


def normalize_case(recipe: Recipe, case: Case, *, native: Path, outlines: Outlines) -> Image:
    """One scan after the recipe, its mask moved with it; `native` is the folder of native shards.

    Raises:
        Refused: the recipe refuses the scan, or what is outlined overlaps and mustn't.
        DamageError: its stored voxels don't match their checksum.
    """
    # Shards of its own for each scan: a mapped shard counts against a child's memory limit.
    values: NDArray[Any] = Shards(native).sound(case.case_id, case.stored).astype(np.float32)
    if case.channels == 1:
        values = values[..., np.newaxis]  # (*space, channels)
    mask = outlines.drawn(case, native)
    image = Image(values, case.geometry.spacing, case.geometry.spacing_kind, case.value_unit, mask)
    return apply(recipe, image)


def scan_digest(case: Case, outlines: Outlines) -> str:
    """The digest of all that a recipe sees of a scan: values, unit and geometry, and what is outlined."""
    seen = [case.pixel_digest, case.value_unit, case.geometry.to_json()]
    if outlines:
        seen += [outlines.digest(case.case_id), outlines.mask_id("")]
    return digests.of_json(seen)


def _grid(image: Image) -> Grid:
    return Grid(() if image.spacing_kind == "pixels" else tuple(image.spacing), image.place)
