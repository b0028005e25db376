"""What the number that leads says: whether the goal fixed beforehand was met, and how precise it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from pipeline.contracts.metrics import Headline, Metric, Metrics, Outcome
from pipeline.evaluate.measure import CHOICES_PART
from pipeline.tasks.registry import Task

HALVING: Final = 4  # an interval shrinks with the square root of the number of patients


def with_headline(metrics: Metrics, task: Task, *, metric: str | None, bound: float | None) -> Metrics:
    """The metrics with their headline; `metric` and `bound` are those of the goal, None where there is none.

    Judged is the first part that isn't the one on which choices were made, over all its patients.
    """
    name = task.measures.headline(task.target.question_of(metrics), metric)
    part = next((entry.part for entry in metrics.metrics if entry.part != CHOICES_PART), "")
    return replace(metrics, headline=_judged(_leading(metrics, name, part), task, name=name, bound=bound))


def outcome(metric: Metric | None, bound: float | None, *, better: int) -> Outcome:
    """Whether an interval lies on the `better` side of a goal (1: above), on the other, or on both."""
    if bound is None:
        return "no_goal"
    if metric is None or metric.low is None or metric.high is None:
        return "cannot_tell"
    worst, best = sorted((better * metric.low, better * metric.high))
    if worst >= better * bound:
        return "met"
    return "not_met" if best < better * bound else "cannot_tell"


def _leading(metrics: Metrics, name: str, part: str) -> Metric | None:
    """The metric over the whole part at the headline unit."""
    wanted = (name, part, metrics.unit, None, None, None)
    matching = (
        metric
        for metric in metrics.metrics
        if (metric.id, metric.part, metric.unit, metric.group, metric.class_, metric.target) == wanted
    )
    return next(matching, None)


def _judged(metric: Metric | None, task: Task, *, name: str, bound: float | None) -> Headline:
    judged = outcome(metric, bound, better=task.measures.METRICS[name].better)
    if metric is None or metric.low is None or metric.high is None:
        return Headline(name, bound, judged)
    rare = metric.positive_patients if metric.positive_patients is not None else metric.patients or 0
    return Headline(name, bound, judged, (metric.high - metric.low) / 2, HALVING * rare)
