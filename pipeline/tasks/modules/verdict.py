"""What a task judges a candidate by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from pipeline.config import Evaluate
from pipeline.contracts.comparison import Flips
from pipeline.tasks.contract import Pairs, Table, Unit
from pipeline.tasks.gain import Gain, Guard, Promise

if TYPE_CHECKING:
    import pandas as pd


class Verdict(Protocol):
    """What a candidate is judged by: the metric of the required rows, and the guards."""

    @property
    def HEADLINE(self) -> str:  # noqa: N802
        """The metric that the required rows are about."""
        ...

    @property
    def GUARDS(self) -> Sequence[Guard]:  # noqa: N802
        """What vetoes on a shown loss."""
        ...

    def pair(
        self, cohort: pd.DataFrame, reference: Table, *, candidate: Table, question: Any, unit: Unit
    ) -> Pairs | None:
        """The labelled units of the cohort that both models scored, None of none."""
        ...

    def common_cases(self, cohort: pd.DataFrame, *predictions: pd.DataFrame) -> pd.DataFrame:
        """The labelled rows of the cohort that every table of predictions scored."""
        ...

    def gain(self, metric: str, pairs: Any, *, alpha: float, seed: int) -> Gain:
        """The gain in a metric; each bound is missed with probability `alpha`."""
        ...

    def can_be_compared(self, pairs: Any) -> bool:
        """Whether the headline can be had at all."""
        ...

    def too_few(self, pairs: Any) -> str | None:
        """Why no answer can be had from so few patients, None where one can."""
        ...

    def rarest(self, pairs: Any) -> float:
        """The share of patients that limits the answer."""
        ...

    def patients_needed(self, rarest: float) -> int:
        """How many patients a part must have for an answer, given that share."""
        ...

    def finding_patients(self, pairs: Any) -> int | None:
        """How many patients have the finding, None where nothing is looked for."""
        ...

    def in_words(self, pairs: Any) -> str:
        """What the pairs rest on, in words."""
        ...

    def promises(self, fixed: Any, plan: Evaluate, question: Any) -> Sequence[Promise]:
        """What the sets or intervals of a model promise to hold, given what validation fixed."""
        ...

    def flips(self, pairs: Any, question: Any, *, level: float) -> Flips | None:
        """Who changes sides, with intervals of `level`; None where an answer has no side."""
        ...
