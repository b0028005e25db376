"""A goal that was fixed beforehand: of a metric that the task has, on the side where the metric is better."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.config import Config
from pipeline.errors import nearest
from pipeline.tasks.metric import Metric


def require_goal(settings: Config, metrics: Sequence[Metric]) -> None:
    """Nothing, if there is no goal, or one of `metrics` within its range. Raises ConfigError.

    Where none is named the first is meant. A goal is `at_least` where more is better, else `at_most`.
    """
    goal, place = settings.evaluate.goal, ("evaluate", "goal")
    if goal is None:
        return
    known = {metric.id: metric for metric in metrics}
    if goal.metric is not None and goal.metric not in known:
        hint = nearest(goal.metric, known)
        raise settings.refuse((*place, "metric"), f"no goal can be of the metric '{goal.metric}' ({hint}).")
    metric = metrics[0] if goal.metric is None else known[goal.metric]
    wanted, other = ("at_least", "at_most") if metric.better > 0 else ("at_most", "at_least")
    if getattr(goal, wanted) is None:
        better = "more" if metric.better > 0 else "less"
        raise settings.refuse(
            (*place, other), f"of {metric.short} {better} is better, so its goal is `{wanted}`. Mend the key."
        )
    if not metric.low <= goal.bound <= metric.high:
        expected = f"{metric.low:g} to {metric.high:g}"
        raise settings.refuse(
            (*place, wanted), f"'evaluate.goal.{wanted}': expected {expected}, not {goal.bound:g}."
        )
