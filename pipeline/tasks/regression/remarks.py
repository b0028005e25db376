"""What a reader of a regression's report must know, and what limits its result."""

from __future__ import annotations

from typing import Any

from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import count
from pipeline.page.section import remark
from pipeline.page.wording import percent
from pipeline.statistics.small_sample import FULL
from pipeline.tasks.regression.settled import settled

Row = dict[str, Any]


def warnings(artifacts: Artifacts) -> list[Row]:
    """That a number can't be taken at its word, or its interval, where an interval shows it."""
    return [*_explained(artifacts), *_slope(artifacts), *_bias(artifacts), *_coverage(artifacts)]


def limits(artifacts: Artifacts) -> list[Row]:
    """The fifths of the quantity of which the test part has few patients, and the range of what was seen."""
    names = artifacts.question.stratum_names
    few = [name for name in names if artifacts.test_patients(name) < FULL]
    if not few:
        return []
    text = (
        f"Of {len(few)} of {len(names)} ranges of {artifacts.question.label} there are fewer than {FULL} "
        f"test patients ({'; '.join(few)}): errors there are anecdotes."
    )
    return [remark(text, count("small_ranges", len(few), "ranges", "test"), "calibration")]


def _explained(artifacts: Artifacts) -> list[Row]:
    explained = artifacts.metric("r2")
    if explained.low is None or explained.low > 0:
        return []
    text = "Not shown to do better than always saying the mean: the interval of R² reaches 0 or less"
    return [remark(text, explained, "scatter")]


def _slope(artifacts: Artifacts) -> list[Row]:
    slope = artifacts.metric("calibration_slope")
    if slope.low is None or slope.high is None or slope.low <= 1 <= slope.high:
        return []
    fault = "are too timid" if slope.low > 1 else "are too extreme"
    if slope.low <= 0 <= slope.high:
        fault = f"say little or nothing about {artifacts.question.label}"
    return [
        remark(
            f"The predictions {fault}: the interval of the calibration slope excludes 1", slope, "calibration"
        )
    ]


def _bias(artifacts: Artifacts) -> list[Row]:
    bias = artifacts.metric("bias")
    if bias.low is None or bias.high is None or bias.low <= 0 <= bias.high:
        return []
    side = "high" if bias.low > 0 else "low"
    text = f"Predictions are too {side} on the whole: the interval of the bias excludes 0"
    return [remark(text, bias, "bland_altman")]


def _coverage(artifacts: Artifacts) -> list[Row]:
    coverage = artifacts.metric("coverage")
    told = settled(artifacts.metrics)
    if told.interval is None or coverage.high is None or coverage.high >= told.level:
        return []
    text = f"Fewer intervals hold the measured number than the {percent(told.level)} that were promised"
    return [remark(text, coverage, "intervals")]
