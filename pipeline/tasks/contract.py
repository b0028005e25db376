"""What passes between a stage and a task.

A task's own records (its question, what validation fixed, a view) pass through the stages unopened.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.bits import Bits
from pipeline.contracts.cohort import Notice
from pipeline.errors import ConfigError
from pipeline.statistics.vectors import Flags
from pipeline.tasks.measured import Json

if TYPE_CHECKING:
    import pandas as pd


Fixed = Any
"""What validation fixed, as later answers are made with it: the task's own record."""
View = Any
"""The rows that are measured at a time: the task's own record."""
Unit = Literal["patient", "case"]
Labels = np.ndarray[Any, np.dtype[np.object_]]
Targets = NDArray[Any]
Loss = Callable[[Any, Any], Any]
Weigh = Callable[[Targets], NDArray[np.float64]]
"""From targets to how much each case counts."""
Overlaps = Callable[[Any, Any, Any], Any]
"""From bits and logits of voxels, and which of them count, to the sums of each scan, in `keras.ops`."""
Refuse = Callable[[tuple[str | int, ...], str], ConfigError]
"""The error that says a message at the place of keys in the YAML."""


class Question(Protocol):
    """What is asked, as it stands in cohort.json, model.json and operating.json."""

    def to_json(self) -> dict[str, Any]:
        """The keys of the question in those records."""
        ...


@dataclass(frozen=True)
class Outlined:
    """What is asked of every voxel: the targets in the order of their bits; none where a scan has one answer.

    Each has the structures whose union it is. Where they are `exclusive`, no voxel has two targets.
    """

    targets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    exclusive: bool = True


class Reader(Protocol):
    """How the cells of the target column are read."""

    def value_of(self, cell: str) -> str:
        """The value that a cell stands for, empty for a missing one."""
        ...

    @property
    def on_missing(self) -> str:
        """What the YAML may say of a word that stands for nothing; empty where it may say nothing."""
        ...

    @property
    def on_conflict(self) -> str:
        """What else may be done about rows of one scan that contradict each other; empty for nothing else."""
        ...

    def notices(self, cells: Mapping[str, int]) -> Iterable[Notice]:
        """What a person should know of how cells were read, given the labelled scans of each cell."""
        ...

    def agreed(self, values: Sequence[str]) -> str | None:
        """The value that different ones of one scan give together, None where they contradict each other."""
        ...

    def in_words(self, value: str) -> str:
        """A value as a person is told of it."""
        ...

    def named(self, value: str) -> Collection[str]:
        """The answers in a value that should be some scan's, such as its class; none of a measured number."""
        ...

    def require(
        self, counts: Mapping[str, int], column: str, *, cell_of: Callable[[str], str], refuse: Refuse
    ) -> None:
        """Nothing, if the values can be this task's; else the task that fits is named."""
        ...


class Chosen(Protocol):
    """What validation settled."""

    @property
    def fixed(self) -> Fixed:
        """What every later answer is made with."""
        ...

    def to_json(self) -> Json:
        """What operating.json says of it."""
        ...


class Pairs(Protocol):
    """Units (patients, or cases of patients) that two models scored, by name."""

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each unit."""
        ...

    @property
    def patients(self) -> int:
        """How many patients the units belong to."""
        ...

    def chosen(self, keep: Flags) -> Pairs:
        """The units that `keep` (one flag a unit) marks."""
        ...


@dataclass(frozen=True)
class Validation:
    """The loss of the validation part, which is watched, and what else was measured; None: not to be had."""

    loss: float
    numbers: Mapping[str, float | None]


class Predicted(Protocol):
    """A checked table of predictions; more of it is the task's own."""

    @property
    def frame(self) -> pd.DataFrame:
        """The rows as text, with `case_id, patient_id, part, truth, status` at least."""
        ...

    def measurable(self, part: str) -> Flags:
        """Which rows of a part have both a prediction and a known truth, shape (cases,)."""
        ...


class Number(Protocol):
    """A value with the ends of its interval, each None where it isn't there."""

    @property
    def value(self) -> Any:
        """The value, a number."""
        ...

    @property
    def low(self) -> float | None:
        """The lower end."""
        ...

    @property
    def high(self) -> float | None:
        """The upper end."""
        ...


@dataclass(frozen=True)
class Score:
    """What the score of a case is, in words, and how it is printed: in per cent, or with its unit.

    `evidence` is what the heat on a case speaks for.
    """

    words: str
    measured_in: str = ""
    in_per_cent: bool = False
    evidence: str = "the answer given"


@dataclass(frozen=True)
class Grouped:
    """How cases are counted by their truth: a heading, the group of each case, the order of the groups."""

    heading: str
    of_cases: Sequence[str]
    order: Sequence[str]


@dataclass(frozen=True)
class Kind:
    """A kind of cases that a gallery shows, and how many of it."""

    name: str
    shown: int


@dataclass(frozen=True)
class Pictured:
    """What a case can be shown for: its kind, what is true and what was said, and how sure that was."""

    kind: str
    truth: str
    said: str
    sureness: float


@dataclass(frozen=True, eq=False)
class Overlay:
    """A case to be shown with its outlines: its kind, how it agrees, and the masks on the scan's own grid.

    `truth` and `said` give the bits `(*space,)` of the structures `names`, read when asked for; `told` says
    in words how each structure agrees, `score` their mean, None where the reference holds none.
    """

    kind: str
    case_id: str
    patient_id: str
    score: float | None
    told: str
    names: tuple[str, ...]
    truth: Callable[[], Bits]
    said: Callable[[], Bits]


@dataclass(frozen=True)
class Table:
    """One model's predictions, a row a case, and what its validation fixed."""

    predictions: pd.DataFrame
    fixed: Fixed
