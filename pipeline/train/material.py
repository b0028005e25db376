"""What training may see: the cohort without its test part, and the normalized arrays of those scans."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline import digests
from pipeline.arrays import Shards
from pipeline.catalogue import Catalogue
from pipeline.contracts import cohort as cohorts
from pipeline.contracts import normalized as arrays
from pipeline.contracts.cohort import PERSON, Cohort
from pipeline.contracts.normalized import Normalized
from pipeline.contracts.objects import ObjectFile
from pipeline.errors import DataError
from pipeline.printed import scanloom
from pipeline.records import Stored
from pipeline.tasks.contract import Question, Targets
from pipeline.tasks.registry import Task
from pipeline.workspace import Workspace

R = TypeVar("R")
_PARTS = ("train", "validation")
_COLUMNS = ("case_id", "part", "target")


@dataclass(frozen=True)
class Part:
    """Scans of one part by case_id: their targets, `(cases, ...)`, and where their arrays lie.

    Where voxels are asked for, `marked` says where their bits lie, and `some` where some voxels of each
    structure do, as flat indices.
    """

    case_ids: tuple[str, ...]
    targets: Targets
    stored: tuple[Stored, ...]
    shards: Shards
    marked: tuple[Stored, ...] = ()
    some: tuple[Stored, ...] = ()

    def read(self, index: int) -> NDArray[Any]:
        """The array of case `index`, memory-mapped."""
        return self.shards.read(self.stored[index])

    def bits(self, index: int) -> NDArray[Any]:
        """What is marked in the voxels of case `index`, memory-mapped."""
        return self.shards.read(self.marked[index])

    def voxels(self, index: int) -> NDArray[np.int64]:
        """Some voxels of each structure in case `index`, `(structures, count)`; -1 where it has none."""
        return self.shards.read(self.some[index])

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shape of each scan, without its channels."""
        return [stored.shape[:-1] for stored in self.stored]

    def joined(self, other: Part) -> Part:
        """The scans of both parts, by case_id."""
        case_ids = self.case_ids + other.case_ids
        order = sorted(range(len(case_ids)), key=case_ids.__getitem__)

        def ordered(stored: tuple[Stored, ...]) -> tuple[Stored, ...]:
            return tuple(stored[index] for index in order) if stored else ()

        return Part(
            case_ids=tuple(case_ids[index] for index in order),
            targets=np.concatenate([self.targets, other.targets])[order],
            stored=ordered(self.stored + other.stored),
            shards=self.shards,
            marked=ordered(self.marked + other.marked),
            some=ordered(self.some + other.some),
        )

    @property
    def empty(self) -> Part:
        """The part without its scans."""
        return Part((), self.targets[:0], (), self.shards)

    def check(self) -> None:
        """Raises DamageError when an array is not the one that was written."""
        for kind in filter(None, (self.stored, self.marked, self.some)):
            for case_id, stored in zip(self.case_ids, kind, strict=True):
                self.shards.sound(case_id, stored)

    @property
    def digest(self) -> str:
        """The digest of the cases and their targets."""
        return digests.of_json(list(zip(self.case_ids, self.targets.tolist(), strict=True)))

    @property
    def contents(self) -> list[int]:
        """The checksums of the arrays."""
        return [stored.crc32 for stored in (*self.stored, *self.marked)]


@dataclass(frozen=True)
class Material:
    """The two parts, the question, and what the cohort and the stage `normalize` say of them."""

    question: Question
    train: Part
    validation: Part
    cohort: Cohort
    normalized: Normalized
    patch: tuple[int, ...] | None = None

    @property
    def channels(self) -> int:
        """How many numbers a voxel has."""
        return self.train.stored[0].shape[-1]

    @property
    def input_shape(self) -> tuple[int, ...]:
        """What the network takes, channels last: the shape of every array, or the patch that is cut of it."""
        return (*(self.patch or self.train.stored[0].shape[:-1]), self.channels)

    @property
    def together(self) -> Material:
        """The same with both parts to be trained on, and nothing left to validate on."""
        return replace(self, train=self.train.joined(self.validation), validation=self.validation.empty)


def read(workspace: Workspace, task: Task) -> Material:
    """The material of the frozen cohort.

    Raises DataError when an earlier stage hasn't run, or a part lacks what the task learns from, DamageError
    when an array is not the one that was written.
    """
    cohort = _required(cohorts.FILE, workspace.candidate, "cohort")
    question = task.target.question_of(cohort)
    normalized = _required(arrays.FILE, workspace.data, "normalize")
    frame = _without_test(workspace)
    with Catalogue(workspace.catalogue) as catalogue:
        stored = catalogue.arrays(normalized.recipe_id)
        marked, some = (
            catalogue.arrays(name) if name else {} for name in (normalized.mask_id, normalized.voxels_id)
        )
    shards = Shards(workspace.normalized)
    train, validation = (
        _part(
            frame[frame["part"] == name],
            partial(task.learning.targets, question=question),
            (stored, marked, some),
            shards=shards,
        )
        for name in _PARTS
    )
    task.learning.require(train.targets, validation.targets, question)
    for part in (train, validation):
        part.check()
    return Material(question, train, validation, cohort, normalized)


def persons(workspace: Workspace, case_ids: Sequence[str]) -> tuple[str, ...]:
    """Whose scans these cases of the cohort are."""
    rows = cohorts.TABLE.frame(workspace.candidate)
    person_of = dict(zip(rows["case_id"], rows[PERSON], strict=True))
    return tuple(person_of[case_id] for case_id in case_ids)


def _required(file: ObjectFile[R], folder: Path, stage: str) -> R:
    record = file.find(folder)
    if record is None:
        raise DataError(f"{file.name} is missing: nothing can be trained before `{scanloom(stage)}`.")
    return record


def _without_test(workspace: Workspace) -> pd.DataFrame:
    """The cohort's rows that may be looked at, sorted by case; the test part's are dropped unread."""
    frame = cohorts.TABLE.frame(workspace.candidate)[list(_COLUMNS)]
    return frame[frame["part"].isin(_PARTS)].sort_values("case_id", ignore_index=True)


def _part(
    frame: pd.DataFrame,
    targets: Callable[[Sequence[str]], Targets],
    arrays: Sequence[Mapping[str, Stored]],
    *,
    shards: Shards,
) -> Part:
    """The part's scans that have an array; `normalize` told of the others, with a reason each.

    `arrays` are those of the scans, then those of their bits and of some of their voxels, none where no
    voxels are asked for.
    """
    stored = arrays[0]
    frame = frame[frame["case_id"].isin(stored.keys())]
    return Part(
        case_ids=tuple(frame["case_id"]),
        targets=targets(list(frame["target"])),
        shards=shards,
        **{
            name: tuple(known[case_id] for case_id in frame["case_id"]) if known else ()
            for name, known in zip(("stored", "marked", "some"), arrays, strict=True)
        },
    )
