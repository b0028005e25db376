"""Everything a page is made from, read once: of a candidate its files, the ledgers and the configuration.

The report computes no result: it reads what the stages wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline import digests, ledger
from pipeline.contracts import cohort as cohorts
from pipeline.contracts import (
    comparison,
    drift,
    history,
    insights,
    metrics,
    model_record,
    operating,
    predictions,
    rule,
)
from pipeline.contracts.metrics import Headline
from pipeline.contracts.objects import ObjectFile, plain
from pipeline.contracts.unopened import Unopened
from pipeline.errors import DataError
from pipeline.printed import make, scanloom
from pipeline.report.facts import Fact, of_metric, unavailable
from pipeline.tasks.contract import Question
from pipeline.tasks.registry import Task, task_of

if TYPE_CHECKING:
    import pandas as pd

Json = dict[str, Any]
Pictures = Mapping[str, NDArray[np.generic]]

VALIDATION = "validation"
DIGESTED = (
    "config.yaml",
    cohorts.TABLE.name,
    cohorts.EXCLUDED.name,
    cohorts.FILE.name,
    drift.FILE.name,
    model_record.MODEL_FILE,
    model_record.FILE.name,
    history.FILE.name,
    predictions.FILE.name,
    metrics.FILE.name,
    operating.FILE.name,
    insights.FILE.name,
    insights.PICTURES.name,
    rule.FILE.name,
    comparison.FILE.name,
)


@dataclass(frozen=True)
class Artifacts:
    """The artifacts of one candidate, or of a table of predictions. What is not there is empty.

    `part` is the part reported on; `table` the name of the table, empty for a candidate, and
    `command` what scored it.
    """

    name: str
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

    @property
    def positive(self) -> str | None:
        """The positive class, or None when no class is singled out."""
        positive = self.metrics["question"]["positive"]
        return None if positive is None else str(positive)

    @property
    def task(self) -> Task:
        """The kind of question."""
        return task_of(str(self.config["task"]))

    @property
    def question(self) -> Question:
        """What was asked."""
        return self.task.target.question_of(metrics.Metrics(Unopened(self.metrics["question"]), ()))

    @property
    def classes(self) -> list[str]:
        """All classes, in the order of the network's outputs."""
        return [str(name) for name in self.metrics["question"]["classes"]]

    def short(self, name: str) -> str:
        """A metric's name in a sentence."""
        return self.task.measures.METRICS[name].short

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
        return (
            of_metric(metric)
            for metric in self._of_unit(self.metrics.get("metrics", []))
            if metric["id"] == name
        )

    def curves(self, name: str) -> list[Json]:
        """The curves of one name at the unit in use: of the reported part and of validation."""
        curves = self._of_unit(self.metrics.get("curves", {}).get(name, []))
        return [curve for curve in curves if curve["part"] in (self.part, VALIDATION)]

    def confusion(self) -> Json:
        """The confusion matrix of the reported part at the unit in use; empty when there is none."""
        entries = self._of_unit(self.metrics.get("confusion", []))
        return next((entry for entry in entries if entry["part"] == self.part and not entry.get("group")), {})

    def comparisons(self) -> list[Json]:
        """The comparisons of subgroups at the unit in use."""
        return list(self._of_unit(self.metrics.get("comparisons", [])))

    def _of_unit(self, entries: list[Json]) -> Iterator[Json]:
        return (entry for entry in entries if entry.get("unit", self.unit) == self.unit)


_NEEDED = (
    ("cohort", cohorts.FILE),
    ("cohort", cohorts.TABLE),
    ("evaluate", metrics.FILE),
    ("evaluate", predictions.FILE),
)


def read(config: Json, *, candidate: Path, ledgers: Path, champion: Path | None) -> Artifacts:
    """The artifacts in the folders of a candidate, of the ledgers, and of the champion if there is one.

    Raises DataError when the stages before have not run, DamageError when a file can't be read.
    """
    for stage, needed in _NEEDED:
        if not needed.path(candidate).is_file():
            raise DataError(
                f"{needed.name} is missing in the candidate's folder. Run `{scanloom(stage)}`, "
                f"then `{make('report')}`."
            )
    import pandas as pd

    measured = metrics.FILE.read(candidate)
    return Artifacts(
        name=str(config["name"]),
        config=config,
        cohort=_json(cohorts.FILE, candidate),
        cases=cohorts.prediction_rows(cohorts.TABLE.frame(candidate)),
        metrics=plain(measured),
        headline=measured.headline,
        predictions=predictions.FILE.frame(candidate),
        model=_json(model_record.FILE, candidate),
        history=history.numbers(candidate) if history.FILE.path(candidate).is_file() else pd.DataFrame(),
        insights=_json(insights.FILE, candidate),
        pictures=insights.pictures(candidate),
        comparison=_json(comparison.FILE, candidate),
        drift=_json(drift.FILE, candidate),
        looks=ledger.read(ledgers / "looks.jsonl"),
        promotions=ledger.read(ledgers / "promotions.jsonl"),
        champion={
            "model": _json(model_record.FILE, champion),
            "cohort": _json(cohorts.FILE, champion),
            "metrics": _json(metrics.FILE, champion),
        }
        if champion
        else {},
        file_digests={
            path: digests.of_file(candidate / path) for path in DIGESTED if (candidate / path).is_file()
        },
    )


def _json(file: ObjectFile[Any], folder: Path) -> Json:
    record = file.find(folder)
    return plain(record) if record else {}
