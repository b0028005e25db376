"""What a regression is measured by: the metrics, and the numbers of a part, a subgroup or two models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from pipeline.config.sections import Goal
from pipeline.contracts.predictions import measurable
from pipeline.contracts.unopened import Unopened
from pipeline.errors import ConfigError
from pipeline.tasks.measured import Json
from pipeline.tasks.regression.definitions import METRICS, RULES
from pipeline.tasks.regression.differences import model_differences
from pipeline.tasks.regression.groups import group_difference, group_metric
from pipeline.tasks.regression.measuring import measure
from pipeline.tasks.regression.predictions import Predictions
from pipeline.tasks.regression.quantity import OF_TABLE, Quantity
from pipeline.tasks.regression.views import groups, left_out, views_of

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

SHOWN: Final = ("mae", "bias", "r2", "coverage")
"""The metrics that the terminal and a table of several models show."""

_CALIBRATION: Final = {"slope": "calibration_slope", "intercept": "calibration_intercept"}


def headline(question: Quantity, goal: str | None) -> str:
    """The id of the metric that leads: that of the goal, else the mean absolute error."""
    return goal or "mae"


def chance(question: Quantity) -> tuple[str, float]:
    """R², and 0: the mean of all is as good."""
    return "r2", 0.0


def require_goal(
    goal: Goal, question: Quantity, *, refuse: Callable[[tuple[str | int, ...], str], ConfigError]
) -> None:
    """Nothing: whatever the quantity, a regression has all its metrics."""


def in_metrics(predictions: Predictions, metrics: Sequence[Json]) -> dict[str, Any]:
    """What metrics.json says of the question, and the calibration metrics of the headline.

    A table doesn't say what its numbers are; of a model the stage puts its question in the place. The first
    metric of a name is the headline's, for it stands before the others.
    """
    return {
        "task": "regression",
        "question": Unopened(OF_TABLE.to_json()),
        "calibration": {
            name: next((metric for metric in metrics if metric["id"] == wanted), None)
            for name, wanted in _CALIBRATION.items()
        },
    }
