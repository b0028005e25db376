"""The modules of a task, by the names that they bear in every task, and what each must hold.

A task is a package under `pipeline.tasks`; mypy holds its modules against these protocols (registry.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline import models
from pipeline.contracts.cohort import Cohort
from pipeline.contracts.comparison import Flips
from pipeline.contracts.metrics import Metrics
from pipeline.contracts.model_record import ModelRecord
from pipeline.contracts.operating import Operating
from pipeline.records import Attribute
from pipeline.statistics.vectors import Flags, Floats, Integers
from pipeline.tasks.contract import (
    Chosen,
    Fixed,
    Kind,
    Labels,
    Loss,
    Number,
    Pairs,
    Predicted,
    Question,
    Reader,
    Refuse,
    Table,
    Targets,
    Unit,
    Validation,
    View,
    Weigh,
)
from pipeline.tasks.gain import Gain, Guard
from pipeline.tasks.measured import Json, Measured
from pipeline.tasks.metric import Metric

if TYPE_CHECKING:
    from pathlib import Path

    import keras
    import pandas as pd

    from pipeline import config
    from pipeline.config.sections import Goal
    from pipeline.tasks.sheet import Sheet


class Target(Protocol):
    """The truth of a case from cells, the stratum of a patient, the refusals."""

    def reader(self, cells: Iterable[str], choices: config.Cohort) -> Reader:
        """How the cells of the target column are read."""
        ...

    def check(
        self, cells: Sequence[str], choices: config.Cohort, *, cell_of: Callable[[int], str], refuse: Refuse
    ) -> None:
        """Nothing, if the column has what the YAML says of the target; `cell_of` says where a row stands."""
        ...

    def question(
        self, counts: Mapping[str, int], choices: config.Cohort, *, missing: Mapping[str, int], refuse: Refuse
    ) -> Question:
        """The question that these values ask. Raises ConfigError or DataError where they ask none."""
        ...

    def question_of(self, record: Cohort | Metrics | ModelRecord) -> Question:
        """The question that a record holds."""
        ...

    def same(self, one: Any, other: Any) -> bool:
        """Whether two models answer one question."""
        ...

    def require_same(self, champion: Any, candidate: Any) -> None:
        """Nothing, if they do. Raises GateError with both questions."""
        ...

    def stratum(self, values: Iterable[str], question: Any) -> str:
        """The stratum in which a patient whose scans have these values is drawn."""
        ...

    def counts(self, values: Iterable[str], question: Any) -> dict[str, Any]:
        """What is counted of the values in a part, by the names of `Counts`."""
        ...

    def told(self, values: Iterable[str], question: Any) -> str:
        """The same in words for the terminal."""
        ...

    def described(self, value: str) -> dict[str, Attribute]:
        """What is compared of a patient's truth when new scans come, by name."""
        ...

    def require_parts(
        self,
        part_of: Mapping[str, str],
        values: Mapping[str, Collection[str]],
        question: Any,
        *,
        one_vote: bool,
        advice: str,
    ) -> None:
        """Nothing, if each part can be used, given every patient's values. Raises DataError.

        With `one_vote` patients are evaluated, not cases.
        """
        ...


class Network(Protocol):
    """Outputs and head, and what of the outputs is explained."""

    def build(
        self,
        network: models.Network,
        input_shape: tuple[int, ...],
        question: Any,
        *,
        intensities: models.Intensities,
        dropout: float,
    ) -> keras.Model:
        """The network with its head, with fresh weights."""
        ...

    def outputs(self, question: Any) -> int:
        """How many numbers the network gives for a scan."""
        ...

    def evidence(self, outputs: int, target: int) -> NDArray[np.float32]:
        """The weights `(1, outputs)` of the outputs in what speaks for the output `target`."""
        ...


class Learning(Protocol):
    """Truth as arrays, loss, weights, and the one number that validation watches."""

    def targets(self, values: Sequence[str], question: Any) -> Targets:
        """The truth as an array, shape (cases, ...)."""
        ...

    def require(self, train: Targets, validation: Targets, question: Any) -> None:
        """Nothing, if the two parts can be learned from and chosen on. Raises DataError."""
        ...

    def loss(self, settings: config.Train) -> Loss:
        """The loss of each case, shape (batch,), in `keras.ops`."""
        ...

    def metrics(self) -> list[keras.metrics.Metric]:
        """What is measured of the training part beside the loss."""
        ...

    def weigh(self, settings: config.Train, train: Targets, question: Any) -> Weigh:
        """How much a case of each target counts, from the targets of the training part."""
        ...

    def validated(
        self, logits: NDArray[np.float64], targets: Targets, weights: NDArray[np.float64]
    ) -> Validation:
        """The loss that is watched, and what else is measured of the validation part."""
        ...

    def told(self, numbers: Mapping[str, float | None]) -> str:
        """What a person at the terminal is told of those numbers, beside the loss."""
        ...


class Choices(Protocol):
    """What validation alone fixes."""

    def choose(
        self,
        truth: Sequence[str],
        logits: Floats,
        patients: Sequence[str],
        *,
        question: Any,
        plan: config.Evaluate,
    ) -> Chosen:
        """What the validation cases settle. Raises DataError where they can't."""
        ...

    def of_table(self, read: Any, plan: config.Evaluate) -> Chosen:
        """What the validation rows of a table from elsewhere settle, or what holds without them."""
        ...

    def add_to_metrics(self, metrics: Json, choices: Any) -> None:
        """Puts the choices where metrics.json has them."""
        ...


class Answers(Protocol):
    """The network's output as rows of predictions, and back; the one definition of a decision."""

    def frozen(self, operating: Operating | None) -> Fixed:
        """What the record holds; before the evaluation nothing is fixed."""
        ...

    def scores(self, logits: Floats, fixed: Fixed) -> Floats:
        """What the decision is made of, shape (cases, outputs); nan rows stay nan."""
        ...

    def decided(self, scores: Floats, fixed: Fixed) -> Integers:
        """The decision of each row, shape (cases,)."""
        ...

    def followed(self, scores: Floats, question: Any) -> Integers:
        """Which output of each row a reader follows, shape (cases,)."""
        ...

    def table(
        self, cases: pd.DataFrame, logits: Floats, reasons: Sequence[str], *, question: Any, fixed: Fixed
    ) -> pd.DataFrame:
        """The table of predictions of `cases`, which have `case_id, patient_id, part, truth` and groups."""
        ...

    def read(self, path: Path) -> Predicted:
        """The checked table in a file. Raises DataError (file, line, column, what to do)."""
        ...

    def told(self, predicted: Sequence[str]) -> str:
        """The predictions of a table in a few words for the terminal."""
        ...

    def observed(self, predictions: pd.DataFrame, question: Any) -> dict[str, Floats]:
        """What is compared of each row when new scans come, by name."""
        ...

    def output_of(self, predicted: str, question: Any) -> int:
        """Which output of the network says so."""
        ...

    def kinds(self, question: Any) -> tuple[Kind, ...]:
        """The kinds of cases that a gallery shows, in their order."""
        ...

    def kind_of(self, truth: str, predicted: str, question: Any) -> str:
        """The kind of a case."""
        ...

    def sureness(self, row: Mapping[str, object]) -> float:
        """How sure the model was of a row of the table."""
        ...

    def require_table(self, sheet: Sheet) -> None:
        """Nothing, if the columns of a table from elsewhere are this task's. Raises DataError."""
        ...

    def read_table(
        self, sheet: Sheet, frame: pd.DataFrame
    ) -> Mapping[str, tuple[Predicted, tuple[str, ...]]]:
        """The predictions of each model in such a table, and what was changed in reading."""
        ...


class Measures(Protocol):
    """Every metric once, and the numbers of a part, a subgroup or two models."""

    @property
    def METRICS(self) -> Mapping[str, Metric]:  # noqa: N802
        """Every metric by its id."""
        ...

    @property
    def RULES(self) -> Mapping[str, str]:  # noqa: N802
        """What the rules stand for by which metrics are made."""
        ...

    @property
    def SHOWN(self) -> Collection[str]:  # noqa: N802
        """The metrics that the terminal and a table of several models show."""
        ...

    def headline(self, question: Any, goal: str | None) -> str:
        """The id of the metric that leads, given the goal's."""
        ...

    def require_goal(self, goal: Goal, question: Any, *, refuse: Refuse) -> None:
        """Nothing, if the question has the goal's metric. Raises ConfigError with those that it has."""
        ...

    def in_metrics(self, predictions: Any, metrics: Sequence[Json]) -> Mapping[str, Any]:
        """What metrics.json says of the question and of its metrics taken together."""
        ...

    def views_of(self, predictions: Any, part: str, plan: config.Evaluate, *, fixed: Fixed) -> Sequence[View]:
        """The part at the headline unit first, then at the other where it differs; none without a row."""
        ...

    def left_out(self, predictions: Any, part: str) -> list[Json]:
        """Patients of the part that have no row, with the reason."""
        ...

    def groups(self, predictions: Any, view: View) -> dict[str, Labels]:
        """The values of each group column for the rows of a view."""
        ...

    def measure(self, view: View) -> Measured:
        """All metrics and curves of a view."""
        ...

    def group_metric(self, view: View, rows: Flags, label: str) -> Json:
        """The headline metric of some rows of a view, as it stands in metrics.json."""
        ...

    def group_difference(self, view: View, rows: Flags, label: str) -> Json:
        """Its difference from all other rows, without the corrected p."""
        ...

    def model_differences(self, a: View, b: View) -> list[Json]:
        """The differences b - a of two models on the same rows, p not corrected."""
        ...


class Verdict(Protocol):
    """What a candidate is judged by: the metric of the required rows, and the guards."""

    @property
    def HEADLINE(self) -> str:  # noqa: N802
        """The metric that the required rows are about."""
        ...

    @property
    def GUARDS(self) -> Sequence[Guard]:  # noqa: N802
        """What vetoes on a shown loss."""
        ...

    def pair(
        self, cohort: pd.DataFrame, reference: Table, *, candidate: Table, question: Any, unit: Unit
    ) -> Pairs | None:
        """The labelled units of the cohort that both models scored, None of none."""
        ...

    def common_cases(self, cohort: pd.DataFrame, *predictions: pd.DataFrame) -> pd.DataFrame:
        """The labelled rows of the cohort that every table of predictions scored."""
        ...

    def gain(self, metric: str, pairs: Any, *, alpha: float, seed: int) -> Gain:
        """The gain in a metric; each bound is missed with probability `alpha`."""
        ...

    def can_be_compared(self, pairs: Any) -> bool:
        """Whether the headline can be had at all."""
        ...

    def too_few(self, pairs: Any) -> str | None:
        """Why no answer can be had from so few patients, None where one can."""
        ...

    def rarest(self, pairs: Any) -> float:
        """The share of patients that limits the answer."""
        ...

    def patients_needed(self, rarest: float) -> int:
        """How many patients a part must have for an answer, given that share."""
        ...

    def finding_patients(self, pairs: Any) -> int | None:
        """How many patients have the finding, None where nothing is looked for."""
        ...

    def told(self, pairs: Any) -> str:
        """What the pairs rest on, in words."""
        ...

    def flips(self, pairs: Any, question: Any) -> Flips:
        """Who changes sides."""
        ...


class Page(Protocol):
    """Which sections the report has, with which words."""

    @property
    def IN_BRIEF(self) -> Sequence[str]:  # noqa: N802
        """The task's own sections of the first chapter, by key."""
        ...

    @property
    def TESTED(self) -> Sequence[str]:  # noqa: N802
        """The sections on the tested patients."""
        ...

    @property
    def INSIDE(self) -> Sequence[str]:  # noqa: N802
        """The sections that look into the network."""
        ...

    @property
    def CALIBRATION(self) -> Sequence[str]:  # noqa: N802
        """The metrics of the section on probabilities, none where there are none."""
        ...

    @property
    def TRUTH(self) -> str:  # noqa: N802
        """What the truth of a case is called in the table of the data."""
        ...

    @property
    def LEARNING(self) -> Sequence[Mapping[str, Any]]:  # noqa: N802
        """What is drawn of the history of training: columns with their labels, the axis' label and range."""
        ...

    def population(self, values: Sequence[str]) -> list[str]:
        """The group in which each truth is counted in the table of the data."""
        ...

    def brief(self, question: Any) -> dict[str, str]:
        """The metrics of the first table, each with what it says in plain words."""
        ...

    def lead(self, question: Any, headline: str, number: Callable[[str], Number], *, unit: str) -> str:
        """What the headline means, in whole numbers; empty where there is none."""
        ...

    def numbers(self, question: Any) -> Sequence[str]:
        """The metrics of the table of all numbers, in its order."""
        ...

    def numbers_title(self, question: Any) -> str:
        """The title of that table's section."""
        ...

    def by_class(self, question: Any) -> Mapping[str, Sequence[str]]:
        """The metrics of what has a row of its own beside the whole."""
        ...

    def gallery(self, question: Any) -> dict[str, str]:
        """The kinds of cases that the gallery shows, each with its heading."""
        ...

    def absent(self, key: str, question: Any) -> str:
        """Why a section has nothing to show for this question, empty where it has."""
        ...

    def use_of_validation(self, question: Any) -> str:
        """What the validation part of a table from elsewhere is used for, empty for nothing."""
        ...

    def counted(self, part: Mapping[str, Any]) -> dict[str, int]:
        """The groups of a part of the cohort whose size limits what it can show, in words."""
        ...

    def output(self, question: Any) -> str:
        """What the model gives for a scan, in words."""
        ...
