"""One batch of scans, normalized in a child process into a shard of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline import digests
from pipeline.arrays import Shards, ShardWriter
from pipeline.contracts.normalized import Refusal, spacings_of
from pipeline.normalize.image import Image, Refused
from pipeline.normalize.recipe import Recipe, apply, to_storage
from pipeline.records import Case, Stored


@dataclass(frozen=True)
class Batch:
    """Scans to normalize: their native voxels lie in `native`, their arrays go to a shard in `folder`."""

    recipe: Recipe
    cases: tuple[Case, ...]
    native: Path
    folder: Path

    @property
    def shard(self) -> Path:
        """The shard's path: the same scans and recipe give the same name on any machine."""
        names = digests.of_json([[case.case_id, case.pixel_digest] for case in self.cases])[:16]
        return self.folder / f"{self.recipe.recipe_id}-{names}.npy"


@dataclass(frozen=True)
class Outcome:
    """What became of each scan of a batch."""

    arrays: tuple[tuple[Case, Stored], ...]
    refused: tuple[Refusal, ...]


def normalize(batch: Batch) -> Outcome:
    """The batch's arrays, on disk and synced, and its refusals.

    Beside the shard lies a JSON file of its name with the spacing of each array.

    Raises:
        DamageError: stored native voxels don't match their checksum.
        RetryError: the disk is full.
    """
    arrays: list[tuple[Case, Stored]] = []
    refused: list[Refusal] = []
    spacings: dict[str, list[float]] = {}
    with ShardWriter(batch.shard) as writer:
        for case in batch.cases:
            try:
                image = normalize_case(batch.recipe, case, native=batch.native)
                arrays.append((case, writer.append(to_storage(batch.recipe, image))))
                spacings[case.case_id] = [] if image.spacing_kind == "pixels" else list(image.spacing)
            except Refused as verdict:
                refused.append(Refusal(case.case_id, verdict.reason, verdict.detail, scan_digest(case)))
        spacings_of(batch.shard).write(batch.shard.parent, spacings)
    return Outcome(tuple(arrays), tuple(refused))


def normalize_case(recipe: Recipe, case: Case, *, native: Path) -> Image:
    """One scan after the recipe; `native` is the folder of native shards.

    Raises:
        Refused: the recipe refuses the scan.
        DamageError: its stored voxels don't match their checksum.
    """
    # Shards of its own for each scan: a mapped shard counts against a child's memory limit.
    values = Shards(native).sound(case.case_id, case.stored).astype(np.float32)
    if case.channels == 1:
        values = values[..., np.newaxis]  # (*space, channels)
    image = Image(values, case.geometry.spacing, case.geometry.spacing_kind, case.value_unit)
    return apply(recipe, image)


def scan_digest(case: Case) -> str:
    """The digest of all that a recipe sees of a scan: values, unit and geometry."""
    return digests.of_json([case.pixel_digest, case.value_unit, case.geometry.to_json()])
