"""How a network's output becomes rows of predictions, and a score a decision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from numpy.typing import NDArray

from pipeline import scoring
from pipeline.contracts.operating import Operating
from pipeline.statistics.vectors import Floats, Integers
from pipeline.tasks.contract import Fixed, Kind, Overlay, Pictured, Predicted

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from pipeline.tasks.sheet import Sheet


class Answers(Protocol):
    """The network's output as rows of predictions, and back; the one definition of a decision."""

    def ask(
        self, scorer: scoring.Scorer, case_ids: Sequence[str], scans: scoring.Scans, *, shown: str
    ) -> scoring.Answers:
        """The network's answers for cases, in their order; `shown` names the work to the person who waits."""
        ...

    def frozen(self, operating: Operating | None) -> Fixed:
        """What the record holds; before the evaluation nothing is fixed."""
        ...

    def scores(self, logits: Floats, fixed: Fixed) -> Floats:
        """What the decision is made of, shape (cases, outputs); nan rows stay nan."""
        ...

    def decided(self, scores: Floats, fixed: Fixed) -> Integers | None:
        """The decision of each row, shape (cases,); None where nothing is decided."""
        ...

    def followed(self, scores: Floats, question: Any) -> Integers:
        """Which output of each row a reader follows, shape (cases,)."""
        ...

    def table(
        self,
        cases: pd.DataFrame,
        outputs: NDArray[Any],
        reasons: Sequence[str],
        /,
        *,
        question: Any,
        fixed: Fixed,
    ) -> pd.DataFrame:
        """The table of predictions of `cases`, which have `case_id, patient_id, part, truth` and groups."""
        ...

    def read(self, path: Path) -> Predicted:
        """The checked table in a file. Raises DataError (file, line, column, what to do)."""
        ...

    def outputs(self, predictions: pd.DataFrame, question: Any) -> Floats:
        """The network's own outputs as a table of predictions holds them, shape (rows, outputs)."""
        ...

    def marked(self, kept: Path, case_id: str, *, question: Any, fixed: Fixed) -> Any:
        """What the model marks in a case, bits on the scan's own grid, from the folder where they are kept.

        None where a scan has one answer.
        """
        ...

    def in_words(self, predicted: Sequence[str]) -> str:
        """The predictions of a table in a few words for the terminal."""
        ...

    def observed(self, predictions: pd.DataFrame, question: Any) -> dict[str, Floats]:
        """What is compared of each row when new scans come, by name."""
        ...

    def output_of(self, predicted: str, question: Any) -> int:
        """Which output of the network says what `pictured` has in words."""
        ...

    def kinds(self, question: Any) -> tuple[Kind, ...]:
        """The kinds of cases that a gallery shows, in their order."""
        ...

    def pictured(self, row: Mapping[str, object], question: Any) -> Iterable[Pictured]:
        """What a row of the table can be shown for in a gallery, whose truth is known."""
        ...

    def overlays(
        self, predictions: pd.DataFrame, outputs: Mapping[str, Any], *, question: Any, fixed: Fixed
    ) -> Sequence[Overlay] | None:
        """The cases of the test part that are shown with their masks, given the output of each by case_id.

        None where an answer is no mask.
        """
        ...

    def fits(self, sheet: Sheet) -> bool:
        """Whether a table from elsewhere is of this task rather than of another."""
        ...

    def require_table(self, sheet: Sheet) -> None:
        """Nothing, if the columns of a table from elsewhere are this task's. Raises DataError."""
        ...

    def read_table(
        self, sheet: Sheet, frame: pd.DataFrame
    ) -> Mapping[str, tuple[Predicted, tuple[str, ...]]]:
        """The predictions of each model in such a table, and what was changed in reading."""
        ...
