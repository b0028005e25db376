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
    return Goal(setting("goal", goal["at_least"]), name, outcome(headline(artifacts), goal["at_least"]))


def outcome(fact: Fact, at_least: float) -> Outcome:
    """Whether an interval lies above a goal, below it, or on both sides of it."""
    if fact.low is None or fact.high is None:
        return "cannot_tell"
    if fact.low >= at_least:
        return "met"
    return "not_met" if fact.high < at_least else "cannot_tell"
