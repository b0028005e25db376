"""The table of predictions, read anew: the rows of a part, by case or by patient."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Table = list[dict[str, str]]


@dataclass(frozen=True)
class Rows:
    """Rows with known truth: class index `(rows,)`, probabilities `(rows, classes)`, patient `(rows,)`."""

    truth: NDArray[np.int64]
    score: Floats
    patient: NDArray[np.str_]

    @property
    def repeated(self) -> bool:
        """Whether a patient has several rows."""
        return bool(np.unique(self.patient).size < self.patient.size)

    @property
    def codes(self) -> NDArray[np.int64]:
        """The number of each row's patient, in the order of their names."""
        return np.unique(self.patient, return_inverse=True)[1].astype(np.int64)

    def patients_with(self, which: Flags) -> int:
        """How many patients have one of these rows."""
        return int(np.unique(self.patient[which]).size)

    def chosen(self, which: Flags) -> Rows:
        """The marked rows."""
        return Rows(self.truth[which], self.score[which], self.patient[which])


def read(path: Path) -> Table:
    """The rows of a CSV file, by column; what is known of several targets also as one text, `truth`."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        row.setdefault("truth", "".join(cell for name, cell in row.items() if name.startswith("truth_")))
    return rows


def of_part(table: Table, part: str, classes: Sequence[str]) -> tuple[Rows, Table]:
    """The rows of a part with a prediction and a truth, and the same rows of the table."""
    known = [row for row in table if row["part"] == part and row["status"] == "ok" and row["truth"]]
    truth = np.array([list(classes).index(row["truth"]) for row in known], dtype=np.int64)
    score = np.array([[float(row[f"score_{name}"]) for name in classes] for row in known], dtype=np.float64)
    patients = np.array([row["patient_id"] for row in known], dtype=np.str_)
    return Rows(truth, score.reshape(len(known), len(classes)), patients), known


def by_patient(rows: Rows, how: str) -> Rows:
    """One row a patient: of two classes positive when any case is, of more the class that all cases have."""
    names = np.unique(rows.patient)
    reduce: Any = {"max": np.max, "mean": np.mean}[how]
    truths, scores, kept = [], [], []
    for name in names:
        own = rows.patient == name
        classes = set(rows.truth[own].tolist())
        if rows.score.shape[1] == 2:
            positive = float(reduce(rows.score[own, 1]))
            truths.append(max(classes))
            scores.append([1 - positive, positive])
        elif len(classes) == 1:
            score = reduce(rows.score[own], axis=0)
            truths.append(classes.pop())
            scores.append((score / score.sum()).tolist())
        else:
            continue
        kept.append(name)
    shape = (len(kept), rows.score.shape[1])
    return Rows(
        np.array(truths, dtype=np.int64),
        np.array(scores, dtype=np.float64).reshape(shape),
        np.array(kept, dtype=np.str_),
    )
