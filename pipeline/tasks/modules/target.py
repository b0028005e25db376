"""What a task asks of a cohort: the truth of a case, and what can't be asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from pipeline.contracts.cohort import Cohort
from pipeline.contracts.metrics import Metrics
from pipeline.contracts.model_record import ModelRecord
from pipeline.records import Attribute
from pipeline.tasks.contract import Outlined, Question, Reader, Refuse

if TYPE_CHECKING:
    from pipeline import config


class Target(Protocol):
    """The truth of a case from cells, the stratum of a patient, the refusals."""

    @property
    def KEYS(self) -> frozenset[tuple[str, str]]:  # noqa: N802
        """The keys of the YAML, each with its section, that not all tasks have and this one has."""
        ...

    @property
    def READS_MASKS(self) -> bool:  # noqa: N802
        """Whether the truth of a case stands in its masks; else it stands in a table."""
        ...

    def require_settings(self, settings: config.Config) -> None:
        """Nothing, if the task can be asked so, and has the goal. Raises ConfigError."""
        ...

    def reader(self, cells: Iterable[str], choices: config.Cohort) -> Reader:
        """How the cells of the target column are read."""
        ...

    def check(
        self, cells: Sequence[str], choices: config.Cohort, *, cell_of: Callable[[int], str], refuse: Refuse
    ) -> None:
        """Nothing, if the column has what the YAML says of the target; `cell_of` says where a row stands."""
        ...

    def question(
        self, counts: Mapping[str, int], choices: config.Cohort, *, missing: Mapping[str, int], refuse: Refuse
    ) -> Question:
        """The question that these values ask. Raises ConfigError or DataError where they ask none."""
        ...

    def question_of(self, record: Cohort | Metrics | ModelRecord) -> Question:
        """The question that a record holds."""
        ...

    def same(self, one: Any, other: Any) -> bool:
        """Whether two models answer one question."""
        ...

    def require_same(self, champion: Any, candidate: Any) -> None:
        """Nothing, if they do. Raises GateError with both questions."""
        ...

    def targets(self, question: Any) -> tuple[str, ...]:
        """The names of the targets where the question has several, none where it has one.

        The value of a case is the cells of all of them, joined in this order.
        """
        ...

    def outlined(self, question: Any) -> Outlined:
        """What is asked of every voxel; nothing where a scan has one answer."""
        ...

    def stratum(self, values: Iterable[str], question: Any) -> str:
        """The stratum in which a patient whose scans have these values is drawn."""
        ...

    def counts(self, values: Iterable[str], question: Any) -> dict[str, int]:
        """How many of the values in a part give each answer that is counted."""
        ...

    def in_words(self, values: Iterable[str], question: Any) -> str:
        """The same in words for the terminal."""
        ...

    def described(self, value: str, question: Any) -> dict[str, Attribute]:
        """What is compared of a patient's truth when new scans come, by name."""
        ...

    def require_parts(
        self,
        part_of: Mapping[str, str],
        values: Mapping[str, Collection[str]],
        question: Any,
        *,
        one_vote: bool,
        advice: str,
    ) -> None:
        """Nothing, if each part can be used, given every patient's values. Raises DataError.

        With `one_vote` patients are evaluated, not cases.
        """
        ...
