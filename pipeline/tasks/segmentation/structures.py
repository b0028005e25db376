"""The question of a segmentation: its structures, and how voxels and cells say which of them they have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from pipeline.bits import bits_for
from pipeline.contracts import targets
from pipeline.contracts.cohort import Cohort
from pipeline.contracts.metrics import Metrics
from pipeline.contracts.model_record import ModelRecord
from pipeline.contracts.operating import Operating
from pipeline.tasks.contract import Outlined

PRESENT, ABSENT, UNKNOWN = "1", "0", ""
"""The cells of a structure: a mask has it, a mask says it isn't there, or there is no mask of it."""

MOST: Final = 32
"""Structures of one question: their bits stand in one number a voxel."""


@dataclass(frozen=True)
class Structures:
    """The targets in the order of their bits, and what the YAML says of them.

    `may_be_absent` are those that some scan of the cohort hasn't got, so that they can be invented.
    `names` are declared structures, then `regions`, each the union of some of those. Where targets are
    `exclusive`, no voxel has two of them. Bit k of a voxel, and class k + 1 of a softmax, is `names[k]`.
    """

    names: tuple[str, ...]
    may_be_absent: tuple[str, ...] = ()
    regions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    exclusive: bool = True

    def to_json(self) -> dict[str, Any]:
        """The question as it is handed on, by key."""
        return {
            "structures": list(self.names),
            "may_be_absent": list(self.may_be_absent),
            "regions": {name: list(parts) for name, parts in self.regions.items()},
            "exclusive": self.exclusive,
        }

    @property
    def bits(self) -> np.dtype[np.unsignedinteger[Any]]:
        """The smallest type of number that has a bit for each target.

        >>> Structures(("lung", "nodule")).bits
        dtype('uint8')
        """
        return bits_for(len(self.names))

    @property
    def outlined(self) -> Outlined:
        """What is asked of every voxel."""
        parts = {name: self.regions.get(name, (name,)) for name in self.names}
        return Outlined(parts, self.exclusive)

    @property
    def channels(self) -> int:
        """How many numbers a network gives for a voxel: with background where targets exclude each other."""
        return len(self.names) + 1 if self.exclusive else len(self.names)


@dataclass(frozen=True)
class _Asked:
    """The question as it is handed on."""

    structures: tuple[str, ...]
    may_be_absent: tuple[str, ...] = ()
    regions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    exclusive: bool = True


def read(record: Cohort | Metrics | ModelRecord | Operating) -> Structures:
    """The question that a record holds. Raises DamageError where it is none of structures."""
    asked = record.question.opened(_Asked)
    return Structures(asked.structures, asked.may_be_absent, asked.regions, asked.exclusive)


def of_names(names: Sequence[str]) -> Structures:
    """The question of a table whose columns have these names."""
    return Structures(tuple(names))


def cells_of(value: str, names: Sequence[str]) -> Mapping[str, str]:
    """The cell of each target in a value."""
    return dict(zip(names, targets.parted(value, len(names)), strict=True))
