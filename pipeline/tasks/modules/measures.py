"""What a task measures: every metric once, of a part, a subgroup or two models."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from pipeline.statistics.vectors import Flags
from pipeline.tasks.contract import Fixed, Labels, Refuse, View
from pipeline.tasks.measured import Json, Measured
from pipeline.tasks.metric import Metric

if TYPE_CHECKING:
    import pandas as pd

    from pipeline import config
    from pipeline.config.sections import Goal


class Measures(Protocol):
    """Every metric once, and the numbers of a part, a subgroup or two models."""

    @property
    def METRICS(self) -> Mapping[str, Metric]:  # noqa: N802
        """Every metric by its id."""
        ...

    @property
    def RULES(self) -> Mapping[str, str]:  # noqa: N802
        """What the rules stand for by which metrics are made."""
        ...

    @property
    def SHOWN(self) -> Collection[str]:  # noqa: N802
        """The metrics that the terminal and a table of several models show."""
        ...

    def headline(self, question: Any, goal: str | None) -> str:
        """The id of the metric that leads, given the goal's."""
        ...

    def chance(self, question: Any) -> tuple[str, float] | None:
        """The metric that judges a control run, and what nothing learned would reach; None: not known."""
        ...

    def require_goal(self, goal: Goal, question: Any, *, refuse: Refuse) -> None:
        """Nothing, if the question has the goal's metric. Raises ConfigError with those that it has."""
        ...

    def in_metrics(self, predictions: Any, metrics: Sequence[Json]) -> Mapping[str, Any]:
        """What metrics.json says of the question and of its metrics taken together."""
        ...

    def measurable(self, frame: pd.DataFrame, part: str) -> Flags:
        """Which rows of a table of predictions, its truths as one text, are measured in a part."""
        ...

    def views_of(self, predictions: Any, part: str, plan: config.Evaluate, *, fixed: Fixed) -> Sequence[View]:
        """The part at the headline unit first, then at the other where it differs; none without a row."""
        ...

    def left_out(self, predictions: Any, part: str) -> list[Json]:
        """Patients of the part that have no row, with the reason."""
        ...

    def groups(self, predictions: Any, view: View) -> dict[str, Labels]:
        """The values of each group column for the rows of a view."""
        ...

    def measure(self, view: View) -> Measured:
        """All metrics and curves of a view."""
        ...

    def group_metric(self, view: View, rows: Flags, label: str) -> Json:
        """The headline metric of some rows of a view, as it stands in metrics.json."""
        ...

    def group_difference(self, view: View, rows: Flags, label: str) -> Json:
        """Its difference from all other rows, without the corrected p."""
        ...

    def model_differences(self, a: View, b: View) -> list[Json]:
        """The differences b - a of two models on the same rows, p not corrected."""
        ...
