"""The audit of a measured quantity agrees with what was measured, by case and by patient, and finds an edit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.audit.account import Account
from pipeline.audit.quantities import audit
from pipeline.audit.rows import Table
from pipeline.config import Evaluate
from pipeline.evaluate.measure import measure
from pipeline.tasks.registry import task_of
from pipeline.tasks.regression.answers import Frozen

PLAN = Evaluate(resamples=200)


def written(tmp_path, cases_a_patient: int) -> tuple[Table, dict]:
    """A table of predictions of 60 patients, and what is measured of it."""
    generator = np.random.default_rng(5)
    rows = 60 * cases_a_patient
    truth = generator.normal(20, 6, rows)
    predicted = truth + generator.normal(0.5, 2, rows)
    frame = pd.DataFrame(
        {
            "case_id": [f"c{number:03d}" for number in range(rows)],
            "patient_id": [f"p{number % 60:02d}" for number in range(rows)],
            "part": "test",
            "truth": truth,
            "predicted": predicted,
            "low": predicted - 3,
            "high": predicted + 3,
            "status": "ok",
            "reason": "",
            "by_sex": np.where(np.arange(rows) % 60 < 26, "F", "M"),
        }
    )
    path = tmp_path / "predictions.csv"
    frame.to_csv(path, index=False)
    task = task_of("regression")
    metrics = measure(task.answers.read(path), task, PLAN, fixed=Frozen())
    table = pd.read_csv(path, dtype=str, keep_default_na=False).to_dict("records")
    return table, metrics


@pytest.mark.parametrize("cases_a_patient", [1, 3])
def test_every_number_agrees(tmp_path, cases_a_patient: int) -> None:
    table, metrics = written(tmp_path, cases_a_patient)
    account = Account()
    audit(table, metrics, account)
    assert account.unequal == []
    assert account.agreed > 70
    assert set(account.unseen) <= {"icc"}


def test_a_changed_prediction_is_found(tmp_path) -> None:
    table, metrics = written(tmp_path, 1)
    table[7]["predicted"] = repr(float(table[7]["predicted"]) + 1)
    account = Account()
    audit(table, metrics, account)
    assert "metrics.json: mae test by patient, value" in {each.where for each in account.unequal}
