"""What a segmentation is measured by: the metrics, and the numbers of a part, a subgroup or two models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pipeline.config.sections import Goal
from pipeline.contracts.unopened import Unopened
from pipeline.tasks.contract import Refuse
from pipeline.tasks.measured import Json
from pipeline.tasks.segmentation.definitions import GOALS, METRICS, RULES
from pipeline.tasks.segmentation.differences import model_differences
from pipeline.tasks.segmentation.groups import group_difference, group_metric
from pipeline.tasks.segmentation.measuring import measure
from pipeline.tasks.segmentation.predictions import Predictions, measurable
from pipeline.tasks.segmentation.structures import Structures, of_names
from pipeline.tasks.segmentation.views import groups, left_out, views_of

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

SHOWN: Final = ("dice", "nsd", "hd95", "missed", "invented")
"""The metrics that the terminal and a table of several models show."""


def headline(question: Structures, goal: str | None) -> str:
    """The id of the metric that leads: that of the goal, else the mean Dice."""
    return goal or GOALS[0].id


def chance(question: Structures) -> None:
    """Not known: how well a mask of nothing that was learned agrees depends on where structures lie."""


def require_goal(goal: Goal, question: Structures, *, refuse: Refuse) -> None:
    """Nothing: any number of structures has every metric that a goal may be about."""


def in_metrics(predictions: Predictions, metrics: Sequence[Json]) -> Mapping[str, Any]:
    """What metrics.json says of the question: of a table its structures; masks have no calibration."""
    return {
        "task": "segmentation",
        "question": Unopened(of_names(predictions.names).to_json()),
        "calibration": {},
    }
