"""The metrics of several findings, computed anew from predictions.csv, each on rows in which it is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.audit import formulas, measured
from pipeline.audit.account import Account
from pipeline.audit.formulas import Number, compare_number
from pipeline.audit.measured import FEWEST, Seen
from pipeline.audit.rows import Rows, Table, by_patient

Json = dict[str, Any]
_MEANS: Final = {
    "macro_auroc": "auroc",
    "macro_auprc": "auprc",
    "macro_brier_skill": "brier_skill",
    "macro_f1": "f1",
    "macro_sensitivity": "sensitivity",
    "macro_specificity": "specificity",
}
"""The means over findings, each with the number of a finding that it is the mean of."""


@dataclass(frozen=True)
class Written:
    """The table of predictions, metrics.json, and the threshold of each finding."""

    table: Table
    metrics: Json
    thresholds: Mapping[str, float]


@dataclass(frozen=True)
class View:
    """The findings of a part or a subgroup at a unit: the rows of each in which it is known; all sizes.

    `keys` names the case or the patient of each of a finding's rows.
    """

    of_finding: Mapping[str, Seen]
    keys: Mapping[str, NDArray[np.str_]]
    numbers: Mapping[str, Mapping[str, Number]]
    cases: int
    patients: int


def audit(table: Table, metrics: Json, operating: Json, account: Account) -> None:
    """Compares every metric of a finding, and the values of those over all findings."""
    chosen = operating["choices"]["labels"]
    thresholds = {name: float(chosen[name]["thresholds"][0]["threshold"]) for name in chosen}
    written = Written(table, metrics, thresholds)
    known: dict[tuple[str, str, str | None], View] = {}
    for metric in metrics["metrics"]:
        key = (metric["part"], metric["unit"], metric["group"])
        if key not in known:
            known[key] = _view(written, *key)
        where = " ".join(
            filter(None, ("metrics.json:", metric["id"], metric["class"], metric["part"], metric["group"]))
        )
        _compare(metric, known[key], f"{where} by {metric['unit']}", account)


def _compare(metric: Json, view: View, where: str, account: Account) -> None:
    of = metric["class"]
    if of is None:
        account.compare(f"{where}, cases", metric["cases"], view.cases)
        account.compare(f"{where}, patients", metric["patients"], view.patients)
        account.compare(f"{where}, value", metric["value"], _over_findings(metric["id"], view))
        account.unseen[metric["id"]] += sum(metric[end] is not None for end in ("low", "high"))
        return
    seen = view.of_finding[of]
    account.compare(f"{where}, cases", metric["cases"], int(seen.rows.truth.size))
    account.compare(f"{where}, patients", metric["patients"], int(np.unique(seen.rows.patient).size))
    account.compare(f"{where}, positive patients", metric["positive_patients"], seen.sides(1)[0])
    number = view.numbers[of].get(metric["id"], Number(None) if min(seen.sides(1)) < FEWEST else None)
    compare_number(where, metric, number, account)


def _over_findings(name: str, view: View) -> float | None:
    """A metric over all findings: a mean over those that are judged, or of decisions on what is known."""
    if name in _MEANS:
        values = [each[_MEANS[name]].value for each in view.numbers.values() if each]
        return float(np.mean([value for value in values if value is not None])) if values else None
    wrong, cells, found = 0, 0, 0
    faulty: set[str] = set()
    for of, seen in view.of_finding.items():
        mistaken = seen.rows.truth != seen.decided
        wrong, cells = wrong + int(mistaken.sum()), cells + mistaken.size
        found += int(((seen.rows.truth == 1) & (seen.decided == 1)).sum())
        faulty |= set(view.keys[of][mistaken].tolist())
    anew = {
        "exact_match": 1 - len(faulty) / view.cases,
        "hamming_loss": wrong / cells,
        "micro_f1": 2 * found / (2 * found + wrong) if found + wrong else None,
    }
    return anew[name]


def _view(written: Written, part: str, unit: str, group: str | None) -> View:
    names = written.metrics["question"]["labels"]
    cases = [row for row in written.table if row["part"] == part and row["status"] == "ok" and row["truth"]]
    if group is not None:
        wanted = _in_group(cases, unit, group)
        cases = [row for row in cases if row["patient_id" if unit == "patient" else "case_id"] in wanted]
    of_finding, keys = {}, {}
    for name in names:
        known = [row for row in cases if row[f"truth_{name}"]]
        rows = _rows(known, name)
        if unit == "patient":
            rows = by_patient(rows, written.metrics["patient_score"])
        keys[name] = rows.patient if unit == "patient" else np.array([row["case_id"] for row in known])
        decided = (rows.score[:, 1] >= written.thresholds[name]).astype(np.int64)
        plan = written.metrics["bootstrap"]
        level = next(metric["level"] for metric in written.metrics["metrics"] if metric["level"])
        of_finding[name] = Seen(rows, decided, level, plan["resamples"], plan["seed"])
    patients = len({row["patient_id"] for row in cases})
    numbers = {name: _numbers(seen, whole=group is None) for name, seen in of_finding.items()}
    return View(of_finding, keys, numbers, patients if unit == "patient" else len(cases), patients)


def _rows(known: Table, name: str) -> Rows:
    score = np.array([float(row[f"score_{name}"]) for row in known], dtype=np.float64)
    return Rows(
        np.array([int(row[f"truth_{name}"]) for row in known], dtype=np.int64),
        np.column_stack([1 - score, score]),
        np.array([row["patient_id"] for row in known], dtype=np.str_),
    )


def _numbers(seen: Seen, *, whole: bool) -> Mapping[str, Number]:
    """The numbers of a finding, none where its patients are too few; of a subgroup the area alone."""
    if min(seen.sides(1)) < FEWEST:
        return {}
    if not whole:
        return {"auroc": formulas.area(seen.rows, 1, seen.level)}
    return measured.of_class(seen, 1) | measured.of_finding(seen)


def _in_group(cases: Table, unit: str, group: str) -> set[str]:
    """The names of the cases or patients of a subgroup; a patient of several values is of none."""
    column, _, wanted = group.partition("=")
    values: dict[str, set[str]] = {}
    for row in cases:
        values.setdefault(row["patient_id" if unit == "patient" else "case_id"], set()).add(row[column])
    told = {name: own.pop() if len(own) == 1 else "several values" for name, own in values.items()}
    return {name for name, value in told.items() if (value or "unknown") == wanted}
