"""What a classification is measured by: the metrics, and the numbers of a part, a subgroup or two models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pipeline.config.sections import Goal
from pipeline.contracts.predictions import measurable
from pipeline.errors import ConfigError
from pipeline.tasks.classification.classes import Classes, of_names
from pipeline.tasks.classification.definitions import METRICS, RULES
from pipeline.tasks.classification.differences import model_differences
from pipeline.tasks.classification.groups import group_difference, group_metric
from pipeline.tasks.classification.measuring import measure
from pipeline.tasks.classification.predictions import Predictions
from pipeline.tasks.classification.views import groups, left_out, views_of
from pipeline.tasks.measured import Json

__all__ = [
    "METRICS",
    "RULES",
    "SHOWN",
    "chance",
    "group_difference",
    "group_metric",
    "groups",
    "headline",
    "in_metrics",
    "left_out",
    "measurable",
    "measure",
    "model_differences",
    "require_goal",
    "views_of",
]

SHOWN: Final = ("auroc", "macro_auroc", "sensitivity", "specificity", "accuracy")
"""The metrics that the terminal and a table of several models show."""

_OF_FINDING: Final = ("sensitivity", "specificity")
_OF_MANY: Final = {"auroc": "macro_auroc", "auprc": "macro_auprc"}
_CALIBRATION: Final = {
    "brier": "brier",
    "ece": "ece",
    "ece_null_mean": "ece_null_mean",
    "intercept": "calibration_intercept",
    "log_loss": "log_loss",
    "o_over_e": "o_over_e",
    "slope": "calibration_slope",
}


def headline(question: Classes, goal: str | None) -> str:
    """The id of the metric that leads: that of the goal, else the area; of many classes its mean."""
    name = goal or "auroc"
    return name if question.finding is not None else _OF_MANY.get(name, name)


def chance(question: Classes) -> tuple[str, float]:
    """The area, of many classes their mean, and one half: pairs are ranked as a coin would."""
    return headline(question, None), 0.5


def require_goal(
    goal: Goal, question: Classes, *, refuse: Callable[[tuple[str | int, ...], str], ConfigError]
) -> None:
    """Nothing, if the question has the goal's metric. Raises ConfigError with those that it has."""
    if goal.metric in _OF_FINDING and question.finding is None:
        names = question.names
        raise refuse(
            ("evaluate", "goal", "metric"),
            f"'{goal.metric}' is a metric of two classes, and there are {len(names)} "
            f"({', '.join(names)}). Choose auroc, auprc or accuracy.",
        )


def in_metrics(predictions: Predictions, metrics: Sequence[Json]) -> Mapping[str, Any]:
    """What metrics.json says of the question, and the calibration metrics of the headline.

    The first metric of a name is the headline's, for it stands before the others.
    """
    question = of_names(predictions.classes)
    return {
        "task": "multiclass" if question.finding is None else "binary",
        "question": question.to_json(),
        "calibration": {
            name: next((metric for metric in metrics if metric["id"] == wanted), None)
            for name, wanted in _CALIBRATION.items()
        },
    }
