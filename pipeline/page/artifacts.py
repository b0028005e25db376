"""Everything a page is made from: of a candidate what the stages wrote, the ledgers and the configuration.

The report reads it once and hands it to every section, its own and the task's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pipeline.config import Config
from pipeline.contracts.cohort import TARGET, Cohort
from pipeline.contracts.comparison import Comparison
from pipeline.contracts.controls import Controls
from pipeline.contracts.drift import Drift
from pipeline.contracts.insights import Insights, Pictures
from pipeline.contracts.leaks import Leaks
from pipeline.contracts.metrics import Difference, Metrics
from pipeline.contracts.model_record import ModelRecord
from pipeline.contracts.population import Population, Sources
from pipeline.contracts.robustness import Robustness
from pipeline.contracts.scan_pictures import Pictured
from pipeline.contracts.strangers import Oddest, Strangers
from pipeline.page.facts import Fact, of_metric, unavailable
from pipeline.records import EXTERNAL

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.tasks.registry import Task

Json = dict[str, Any]
Curve = Mapping[str, Any]
"""A curve as metrics.json holds it: what its figure draws."""
T = TypeVar("T")


class WithUnit(Protocol):
    """An entry of metrics.json that is of patients, or of cases."""

    @property
    def unit(self) -> str:
        """What has one vote."""
        ...


R = TypeVar("R", bound=WithUnit)

VALIDATION = "validation"


@dataclass(frozen=True)
class Champion:
    """What is recorded of the model in use; None where its folder lacks it."""

    model: ModelRecord | None = None
    cohort: Cohort | None = None
    metrics: Metrics | None = None


@dataclass(frozen=True)
class Artifacts:
    """The artifacts of one candidate, or of a table of predictions. What is not there is empty, or None.

    `task` is the kind of question and `question` what was asked, the task's own record. `unit` has one vote
    in the numbers shown ("patient" or "case"), `level` is that of the intervals, `part` the part reported on;
    `table` is the name of the table, empty for a candidate, and `command` what scored it. `is_reviewed` says
    that a person looked through the pixels of all doubtful scans for text. A table has neither
    `of_config` nor `of_cohort`, `of_model` and `of_population`.
    """

    name: str
    title: str
    task: Task
    question: Any
    unit: str
    level: float
    cases: pd.DataFrame
    metrics: Metrics
    predictions: pd.DataFrame
    history: pd.DataFrame
    file_digests: Mapping[str, str]
    of_config: Config | None = None
    of_cohort: Cohort | None = None
    of_model: ModelRecord | None = None
    of_population: Population | None = None
    leaks: Leaks | None = None
    controls: Controls | None = None
    strangers: Strangers | None = None
    oddest: Oddest | None = None
    robustness: Robustness | None = None
    insights: Insights | None = None
    pictures: Pictures = field(default_factory=dict)
    comparison: Comparison | None = None
    flips: Pictured | None = None
    odd_scans: Pictured | None = None
    drift: Drift | None = None
    looks: list[Json] = field(default_factory=list)
    promotions: list[Json] = field(default_factory=list)
    champion: Champion = Champion()
    part: str = "test"
    table: str = ""
    command: str = ""
    is_reviewed: bool = False

    @property
    def config(self) -> Config:
        """The configuration of a candidate; no section of a table asks for it."""
        return _of_candidate(self.of_config)

    @property
    def cohort(self) -> Cohort:
        """The sums of a candidate's cohort; no section of a table asks for them."""
        return _of_candidate(self.of_cohort)

    @property
    def model(self) -> ModelRecord:
        """What a candidate's model is; no section of a table asks for it."""
        return _of_candidate(self.of_model)

    @property
    def population(self) -> Population:
        """Who is in which part of a candidate's cohort; no section of a table asks for it."""
        return _of_candidate(self.of_population)

    def test_patients(self, category: str, heading: str = "") -> int:
        """How many patients of the test part have a case of a category of the truth, told under `heading`."""
        return sum(
            group.patients.get("test", 0)
            for group in self.population.groups
            if group.of.startswith(TARGET) and group.category == category and heading in ("", group.heading)
        )

    @property
    def sources(self) -> Sources:
        """From where the scans of a candidate come; of an earlier version's nothing is known."""
        return (self.of_population and self.of_population.sources) or Sources("unknown")

    @property
    def of_another_source(self) -> bool:
        """Whether patients of another source were measured beside the reported part."""
        return bool(self.sources.external_patients)

    def short(self, name: str) -> str:
        """A metric's name in a sentence."""
        return self.task.measures.METRICS[name].short

    def measured_in(self, name: str) -> str:
        """The unit of a metric's values, empty for a pure number."""
        return self.task.page.measured_in(name, self.question)

    @property
    def tested(self) -> pd.DataFrame:
        """The rows of the reported part that are measured."""
        return self.predictions[self.task.measures.measurable(self.predictions, self.part)]

    def metric(self, name: str, *, part: str = "", target: str = "") -> Fact:
        """The metric over a whole part, the reported one unless named; without a value when not computed."""
        for fact in self.metrics_named(name):
            if (fact.part, fact.group, fact.target) == (part or self.part, "", target):
                return fact
        return unavailable(name, "not computed")

    def elsewhere(self, name: str) -> dict[str, Fact]:
        """The metric on patients of another source as `external`; nothing where none were measured."""
        return {EXTERNAL: self.metric(name, part=EXTERNAL)} if self.of_another_source else {}

    def metrics_named(self, name: str) -> Iterator[Fact]:
        """All metrics of one name at the unit in use, in the order of metrics.json."""
        measured_in = self.measured_in(name)
        return (
            of_metric(metric, measured_in)
            for metric in self.of_unit(self.metrics.metrics)
            if metric.id == name
        )

    def curves(self, name: str, *, elsewhere: bool = False) -> list[Curve]:
        """The curves of one name at the unit in use: of the reported part and of validation.

        With `elsewhere`, also those of another source, where one was measured beside the reported part.
        """
        parts = {self.part, VALIDATION, *([EXTERNAL] if elsewhere and self.of_another_source else [])}
        curves = self.metrics.curves.get(name, ())
        wanted = [curve for curve in curves if curve.get("unit", self.unit) == self.unit]
        return [curve for curve in wanted if curve["part"] in parts]

    def comparisons(self) -> list[Difference]:
        """The comparisons of subgroups and of models at the unit in use."""
        return list(self.of_unit(self.metrics.comparisons))

    def of_unit(self, entries: Iterable[R]) -> Iterator[R]:
        """The entries of metrics.json at the unit in use."""
        return (entry for entry in entries if entry.unit == self.unit)


def _of_candidate(record: T | None) -> T:
    if record is None:
        raise LookupError("a table of predictions has no configuration, no cohort and no model")
    return record
