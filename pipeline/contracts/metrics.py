"""`metrics.json`: every number that was measured, with its interval and what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from pydantic import ConfigDict

from pipeline.contracts.damage import rewritten_by
from pipeline.contracts.formerly import with_question
from pipeline.contracts.objects import Json, ObjectFile, Schema, key_of
from pipeline.contracts.unopened import OfTask, Unopened

Number = float | int
Outcome = Literal["met", "not_met", "cannot_tell", "no_goal"]
"""Whether the interval of a metric lies beyond its goal, short of it, or on both sides."""


@dataclass(frozen=True)
class Metric:
    """One number of a part, or of a group in it; `value` is None where it can't be had, and `reason` why.

    `low` and `high` are the ends of the interval at `level`; `rule` names the method in the list of rules;
    `class_` is the class that it is about, `target` the sensitivity or prevalence that it is given at.
    `cases` counts cases and `patients` patients, whatever has one vote (`unit`). A proportion is
    `numerator` of `denominator` of what has one vote.
    """

    __pydantic_config__ = ConfigDict(alias_generator=key_of)

    id: str
    part: str
    unit: str
    value: Number | None
    low: Number | None = None
    high: Number | None = None
    level: Number | None = None
    method: str = ""
    rule: str | None = None
    group: str | None = None
    class_: str | None = None
    target: str | None = None
    cases: int | None = None
    patients: int | None = None
    positive_patients: int | None = None
    numerator: int | None = None
    denominator: int | None = None
    flag: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Threshold:
    """A threshold of `class_`, or of the only one; the rule that chose it, and the digest of its rows."""

    __pydantic_config__ = ConfigDict(alias_generator=key_of)

    threshold: Number
    id: str = "operating_point"
    class_: str | None = None
    rule: str = ""
    target: Number | None = None
    chosen_on: str = ""
    digest: str | None = None
    cost_fn: Number | None = None
    cost_fp: Number | None = None
    prevalence: Number | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Confusion:
    """A confusion matrix with the reference in rows, classes in their order; of `class_` where it is one."""

    __pydantic_config__ = ConfigDict(alias_generator=key_of)

    part: str
    unit: str
    classes: tuple[str, ...]
    matrix: tuple[tuple[int, ...], ...]
    cases: int
    patients: int
    group: str | None = None
    class_: str | None = None


@dataclass(frozen=True)
class Difference:
    """The difference of one metric between two groups or two models, b less a for models.

    `p_holm` is corrected within the `family`; `only_a_right` and `only_b_right` count what McNemar's test
    rests on.
    """

    a: str
    b: str
    metric: str
    part: str
    unit: str
    difference: Number | None
    level: Number | None = None
    patients: int | None = None
    low: Number | None = None
    high: Number | None = None
    p: Number | None = None
    p_holm: Number | None = None
    p_mid: Number | None = None
    family: str = ""
    method: str = ""
    rule: str = ""
    reason: str | None = None
    flag: str | None = None
    only_a_right: int | None = None
    only_b_right: int | None = None


@dataclass(frozen=True)
class LeftOut:
    """How many cases or patients of a part were not measured, and why."""

    part: str
    unit: str
    reason: str
    count: int


@dataclass(frozen=True)
class Folds:
    """The leading metric of each fold of a cross-validation over a part, and how far the folds differ.

    `mean`, `sd`, `lowest` and `highest` are of the folds that could be told, None where they are fewer than
    two. The numbers of the whole part are of all folds' predictions together.
    """

    part: str
    unit: str
    metric: str
    metrics: tuple[Metric, ...]
    mean: Number | None
    sd: Number | None
    lowest: Number | None
    highest: Number | None

    @property
    def estimated(self) -> int:
        """How many folds have a value."""
        return sum(metric.value is not None for metric in self.metrics)


@dataclass(frozen=True)
class Bootstrap:
    """How resamples were drawn, and how many were drawn again for want of a class."""

    resamples: int
    seed: int
    unit: str = "patient"
    redrawn: int = 0
    redrawn_share: Number = 0


@dataclass(frozen=True)
class Model:
    """What was measured of another model of the same table; `curves` are what figures draw, by name."""

    model: str
    metrics: tuple[Metric, ...]
    confusion: tuple[Confusion, ...] = ()
    curves: Mapping[str, tuple[Json, ...]] = field(default_factory=dict)
    calibration: Mapping[str, Metric | None] = field(default_factory=dict)
    thresholds: tuple[Threshold, ...] = ()


@dataclass(frozen=True)
class Headline:
    """The metric that leads, and what its interval says of the goal `bound` that was fixed beforehand.

    `needed_patients` would probably halve the interval: patients with the finding where there is one, else
    all. Both numbers are None where the metric has no interval.
    """

    metric: str
    bound: Number | None
    outcome: Outcome
    half_width: Number | None = None
    needed_patients: int | None = None


@dataclass(frozen=True)
class Metrics:
    """What was measured of a model; of several models in one table the first, and the others in `models`.

    `question` is what was asked and `choices` what validation fixed, in the task's own keys; `calibration`
    holds metrics by their names there, `comparisons` the differences of groups and of models. `created_utc`
    is the time of the look, None of a table of predictions. `headline` is None where an earlier version
    measured. `folds` are those of a cross-validation, a record a part; none where one network answered.
    """

    question: OfTask
    metrics: tuple[Metric, ...]
    task: str = ""
    unit: str = "patient"
    patient_score: str = ""
    bootstrap: Bootstrap | None = None
    confusion: tuple[Confusion, ...] = ()
    curves: Mapping[str, tuple[Json, ...]] = field(default_factory=dict)
    comparisons: tuple[Difference, ...] = ()
    calibration: Mapping[str, Metric | None] = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()
    folds: tuple[Folds, ...] = ()
    rules: Mapping[str, str] = field(default_factory=dict)
    thresholds: tuple[Threshold, ...] = ()
    choices: OfTask = field(default_factory=lambda: Unopened({}))
    digests: Mapping[str, str | None] = field(default_factory=dict)
    created_utc: str | None = None
    notes: tuple[str, ...] = ()
    model: str | None = None
    models: tuple[Model, ...] = ()
    headline: Headline | None = None


FILE: Final = ObjectFile(
    "metrics.json", Metrics, Schema("metrics", 2), rewritten_by("evaluate"), with_question
)
