"""How the number that leads, and the decisions, change when scans are made worse step by step.

By the path that every answer takes (ask, table, view), on a drawn sample of the test part's patients, one
scan each. Nothing here changes a number of the evaluation.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline import scoring
from pipeline.config import Evaluate
from pipeline.contracts.metrics import FILE as METRICS
from pipeline.contracts.metrics import Metric
from pipeline.contracts.predictions import FILE as PREDICTIONS
from pipeline.contracts.robustness import Curve, Point, Robustness
from pipeline.contracts.tables import PATIENT
from pipeline.contracts.unopened import Unopened
from pipeline.evaluate.changes import CHANGES, FEWEST_SLICES, Change, Image, Setting
from pipeline.evaluate.headline import outcome
from pipeline.progress import waiting
from pipeline.statistics.proportions import wilson
from pipeline.statistics.vectors import Flags, Integers
from pipeline.tasks.contract import Fixed, View
from pipeline.tasks.registry import Task

if TYPE_CHECKING:
    import pandas as pd

RESAMPLES: Final = 200  # a choice: ends of intervals that are drawn, not printed to three digits
MOST_PATIENTS: Final = 60  # a choice: a share within 13 points, and some seconds on two cores
FEWEST_PATIENTS: Final = 20  # a choice: fewer would tell next to nothing
VOXELS: Final = 8_000_000  # of the sample, a choice: 120 images of 256 x 256, or 30 volumes of 64 x 64 x 64
_ENDS: Final = 0.001
"""The share of values cut at each end of the window: single hot pixels would stretch it."""


@dataclass(frozen=True)
class Subject:
    """What is asked: the model with its task, the question, what validation fixed, and where the scans lie.

    `cases` are rows as a table of predictions has them, `answered` tells which of them have an answer.
    """

    task: Task
    question: Any
    fixed: Fixed
    plan: Evaluate
    scorer: scoring.Scorer
    scans: scoring.Scans
    cases: pd.DataFrame
    answered: Flags
    labels: Mapping[str, str]


@dataclass(frozen=True)
class _Said:
    """What the model said of the sample: the metric, and the decision of each scan, if any."""

    metric: Metric | None
    decided: Integers | None


def run(subject: Subject) -> Robustness:
    """All curves, or the reason why nothing was tried. Test labels are read here, after the look."""
    test = subject.cases[(subject.cases["part"] == "test") & subject.answered]
    test = test.assign(truth=[subject.labels.get(case_id, "") for case_id in test["case_id"]])
    each = test[test["truth"] != ""].sort_values("case_id").drop_duplicates(PATIENT)
    empty = Robustness(0, len(each), seed=subject.plan.seed)
    count, reason = _affordable(subject, each)
    if reason:
        return replace(empty, reason=reason)
    rows = np.sort(np.random.default_rng(subject.plan.seed).permutation(len(each))[:count])
    sample = each.iloc[rows]
    with tempfile.TemporaryDirectory() as folder, waiting("evaluate: asking again with scans made worse"):
        scans = replace(subject.scans, kept=Path(folder))
        return _measured(replace(subject, scans=scans), sample, empty)


def _affordable(subject: Subject, each: pd.DataFrame) -> tuple[int, str]:
    """How many patients are tried; 0 with the reason."""
    asked = subject.plan.robustness
    if asked == 0:
        return 0, "the settings ask for none (`evaluate.robustness: 0`)"
    if each.empty:
        return 0, "no test case has both an answer and a label"
    if asked != "auto":
        return min(asked, len(each)), ""
    cases = [subject.scans.cases[case_id] for case_id in each["case_id"]]
    sizes = [subject.scans.arrays[case.case_id].shape[:-1] for case in cases]
    native = [case.stored.shape[: len(case.geometry.spacing)] for case in cases] if _marks(subject) else []
    largest = max(int(np.prod(size)) for size in (*sizes, *native))
    count = min(MOST_PATIENTS, VOXELS // largest)
    if count < min(FEWEST_PATIENTS, len(each)):
        return 0, (
            f"scans of {largest:,} voxels would take long, and were not changed: "
            f"`evaluate.robustness: {FEWEST_PATIENTS}` asks for so many patients all the same"
        )
    return min(count, len(each)), ""


def _marks(subject: Subject) -> bool:
    """Whether an answer is a mask, measured on the scan's own grid."""
    return bool(subject.task.target.outlined(subject.question).targets)


def _measured(subject: Subject, sample: pd.DataFrame, empty: Robustness) -> Robustness:
    task, plan, goal = subject.task, subject.plan, subject.plan.goal
    name = task.measures.headline(subject.question, goal.metric if goal else None)
    unchanged = _said(subject, sample, name, shown="evaluate, scans as they are")
    if unchanged.metric is None or unchanged.metric.value is None:
        return replace(empty, reason=_not_to_be_had(unchanged.metric, name, len(sample), empty.part_patients))
    held = _Held(
        unchanged, name, task.measures.METRICS[name].better, goal.bound if goal else None, plan.level
    )
    stretch, mm = _spacing(subject)
    as_given = _Worse(
        CHANGES[0],
        0.0,
        {str(case_id): turn for turn, case_id in enumerate(sample["case_id"])},
        _window(subject, sample),
        stretch,
        plan.seed,
    )
    return replace(
        empty,
        metric=name,
        unchanged=held.point(0.0, unchanged),
        curves=tuple(_curve(subject, sample, replace(as_given, change=change), held) for change in CHANGES),
        patients=len(sample),
        level=plan.level,
        goal=held.bound,
        mm_per_pixel=mm,
        window=as_given.window,
    )


def _not_to_be_had(metric: Metric | None, name: str, drawn: int, of: int) -> str:
    """Why nothing is told of scans whose metric has no value before anything is changed."""
    why = f": {metric.reason}" if metric is not None and metric.reason else ""
    more = f"; `evaluate.robustness: {of}` asks for all {of}, which takes longer" if drawn < of else ""
    return f"of the {drawn} test patients drawn, as they are, {name} is not to be had{why}{more}"


def _curve(subject: Subject, sample: pd.DataFrame, worse: _Worse, held: _Held) -> Curve:
    change = worse.change
    if reason := _left_out(subject, sample, change):
        return Curve(change.key, change.unit, reason=reason)
    points, outcomes = [], []
    for level in change.levels:
        scans = replace(subject.scans, changed=replace(worse, level=level))
        shown = f"evaluate, scans made worse ({change.key.replace('_', ' ')} {level:g} {change.unit})"
        said = _said(replace(subject, scans=scans), sample, held.name, shown=shown)
        points.append(held.point(level, said))
        outcomes.append(held.outcome(said))
    before = held.outcome(held.unchanged)
    leaves = _first(change, outcomes, {"cannot_tell", "not_met"}) if before == "met" else None
    misses = _first(change, outcomes, {"not_met"}) if before != "not_met" else None
    return Curve(change.key, change.unit, tuple(points), leaves, misses)


@dataclass(frozen=True)
class _Worse:
    """What makes a scan worse: a change at a level, with the place of each scan in the sample by case_id."""

    change: Change
    level: float
    turns: Mapping[str, int]
    window: tuple[float, float]
    stretch: float
    seed: int

    def __call__(self, case_id: str, image: NDArray[Any]) -> Image:
        turn = self.turns[case_id]
        # Levels have one decimal at most, and a seed takes whole numbers.
        seed = (self.seed, CHANGES.index(self.change), round(10 * self.level), turn)
        how = Setting(self.level, turn, self.window, self.stretch, seed)
        return self.change.apply(image.astype(np.float32), how)


@dataclass(frozen=True)
class _Held:
    """What each level is held against: the same scans as they are, and the goal `bound` of a metric."""

    unchanged: _Said
    name: str
    better: int
    bound: float | None
    level: float

    def outcome(self, said: _Said) -> str:
        """Whether the interval lies beyond the goal."""
        return outcome(said.metric, self.bound, better=self.better)

    def point(self, level: float, said: _Said) -> Point:
        """The metric, and the share of decisions that aren't those of the same scans as they are."""
        point = Point(level, reason="the metric is not to be had of these patients")
        if said.metric is not None:
            metric = said.metric
            value = None if metric.value is None else float(metric.value)
            remark = metric.flag or ""
            point = Point(level, value, metric.low, metric.high, metric.reason or "", flag=remark)
        if said.decided is None or self.unchanged.decided is None:
            return point
        flipped = int((said.decided != self.unchanged.decided).sum())
        share = wilson(flipped, len(said.decided), level=self.level)
        return replace(point, flipped=share.value, flipped_low=share.low, flipped_high=share.high)


def _left_out(subject: Subject, sample: pd.DataFrame, change: Change) -> str:
    """Why a change isn't tried; "" where it is."""
    if change.volumes and len(subject.scorer.input_shape) < 4:
        return "an image has no slices"
    slices = min(subject.scans.arrays[case_id].shape[0] for case_id in sample["case_id"])
    if change.volumes and slices < FEWEST_SLICES:
        return f"a volume of {slices} slices has none between two others"
    if change.moves and _marks(subject):
        return "it moves the image, and the reference masks would have to be moved and redrawn with it"
    return ""


def _said(subject: Subject, sample: pd.DataFrame, name: str, *, shown: str) -> _Said:
    """The metric and the decisions of the sample's scans as `subject.scans` gives them."""
    task, question, fixed = subject.task, subject.question, subject.fixed
    asked = task.answers.ask(subject.scorer, list(sample["case_id"]), subject.scans, shown=shown)
    table = task.answers.table(sample, asked.outputs, asked.reasons, question=question, fixed=fixed)
    decided = task.answers.decided(task.answers.scores(asked.outputs, fixed), fixed)
    # Through the written table, as every other number: what rounding there does is in both or in neither.
    with tempfile.TemporaryDirectory() as folder:
        PREDICTIONS.write(Path(folder), table, targets=task.target.targets(question))
        predicted = task.answers.read(PREDICTIONS.path(Path(folder)))
    plan = subject.plan.model_copy(update={"resamples": RESAMPLES})
    views = task.measures.views_of(predicted, "test", plan, fixed=fixed)
    rows = np.ones(int(predicted.measurable("test").sum()), dtype=np.bool_)  # a scan a patient: one row each
    return _Said(_metric(subject, views[0], rows, name) if views else None, decided)


def _metric(subject: Subject, view: View, rows: Flags, name: str) -> Metric | None:
    """The metric of a view: that of subgroups, which is quick, where it is the one that leads."""
    measures, question = subject.task.measures, Unopened(subject.question.to_json())
    found = METRICS.of({"question": question, "metrics": [measures.group_metric(view, rows, "")]}).metrics
    if found[0].id != name:
        found = METRICS.of({"question": question, "metrics": measures.measure(view).metrics}).metrics
    wanted = (each for each in found if each.id == name and each.class_ is None and each.target is None)
    return next(wanted, None)


def _first(change: Change, outcomes: Sequence[str], of: set[str]) -> float | None:
    """The first level whose outcome is one of these, None of none."""
    levels = (level for level, said in zip(change.levels, outcomes, strict=True) if said in of)
    return next(levels, None)


def _window(subject: Subject, sample: pd.DataFrame) -> tuple[float, float]:
    """The values between which nearly all of the sample lie."""
    ends = [
        np.quantile(scoring.sound(subject.scans, str(case_id)), (_ENDS, 1 - _ENDS))
        for case_id in sample["case_id"]
    ]
    return float(min(low for low, _ in ends)), float(max(high for _, high in ends))


def _spacing(subject: Subject) -> tuple[float, float | None]:
    """The height of a pixel by its width, and its side in mm, where both are known and alike."""
    spacing = subject.scorer.record.spacing
    if not spacing:
        return 1.0, None
    rows, columns = spacing[-2:]
    # A hundredth is what headers round to; beyond, one length in mm would be untrue along the other axis.
    return rows / columns, columns if abs(rows / columns - 1) < 0.01 else None
