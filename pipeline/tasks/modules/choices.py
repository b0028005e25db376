"""What a task fixes on the validation part alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from numpy.typing import NDArray

from pipeline.tasks.contract import Chosen
from pipeline.tasks.measured import Json

if TYPE_CHECKING:
    from pipeline import config


class Choices(Protocol):
    """What validation alone fixes."""

    def choose(
        self,
        truth: Sequence[str],
        outputs: NDArray[Any],
        patients: Sequence[str],
        /,
        *,
        question: Any,
        plan: config.Evaluate,
    ) -> Chosen:
        """What the validation cases settle. Raises DataError where they can't."""
        ...

    def of_table(self, table: Any, plan: config.Evaluate) -> Chosen:
        """What the validation rows of a table from elsewhere settle, or what holds without them."""
        ...

    def add_to_metrics(self, metrics: Json, choices: Any) -> None:
        """Puts the choices where metrics.json has them."""
        ...
