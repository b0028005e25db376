"""The one metric that the report leads with, and whether the goal fixed beforehand was met."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.contracts.metrics import FILE, Headline, Outcome
from pipeline.errors import DataError
from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import Fact, setting
from pipeline.printed import scanloom


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
    return judged(artifacts).metric


def goal_of(artifacts: Artifacts) -> Goal:
    """The goal of the evaluation and its outcome."""
    headline = judged(artifacts)
    bound = setting("goal", headline.bound, measured_in=artifacts.measured_in(headline.metric))
    return Goal(bound, headline.metric, headline.outcome)


def judged(artifacts: Artifacts) -> Headline:
    """What the evaluation said of its headline. Raises DataError where an earlier version measured."""
    if artifacts.metrics.headline is None:
        raise DataError(
            f"{FILE.name} was written by an earlier version, which did not judge the goal. Run "
            f"`{scanloom('evaluate')}`: it measures the same model anew, and that is no further look."
        )
    return artifacts.metrics.headline
