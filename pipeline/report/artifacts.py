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
from pipeline.contracts import read_frame, read_object
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
    "config.yaml", "cohort.csv", "excluded.csv", "cohort.json", "drift.json", "model.keras", "model.json",
    "history.csv", "predictions.csv", "metrics.json", "operating.json", "insights.json", "insights.npz",
    "rule.json", "comparison.json",
)  # fmt: skip


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
    part: str = "test"
    table: str = ""
    command: str = ""

    @property
    def positive(self) -> str | None:
        """The positive class, or None when no class is singled out."""
        positive = self.metrics["positive"]
        return None if positive is None else str(positive)

    @property
    def task(self) -> Task:
        """The kind of question."""
        return task_of(str(self.config["task"]))

    @property
    def question(self) -> Question:
        """What was asked."""
        return self.task.target.question_of(self.metrics)

    @property
    def classes(self) -> list[str]:
        """All classes, in the order of the network's outputs."""
        return [str(name) for name in self.metrics["classes"]]

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


def read(config: Json, *, candidate: Path, ledgers: Path, champion: Path | None) -> Artifacts:
    """The artifacts in the folders of a candidate, of the ledgers, and of the champion if there is one.

    Raises DataError when the stages before have not run, DamageError when a file can't be read.
    """
    for needed in ("cohort.json", "cohort.csv", "metrics.json", "predictions.csv"):
        if not (candidate / needed).is_file():
            stage = "cohort" if needed.startswith("cohort") else "evaluate"
            raise DataError(
                f"{needed} is missing in the candidate's folder. Run `{scanloom(stage)}`, "
                f"then `{make('report')}`."
            )
    return Artifacts(
        name=str(config["name"]),
        config=config,
        cohort=_json(candidate / "cohort.json"),
        cases=_table(candidate / "cohort.csv"),
        metrics=_json(candidate / "metrics.json"),
        predictions=_table(candidate / "predictions.csv"),
        model=_json(candidate / "model.json"),
        history=_numbers(candidate / "history.csv"),
        insights=_json(candidate / "insights.json"),
        pictures=_arrays(candidate / "insights.npz"),
        comparison=_json(candidate / "comparison.json"),
        drift=_json(candidate / "drift.json"),
        looks=ledger.read(ledgers / "looks.jsonl"),
        promotions=ledger.read(ledgers / "promotions.jsonl"),
        champion={which: _json(champion / f"{which}.json") for which in ("model", "cohort", "metrics")}
        if champion
        else {},
        file_digests={
            path: digests.of_file(candidate / path) for path in DIGESTED if (candidate / path).is_file()
        },
    )


def _json(path: Path, *needs: str) -> Json:
    return read_object(path, *needs) if path.is_file() else {}


def _table(path: Path, *needs: str) -> pd.DataFrame:
    """A table of words: every cell a string, empty where unknown."""
    import pandas as pd

    return read_frame(path, *needs) if path.is_file() else pd.DataFrame()


def _numbers(path: Path) -> pd.DataFrame:
    import pandas as pd

    return pd.read_csv(path) if path.is_file() else pd.DataFrame()


def _arrays(path: Path) -> dict[str, NDArray[np.generic]]:
    if not path.is_file():
        return {}
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name] for name in sorted(stored.files)}
