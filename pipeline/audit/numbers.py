"""The metrics of metrics.json, each computed anew from predictions.csv."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.audit import findings, formulas, measured, quantities, structures
from pipeline.audit.account import Account
from pipeline.audit.formulas import Number, compare_number
from pipeline.audit.measured import FEWEST, Seen
from pipeline.audit.rows import Rows, Table, by_patient, of_part

Json = dict[str, Any]
Numbers = dict[tuple[str, str | None, str | None], Number]
"""The numbers of a view by metric, class and target."""


@dataclass(frozen=True)
class Written:
    """What was written of an evaluation: the table of predictions, metrics.json and operating.json."""

    table: Table
    metrics: Json
    operating: Json

    @cached_property
    def classes(self) -> list[str]:
        """The classes, of two the one that is looked for last."""
        return list(self.metrics["question"]["classes"])

    @cached_property
    def threshold(self) -> float | None:
        """That of the finding, None where the likeliest class is taken."""
        chosen = self.operating["choices"]["thresholds"]
        return float(chosen[0]["threshold"]) if chosen else None

    @cached_property
    def least(self) -> list[float]:
        """From which probability on each class belongs to a set, empty where there are no sets."""
        return list((self.operating["choices"].get("sets") or {}).get("least", []))


def audit(written: Written, account: Account) -> None:
    """Compares every metric over a part or a subgroup, at each unit, by the task's kind."""
    question = written.metrics["question"]
    if "edges" in question:
        quantities.audit(written.table, written.metrics, account)
    elif "labels" in question:
        findings.audit(written.table, written.metrics, written.operating, account)
    elif "structures" in question:
        structures.audit(written.table, written.metrics, account)
    elif "classes" in question:
        _audit_classes(written, account)
    else:
        account.unseen.update(metric["id"] for metric in written.metrics["metrics"])


def _audit_classes(written: Written, account: Account) -> None:
    known: dict[tuple[str, str, str | None], tuple[Seen, Numbers]] = {}
    for metric in written.metrics["metrics"]:
        key = (metric["part"], metric["unit"], metric["group"])
        if key not in known:
            seen = _seen(written, *key)
            known[key] = seen, _numbers(seen, written, metric["group"])
        _compare(metric, *known[key], written.classes, account)


def _seen(written: Written, part: str, unit: str, group: str | None) -> Seen:
    rows, table = of_part(written.table, part, written.classes)
    values = np.array([""] * len(table), dtype=object)
    if group is not None:
        column, _, _ = group.partition("=")
        values = np.array([row[column] for row in table], dtype=object)
    if unit == "patient":
        whole = by_patient(rows, written.metrics["patient_score"])
        values = _of_patients(whole, rows, values)
        rows = whole
    if group is not None:
        wanted = group.partition("=")[2]
        rows = rows.chosen(np.array([(value or "unknown") == wanted for value in values], dtype=np.bool_))
    decided = rows.score.argmax(axis=1)
    if written.threshold is not None:
        decided = (rows.score[:, 1] >= written.threshold).astype(np.int64)
    plan = written.metrics["bootstrap"]
    level = next(metric["level"] for metric in written.metrics["metrics"] if metric["level"])
    return Seen(rows, decided, level, plan["resamples"], plan["seed"])


def _of_patients(patients: Rows, cases: Rows, values: NDArray[np.object_]) -> NDArray[np.object_]:
    """The value that all cases of a patient have, or that they have several."""
    found = []
    for name in patients.patient:
        own = set(values[cases.patient == name])
        found.append(own.pop() if len(own) == 1 else "several values")
    return np.array(found, dtype=object)


def _numbers(seen: Seen, written: Written, group: str | None) -> Numbers:
    """The numbers of a view; empty where patients are too few."""
    if not seen.judged:
        return {}
    if group is not None:
        return _of_group(seen)
    of_sets = measured.of_sets(seen, written.least) if written.least else {}
    sets: Numbers = {
        (name, None if of is None else written.classes[of], None): number
        for (name, of), number in of_sets.items()
    }
    if seen.classes == 2:
        numbers = measured.of_class(seen, 1) | measured.of_finding(seen)
        whole: Numbers = sets | {(name, None, None): number for name, number in numbers.items()}
        targets = {
            metric["target"] for metric in written.metrics["metrics"] if metric["id"] == "ppv_at_prevalence"
        }
        for target in targets:
            share = float(target.removeprefix("prevalence "))
            whole |= {
                (name, None, target): number for name, number in measured.at_prevalence(seen, share).items()
            }
        return whole
    whole = sets | {(name, None, None): number for name, number in measured.over_classes(seen).items()}
    for of in seen.judged:
        numbers = measured.of_class(seen, of)
        whole |= {(name, written.classes[of], None): number for name, number in numbers.items()}
    return whole


def _of_group(seen: Seen) -> Numbers:
    if seen.classes == 2:
        return {("auroc", None, None): formulas.area(seen.rows, 1, seen.level)}
    return {("macro_auroc", None, None): measured.over_classes(seen)["macro_auroc"]}


def _compare(
    metric: Json,
    seen: Seen,
    numbers: Numbers,
    classes: list[str],
    account: Account,
) -> None:
    of = metric["class"] or ""
    where = " ".join(filter(None, ("metrics.json:", metric["id"], of, metric["part"], metric["group"])))
    where += f" by {metric['unit']}"
    account.compare(f"{where}, cases", metric["cases"], int(seen.rows.truth.size))
    account.compare(f"{where}, patients", metric["patients"], int(np.unique(seen.rows.patient).size))
    index = classes.index(of) if of else 1 if len(classes) == 2 else None
    if index is not None:
        account.compare(f"{where}, positive patients", metric["positive_patients"], seen.sides(index)[0])
    number = numbers.get((metric["id"], metric["class"], metric["target"]))
    if number is None and index is not None and min(seen.sides(index)) < FEWEST:
        number = Number(None)
    compare_number(where, metric, number, account)
