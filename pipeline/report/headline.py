"""The one metric that the report leads with, and whether the goal fixed beforehand was met."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.report.artifacts import Artifacts
from pipeline.report.facts import Fact, setting

Outcome = Literal["met", "not_met", "cannot_tell", "no_goal"]


@dataclass(frozen=True)
class Goal:
    """The goal as a fact, the metric it is about, and what the metric's interval says."""

    fact: Fact
    metric: str
    outcome: Outcome


def headline(artifacts: Artifacts) -> Fact:
    """The metric of the goal, else the one that the task leads with."""
    return artifacts.metric(headline_name(artifacts))


def headline_name(artifacts: Artifacts) -> str:
    """The name of the headline metric."""
    goal = artifacts.config["evaluate"].get("goal")
    return artifacts.task.measures.headline(artifacts.question, str(goal["metric"]) if goal else None)


def goal_of(artifacts: Artifacts) -> Goal:
    """The goal of the configuration and its outcome."""
    goal, name = artifacts.config["evaluate"].get("goal"), headline_name(artifacts)
    if not goal:
        return Goal(setting("goal", None), name, "no_goal")
    bound, better = goal["at_least"], artifacts.task.measures.METRICS[name].better
    return Goal(setting("goal", bound), name, outcome(headline(artifacts), bound, better=better))


def outcome(fact: Fact, bound: float, *, better: int) -> Outcome:
    """Whether an interval lies on the `better` side of a goal (1: above), on the other, or on both."""
    if fact.low is None or fact.high is None:
        return "cannot_tell"
    worst, best = sorted((better * fact.low, better * fact.high))
    if worst >= better * bound:
        return "met"
    return "not_met" if best < better * bound else "cannot_tell"
