"""What several findings are measured by: the metrics, and the numbers of a part, a subgroup or two models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pipeline.config.sections import Goal
from pipeline.contracts.predictions import measurable
from pipeline.tasks.contract import Refuse
from pipeline.tasks.measured import Json
from pipeline.tasks.multilabel.definitions import GOALS, METRICS, RULES
from pipeline.tasks.multilabel.differences import model_differences
from pipeline.tasks.multilabel.groups import group_difference, group_metric
from pipeline.tasks.multilabel.labels import Labels, of_names
from pipeline.tasks.multilabel.measuring import measure
from pipeline.tasks.multilabel.predictions import Predictions
from pipeline.tasks.multilabel.views import groups, left_out, views_of

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

SHOWN: Final = ("macro_auroc", "macro_sensitivity", "macro_specificity", "exact_match")
"""The metrics that the terminal and a table of several models show."""


def headline(question: Labels, goal: str | None) -> str:
    """The id of the metric that leads: that of the goal, else the mean area over the findings."""
    return goal or GOALS[0]


def chance(question: Labels) -> tuple[str, float]:
    """The mean area over the findings, and one half: pairs are ranked as a coin would."""
    return GOALS[0], 0.5


def require_goal(goal: Goal, question: Labels, *, refuse: Refuse) -> None:
    """Nothing: any number of findings has every metric that a goal may be about."""


def in_metrics(predictions: Predictions, metrics: Sequence[Json]) -> Mapping[str, Any]:
    """What metrics.json says of the question; a finding's calibration stands among its own metrics."""
    return {
        "task": "multilabel",
        "question": of_names(predictions.names).to_json(),
        "calibration": {},
    }
