"""What a task hands back when it has measured a view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.statistics.bootstrap import Statistic
from pipeline.statistics.estimate import missing
from pipeline.statistics.multiclass import confusion_matrix
from pipeline.statistics.vectors import Floats, Integers
from pipeline.tasks.classification.curves import Curves
from pipeline.tasks.view import Json, View


@dataclass(frozen=True)
class Measured:
    """Metrics, confusion matrices and curves as they stand in metrics.json, and the redrawn resamples."""

    metrics: list[Json]
    confusion: list[Json] = field(default_factory=list)
    curves: Curves = field(default_factory=dict)
    redrawn: int = 0


def withheld(view: View, names: Sequence[str]) -> Measured:
    """The metrics without numbers, each with the reason that the view has."""
    return Measured([view.metric(name, missing("not estimable")) for name in names])


def merged(*statistics: Statistic) -> Statistic:
    """One statistic with the numbers of all, so that they share every resample."""

    def measured(weights: Floats) -> dict[str, float | Floats]:
        return {name: value for each in statistics for name, value in each(weights).items()}

    return measured


def prefixed(statistic: Statistic, prefix: str) -> Statistic:
    """The statistic with `prefix` before every name."""

    def measured(weights: Floats) -> dict[str, float | Floats]:
        return {prefix + name: value for name, value in statistic(weights).items()}

    return measured


def confusion_entry(view: View, predicted: Integers) -> Json:
    """The confusion matrix with the reference in rows, classes in their order."""
    matrix = confusion_matrix(view.sample.truth, predicted, len(view.classes))
    return {
        "part": view.part,
        "unit": view.unit,
        "group": view.group,
        "classes": list(view.classes),
        "cases": int(view.sample.truth.size),
        "patients": view.sample.patients,
        "matrix": [[int(cell) for cell in row] for row in matrix],
    }
