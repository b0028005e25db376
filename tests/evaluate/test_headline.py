from __future__ import annotations

from dataclasses import replace

import handed_on
import pytest

from pipeline.contracts.metrics import Metric, Metrics
from pipeline.evaluate.headline import outcome, with_headline
from pipeline.tasks.registry import task_of

AREA = replace(handed_on.METRIC, low=0.8, high=0.96, positive_patients=30, patients=90)
TASK = task_of("classification")


def interval(low: float | None, high: float | None) -> Metric:
    return replace(AREA, low=low, high=high)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(0.90, 0.97, "met"), (0.80, 0.899, "not_met"), (0.88, 0.93, "cannot_tell"), (None, None, "cannot_tell")],
)
def test_the_goal_is_judged_by_the_whole_interval(low: float | None, high: float | None, said: str) -> None:
    assert outcome(interval(low, high), 0.90, better=1) == said
    assert outcome(interval(low, high), None, better=1) == "no_goal"


def test_where_less_is_better_the_goal_is_met_from_below() -> None:
    found = [outcome(interval(*ends), 4.0, better=-1) for ends in ((2, 4), (3, 5), (4.5, 6))]
    assert found == ["met", "cannot_tell", "not_met"]


def test_four_times_the_patients_with_the_finding_halve_the_interval_of_the_whole_part() -> None:
    others = (
        replace(AREA, part="validation", low=0.1, high=0.2),
        replace(AREA, unit="case", low=0.1, high=0.2),
        replace(AREA, group="sex=F", low=0.1, high=0.2),
    )
    metrics = Metrics(handed_on.ASKED, (*others, AREA))
    found = with_headline(metrics, TASK, metric="auroc", bound=0.85).headline
    assert (found.metric, found.bound, found.outcome) == ("auroc", 0.85, "cannot_tell")
    assert (found.half_width, found.needed_patients) == (pytest.approx(0.08), 120)


def test_without_an_interval_nothing_is_told_of_precision() -> None:
    metrics = Metrics(handed_on.ASKED, (interval(None, None),))
    found = with_headline(metrics, TASK, metric=None, bound=None).headline
    assert (found.outcome, found.half_width, found.needed_patients) == ("no_goal", None, None)
