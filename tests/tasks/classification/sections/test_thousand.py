"""What the operating point means for 1000 people, on shares written out here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import invented_candidate
import pytest

from pipeline.contracts.metrics import FILE
from pipeline.contracts.objects import plain
from pipeline.page.artifacts import Artifacts
from pipeline.report import reading
from pipeline.tasks.classification.classes import Classes
from pipeline.tasks.classification.sections import thousand


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Artifacts:
    made = invented_candidate.make(tmp_path_factory.mktemp("binary"), patients=60, champion=False)
    folder: Path = made.workspace.candidate
    return reading.read(made.config, candidate=folder, ledgers=folder.parent / "ledger", champion=None)


def _with_metrics(read: Artifacts, *metrics: dict[str, Any]) -> Artifacts:
    whole = {"part": "test", "unit": "patient", "group": None, "class": None, "target": None}
    changed = {**plain(read.metrics), "metrics": [{**whole, **metric} for metric in metrics]}
    return replace(read, metrics=FILE.of(changed))


def test_whole_people_add_up_at_every_prevalence_and_scale(read: Artifacts) -> None:
    """Sensitivity 0.9 and specificity 0.8 at 5 %: 45 found, 5 missed, 190 false alarms, 760 left alone."""
    common = {"level": 0.95, "patients": 300, "positive_patients": 90}
    read = _with_metrics(
        read,
        {
            "id": "sensitivity",
            "value": 0.9,
            "low": 0.8,
            "high": 0.95,
            **common,
            "numerator": 81,
            "denominator": 90,
        },
        {
            "id": "specificity",
            "value": 0.8,
            "low": 0.7,
            "high": 0.9,
            **common,
            "numerator": 168,
            "denominator": 210,
        },
    )
    own, stated, rare = thousand.build(read).tables["rows"]
    assert [stated[name].value for name in ("tp", "fn", "fp", "tn")] == [45, 5, 190, 760]
    assert (stated["tp"].low, stated["tp"].high) == (40, 48)
    assert (stated["fp"].low, stated["fp"].high) == (95, 285)
    assert own["prevalence"].value == 0.3
    assert rare["scale"].value == 10_000
    for row in (own, stated, rare):
        assert sum(row[name].value for name in ("tp", "fn", "fp", "tn")) == row["scale"].value


def test_no_finding_singled_out_means_no_thousand_patients(read: Artifacts) -> None:
    assert thousand.build(replace(read, question=Classes(("a", "b", "c"), None))).reason
