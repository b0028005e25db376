"""The metrics of masks, each computed anew from the numbers of single scans in predictions.csv."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy import special, stats

from pipeline.audit import formulas
from pipeline.audit.account import Account
from pipeline.audit.formulas import Number, compare_number
from pipeline.audit.ranked import over
from pipeline.audit.rows import Floats, Rows, Table

FEWEST: Final = 5  # patients, below which no mean is shown
WITHIN: Final = 1.96  # the limits of agreement as Bland & Altman 1999 draw them
_COLUMNS: Final = {
    "dice": "dice",
    "nsd": "nsd",
    "hd95": "hd95_mm",
    "hd": "hd_mm",
    "false_components": "false_components",
    "truth_ml": "volume_truth_ml",
    "predicted_ml": "volume_predicted_ml",
}
_OF_NOTHING: Final = ("dice", "nsd", "false_components", "predicted_ml")
"""What an empty or failed prediction has of them is 0."""
_LARGEST: Final = ("missed", "invented")
"""A patient has the largest of the scans' numbers, where others are means."""
Json = dict[str, Any]
Values = dict[tuple[str, str], dict[str, float]]
"""For each row (whose patient and which case) the number of each structure that has one."""


@dataclass(frozen=True)
class View:
    """Rows of a part or a subgroup at a unit: of each measure the numbers, and how all of them are made."""

    values: dict[str, Values]
    names: tuple[str, ...]
    level: float
    resamples: int
    seed: int

    def rows(self, measure: str, of: str | None) -> tuple[Floats, np.ndarray]:
        """The numbers of a structure, or the mean (or largest) over all, and the patient of each row."""
        found, patients = [], []
        for (patient, _), numbers in sorted(self.values[measure].items()):
            known = list(numbers.values()) if of is None else [numbers[of]] if of in numbers else []
            number = max(known) if measure in _LARGEST and known else _over_all(known)
            if not math.isnan(number):
                found.append(number)
                patients.append(patient)
        return np.array(found, dtype=np.float64), np.array(patients, dtype=np.str_)


def _over_all(numbers: list[float]) -> float:
    """The mean, nan where one lacks or there is none."""
    return math.fsum(numbers) / len(numbers) if numbers else math.nan


def audit(table: Table, metrics: Json, account: Account) -> None:
    """Compares every metric over a part or a subgroup, at each unit."""
    known: dict[tuple[str, str, str | None], View] = {}
    for metric in metrics["metrics"]:
        key = (metric["part"], metric["unit"], metric["group"])
        if key not in known:
            known[key] = _view(table, metrics, *key, level=metric["level"])
        where = " ".join(
            filter(None, ("metrics.json:", metric["id"], metric["class"], metric["part"], metric["group"]))
        )
        _compare(metric, known[key], f"{where} by {metric['unit']}", account)


def _compare(metric: Json, view: View, where: str, account: Account) -> None:
    name, of = metric["id"], metric["class"]
    values, patients = view.rows("bias_ml" if name.startswith("volume_") else name, of)
    account.compare(f"{where}, cases", metric["cases"], values.size)
    account.compare(f"{where}, patients", metric["patients"], np.unique(patients).size)
    if name in _LARGEST and values.size:
        account.compare(f"{where}, numerator", metric["numerator"], int(values.sum()))
        account.compare(f"{where}, denominator", metric["denominator"], values.size)
    compare_number(where, metric, _number(name, of, values, patients, view), account)


def _number(name: str, of: str | None, values: Floats, patients: np.ndarray, view: View) -> Number:
    if name in _LARGEST:
        return _share(values, patients, view)
    several = np.unique(patients).size
    lacking = name != "invented_ml" and values.size < view.rows("dice", of)[0].size
    if several < FEWEST or lacking:
        return Number(None)
    if name.startswith("volume_limit"):
        return _limit(-1 if name.endswith("low") else 1, values, patients, view)
    middle, error = _mean(values, patients)
    half = float(stats.t.ppf(0.5 + view.level / 2, several - 1)) * error
    if half <= 1e-12 * max(1.0, abs(middle)):
        return Number(middle)
    if name == "volume_bias":
        return Number(middle, middle - half, middle + half)
    if name in ("dice", "nsd"):
        centre, half = float(special.logit(middle)), half / (middle * (1 - middle))
        return Number(middle, float(special.expit(centre - half)), float(special.expit(centre + half)))
    return Number(middle, middle * math.exp(-half / middle), middle * math.exp(half / middle))


def _mean(values: Floats, patients: np.ndarray) -> tuple[float, float]:
    """The mean of rows and its error from the sums of the deviations of each patient."""
    middle = math.fsum(values) / values.size
    sums = [math.fsum(values[patients == name] - middle) for name in np.unique(patients)]
    return middle, math.sqrt(len(sums) / (len(sums) - 1) * math.fsum(s * s for s in sums)) / values.size


def _share(values: Floats, patients: np.ndarray, view: View) -> Number:
    several = int(np.unique(patients).size)
    if several == values.size:
        return formulas.exact(int(values.sum()), values.size, view.level)
    number = _resampled(lambda weights: over(weights @ values, weights.sum(axis=1)), patients, view)
    if number.value in (0.0, 1.0):
        return formulas.wilson(int(number.value) * several, several, view.level)
    return number


def _limit(side: int, values: Floats, patients: np.ndarray, view: View) -> Number:
    """Bias -+ 1.96 SD with its error s sqrt(1/n + 1.96^2 / (2 (n - 1))); where patients recur, resampled."""
    n = values.size

    def at(weights: Floats) -> Floats:
        drawn = weights.sum(axis=1)
        middle = over(weights @ values, drawn)
        squares = (weights * (values[None, :] - middle[:, None]) ** 2).sum(axis=1)
        return middle + side * WITHIN * np.sqrt(over(squares, drawn - 1))

    if np.unique(patients).size < n:
        return _resampled(at, patients, view)
    value, spread = float(at(np.ones((1, n)))[0]), float(np.std(values, ddof=1))
    half = (
        float(stats.t.ppf(0.5 + view.level / 2, n - 1))
        * spread
        * math.sqrt(1 / n + WITHIN**2 / (2 * (n - 1)))
    )
    if half <= 1e-12 * max(1.0, abs(value)):
        return Number(value)
    return Number(value, value - half, value + half)


def _resampled(statistic: Callable[[Floats], Floats], patients: np.ndarray, view: View) -> Number:
    rows = Rows(np.zeros(patients.size, dtype=np.int64), np.zeros((patients.size, 1)), patients)
    drawn = formulas.draws(rows, 1, resamples=view.resamples, seed=view.seed)
    return formulas.resampled(statistic, rows.codes, drawn, view.level)


def _view(table: Table, metrics: Json, part: str, unit: str, group: str | None, *, level: float) -> View:
    names = tuple(metrics["question"]["structures"])
    cases = [row for row in table if row["part"] == part and any(row[f"truth_{name}"] for name in names)]
    measured = {
        measure: _of_cases(cases, measure, names)
        for measure in (*_COLUMNS, *_LARGEST, "bias_ml", "invented_ml")
    }
    if unit == "patient":
        measured = {measure: _of_patients(values, measure) for measure, values in measured.items()}
    if group is not None:
        wanted = _in_group(cases, unit, group)
        measured = {
            measure: {row: numbers for row, numbers in values.items() if row[unit == "case"] in wanted}
            for measure, values in measured.items()
        }
    plan = metrics["bootstrap"]
    return View(measured, names, level, plan["resamples"], plan["seed"])


def _of_cases(cases: Table, measure: str, names: tuple[str, ...]) -> Values:
    values: Values = {}
    for row in cases:
        found = {name: _cell(row, measure, name) for name in names}
        values[row["patient_id"], row["case_id"]] = {
            name: number for name, number in found.items() if number is not None
        }
    return values


def _cell(row: dict[str, str], measure: str, name: str) -> float | None:
    """The number of a case and structure, None where it has none to give."""
    truth, said = row[f"truth_{name}"], row[f"predicted_{name}"] == "1"
    if measure == "missed":
        return float(not said) if truth == "1" else None
    if measure == "invented":
        return float(said) if truth == "0" and row["status"] == "ok" else None
    if measure == "bias_ml":
        said_ml, held_ml = _cell(row, "predicted_ml", name), _cell(row, "truth_ml", name)
        return None if said_ml is None or held_ml is None else said_ml - held_ml
    if measure == "invented_ml":
        return float(row.get(f"volume_predicted_ml_{name}") or math.nan) if truth == "0" and said else None
    if truth != "1":
        return None
    cell = row.get(f"{_COLUMNS[measure]}_{name}", "")
    return float(cell) if cell else 0.0 if measure in _OF_NOTHING and not said else math.nan


def _of_patients(values: Values, measure: str) -> Values:
    gathered: dict[str, dict[str, list[float]]] = {}
    for (patient, _), numbers in values.items():
        own = gathered.setdefault(patient, {})
        for name, number in numbers.items():
            own.setdefault(name, []).append(number)
    return {
        (patient, ""): {
            name: max(found) if measure in _LARGEST else _over_all(found) for name, found in own.items()
        }
        for patient, own in gathered.items()
    }


def _in_group(cases: Table, unit: str, group: str) -> set[str]:
    """The names of the cases or patients of a subgroup; a patient of several values has none."""
    column, _, wanted = group.partition("=")
    values: dict[str, set[str]] = {}
    for row in cases:
        values.setdefault(row["patient_id" if unit == "patient" else "case_id"], set()).add(row[column])
    told = {name: own.pop() if len(own) == 1 else "several values" for name, own in values.items()}
    return {name for name, value in told.items() if (value or "unknown") == wanted}
