"""What is outlined in scans: the native masks of a case as bits on its own grid, before any step."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline import digests
from pipeline.arrays import Shards
from pipeline.bits import Bits, joined, of_bit
from pipeline.normalize.image import Refused
from pipeline.records import Case, Mask
from pipeline.tasks.contract import Outlined

OVERLAP = "structures_overlap"
_SOME = 256  # voxels of a structure are kept: patches of more epochs than anybody trains are about others


@dataclass(frozen=True)
class Outlines:
    """What is asked of every voxel, and the masks of each case; nothing where scans have one answer."""

    asked: Outlined = field(default_factory=Outlined)
    masks: Mapping[str, tuple[Mask, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.asked.targets)

    def mask_id(self, recipe_id: str) -> str:
        """12 hex digits of a recipe and of what is asked; empty where nothing is."""
        targets = [[name, list(parts)] for name, parts in self.asked.targets.items()]
        return digests.of_json([recipe_id, targets, self.asked.exclusive])[:12] if self else ""

    def voxels_id(self, recipe_id: str) -> str:
        """12 hex digits of the same for the voxels that are kept; empty where nothing is asked."""
        return digests.of_json([self.mask_id(recipe_id), "voxels"])[:12] if self else ""

    def chosen(self, cases: Sequence[Case]) -> Outlines:
        """The same with the masks of these cases alone."""
        return Outlines(self.asked, {case.case_id: self.masks.get(case.case_id, ()) for case in cases})

    def digest(self, case_id: str) -> str:
        """The digest of the masks of a case; empty where nothing is asked."""
        stored = [[mask.structure, mask.stored.crc32] for mask in self.masks.get(case_id, ())]
        return digests.of_json(stored)[:16] if self else ""

    def drawn(self, case: Case, native: Path) -> Bits | None:
        """The bits `(*space, 1)` of a case on its own grid; None where nothing is asked.

        `native` is the folder of native shards. A structure without a mask has no voxel.

        Raises:
            Refused: targets that exclude each other share voxels.
            DamageError: a stored mask doesn't match its checksum.
        """
        if not self:
            return None
        shards = Shards(native)
        found = {
            mask.structure: shards.sound(case.case_id, mask.stored)
            for mask in self.masks.get(case.case_id, ())
        }
        if self.asked.exclusive:
            _require_apart({name: found[name] for name in self.asked.targets if name in found})
        shape = case.stored.shape[: len(case.geometry.spacing)]
        bits = joined(self._unions(found, shape), shape, len(self.asked.targets))
        return bits[..., np.newaxis]

    def _unions(
        self, found: Mapping[str, NDArray[Any]], shape: tuple[int, ...]
    ) -> Iterator[NDArray[np.bool_]]:
        """Which voxels each target has, of that shape, one after the other."""
        for parts in self.asked.targets.values():
            union = np.zeros(shape, np.bool_)
            for part in parts:
                if part in found:
                    union |= found[part] != 0
            yield union


def some_voxels(bits: Bits, targets: int) -> NDArray[np.int64]:
    """Flat indices of voxels of each target, evenly from all it has, `(targets, 256)`; -1 where it has none.

    >>> some_voxels(np.array([0, 2, 2], np.uint8), 2)[:, [0, -1]].tolist()
    [[-1, -1], [1, 2]]
    """
    some = np.full((targets, _SOME), -1, np.int64)
    for target in range(targets):
        voxels = np.flatnonzero(of_bit(bits, target))
        if voxels.size:
            some[target] = voxels[np.arange(_SOME) * voxels.size // _SOME]
    return some


def _require_apart(masks: Mapping[str, NDArray[Any]]) -> None:
    """Raises Refused with the first two structures that share voxels."""
    for (one, first), (other, second) in itertools.combinations(masks.items(), 2):
        shared = int(np.count_nonzero((first != 0) & (second != 0)))
        if shared:
            raise Refused(
                OVERLAP,
                f"'{one}' and '{other}' share {shared:,} voxels, and each voxel has one answer. Say "
                "`cohort.overlap: true` or name unions in `cohort.regions` where structures may overlap, or "
                "mend the masks",
            )
