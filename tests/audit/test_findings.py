"""The audit of several findings agrees with what was measured, by case and by patient, and finds an edit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.audit.account import Account
from pipeline.audit.findings import audit
from pipeline.audit.rows import Table, read
from pipeline.config import Evaluate
from pipeline.evaluate.measure import measure
from pipeline.tasks.multilabel.answers import Frozen
from pipeline.tasks.registry import task_of

NAMES = ("edema", "mass", "drain")
OPERATING = {"choices": {"labels": {name: {"thresholds": [{"threshold": 0.5}]} for name in NAMES}}}


def written(folder: Path, cases_a_patient: int) -> tuple[Table, dict[str, Any]]:
    """A table of predictions of 60 patients, a tenth of it unknown, and what is measured of it."""
    generator = np.random.default_rng(5)
    rows = 60 * cases_a_patient
    apart = 1.0 if cases_a_patient == 1 else 0.25  # of one case a patient, a threshold parts edema
    truth = (generator.random((rows, 3)) < (0.5, 0.4, 0.03)).astype(int)
    score = np.clip(0.3 + 0.25 * truth + generator.normal(0, 0.2, (rows, 3)), 0, 1)
    score[:, 0] = 1 / (1 + np.exp(-30 * apart * (truth[:, 0] - 0.5) - generator.normal(0, 1, rows)))
    unknown = generator.random((rows, 3)) < 0.1
    numbers = np.arange(rows)
    columns: dict[str, Any] = {
        "case_id": [f"c{number:03d}" for number in numbers],
        "patient_id": [f"p{number % 60:02d}" for number in numbers],
        "part": "test",
        "status": "ok",
        "reason": "",
        "by_sex": np.where(numbers % 60 < 26, "F", "M"),
    }
    for at, name in enumerate(NAMES):
        columns[f"truth_{name}"] = np.where(unknown[:, at], "", truth[:, at].astype(str))
        columns[f"score_{name}"] = score[:, at]
    path = folder / "predictions.csv"
    pd.DataFrame(columns).to_csv(path, index=False)
    task = task_of("multilabel")
    fixed = Frozen((1.0,) * 3, (0.5,) * 3)
    return read(path), measure(task.answers.read(path), task, Evaluate(resamples=200), fixed=fixed)


@pytest.mark.parametrize("cases_a_patient", [1, 2])
def test_every_number_agrees(tmp_path: Path, cases_a_patient: int) -> None:
    table, metrics = written(tmp_path, cases_a_patient)
    account = Account()
    audit(table, metrics, OPERATING, account)
    assert [each.sentence() for each in account.unequal] == []
    assert account.agreed > 300
    assert "exact_match" in account.unseen  # its interval over all findings is resampled by the stage alone


def test_an_edited_score_shows_in_its_finding_and_in_the_mean(tmp_path: Path) -> None:
    table, metrics = written(tmp_path, 1)
    row = next(row for row in table if row["truth_mass"] == "1")
    row["score_mass"] = "0.0"
    account = Account()
    audit(table, metrics, OPERATING, account)
    told = " ".join(each.where for each in account.unequal)
    assert "auroc mass test by patient, value" in told
    assert "macro_auroc test by patient, value" in told
    assert "auroc edema" not in told
