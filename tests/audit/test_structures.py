"""The audit of masks agrees with what was measured, by case and by patient, and finds every planted edit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from invented_masks import NAMES, drawn

from pipeline.audit.account import Account
from pipeline.audit.rows import Table, read
from pipeline.audit.structures import audit
from pipeline.config import Evaluate
from pipeline.statistics.vectors import Flags
from pipeline.tasks.segmentation import measures, predictions

PLAN = Evaluate(resamples=200)


def written(folder: Path, cases: int) -> tuple[Table, dict[str, Any]]:
    """A table of predictions of 40 patients, and what is measured of it."""
    path = folder / "predictions.csv"
    drawn(40, cases=cases).to_csv(path, index=False)
    table = predictions.read(path)
    metrics = []
    views = measures.views_of(table, "test", PLAN, fixed=None)
    for view in views:
        metrics += measures.measure(view).metrics
    sites = measures.groups(table, views[0])["by_site"]
    for site in "AB":
        rows: Flags = sites == site
        metrics.append(measures.group_metric(views[0], rows, f"by_site={site}"))
    plan = {"resamples": PLAN.resamples, "seed": PLAN.seed}
    return read(path), {"metrics": metrics, "bootstrap": plan, "question": {"structures": list(NAMES)}}


@pytest.mark.parametrize("cases", [1, 2])
def test_every_number_agrees_and_none_is_left_unseen(tmp_path: Path, cases: int) -> None:
    table, metrics = written(tmp_path, cases)
    account = Account()
    audit(table, metrics, account)
    assert account.unequal == []
    assert not account.unseen
    assert account.agreed >= 5 * len(metrics["metrics"])


@pytest.mark.parametrize(
    ("column", "cell", "metric"),
    [
        ("dice_anterior", "0.001", "dice"),
        ("hd95_mm_posterior", "77", "hd95 posterior"),
        ("nsd_anterior", "0.01", "nsd anterior"),
        ("volume_predicted_ml_anterior", "9", "volume_bias anterior"),
        ("volume_truth_ml_posterior", "9", "volume_limit_low posterior"),
        ("predicted_posterior", "0", "missed posterior"),
        ("truth_posterior", "0", "invented posterior"),
        ("false_components_anterior", "4", "false_components anterior"),
    ],
)
def test_an_edit_of_a_cell_is_found(tmp_path: Path, column: str, cell: str, metric: str) -> None:
    table, metrics = written(tmp_path, 1)
    table[7][column] = cell
    account = Account()
    audit(table, metrics, account)
    assert f"metrics.json: {metric} test by patient, value" in {each.where for each in account.unequal}


def test_an_edit_of_a_metric_is_found(tmp_path: Path) -> None:
    table, metrics = written(tmp_path, 1)
    for end in ("value", "low", "high"):
        account = Account()
        edited = [dict(metric) for metric in metrics["metrics"]]
        edited[0][end] += 1e-6
        audit(table, metrics | {"metrics": edited}, account)
        assert [each.where for each in account.unequal] == [f"metrics.json: dice test by patient, {end}"]
