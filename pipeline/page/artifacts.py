"""Everything a page is made from: of a candidate what the stages wrote, the ledgers and the configuration.

The report reads it once and hands it to every section, its own and the task's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.contracts.metrics import Headline
from pipeline.page.facts import Fact, of_metric, unavailable

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.tasks.registry import Task

Json = dict[str, Any]
Pictures = Mapping[str, NDArray[np.generic]]

VALIDATION = "validation"


@dataclass(frozen=True)
class Artifacts:
    """The artifacts of one candidate, or of a table of predictions. What is not there is empty.

    `task` is the kind of question and `question` what was asked, the task's own record. `part` is the part
    reported on; `table` the name of the table, empty for a candidate, and `command` what scored it.
    """

    name: str
    task: Task
    question: Any
    config: Json
    cases: pd.DataFrame
    metrics: Json
    predictions: pd.DataFrame
    history: pd.DataFrame
    file_digests: Mapping[str, str]
    cohort: Json = field(default_factory=dict)
    model: Json = field(default_factory=dict)
    insights: Json = field(default_factory=dict)
    pictures: Pictures = field(default_factory=dict)
    comparison: Json = field(default_factory=dict)
    drift: Json = field(default_factory=dict)
    looks: list[Json] = field(default_factory=list)
    promotions: list[Json] = field(default_factory=list)
    champion: Json = field(default_factory=dict)
    headline: Headline | None = None
    part: str = "test"
    table: str = ""
    command: str = ""

    def short(self, name: str) -> str:
        """A metric's name in a sentence."""
        return self.task.measures.METRICS[name].short

    def measured_in(self, name: str) -> str:
        """The unit of a metric's values, empty for a pure number."""
        return self.task.page.measured_in(name, self.question)

    @property
    def tested(self) -> pd.DataFrame:
        """The rows of the reported part that have both a prediction and a known truth."""
        rows = self.predictions
        return rows[(rows["part"] == self.part) & (rows["status"] == "ok") & (rows["truth"] != "")]

    @property
    def unit(self) -> str:
        """What has one vote in the numbers shown: "patient" or "case"."""
        return str(self.config["evaluate"]["unit"])

    def metric(self, name: str, *, part: str = "", target: str = "") -> Fact:
        """The metric over a whole part, the reported one unless named; without a value when not computed."""
        for fact in self.metrics_named(name):
            if (fact.part, fact.group, fact.target) == (part or self.part, "", target):
                return fact
        return unavailable(name, "not computed")

    def metrics_named(self, name: str) -> Iterator[Fact]:
        """All metrics of one name at the unit in use, in the order of metrics.json."""
        measured_in = self.measured_in(name)
        return (
            of_metric(metric, measured_in)
            for metric in self.of_unit(self.metrics.get("metrics", []))
            if metric["id"] == name
        )

    def curves(self, name: str) -> list[Json]:
        """The curves of one name at the unit in use: of the reported part and of validation."""
        curves = self.of_unit(self.metrics.get("curves", {}).get(name, []))
        return [curve for curve in curves if curve["part"] in (self.part, VALIDATION)]

    def comparisons(self) -> list[Json]:
        """The comparisons of subgroups at the unit in use."""
        return list(self.of_unit(self.metrics.get("comparisons", [])))

    def of_unit(self, entries: list[Json]) -> Iterator[Json]:
        """The entries of metrics.json at the unit in use."""
        return (entry for entry in entries if entry.get("unit", self.unit) == self.unit)
