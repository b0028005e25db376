"""The section on the sets of classes: what it shows, when it is withheld, and when it warns."""

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
from pipeline.tasks.classification.sections import sets


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Artifacts:
    made = invented_candidate.make(tmp_path_factory.mktemp("binary"), patients=60, champion=False)
    folder: Path = made.workspace.candidate
    return reading.read(made.config, candidate=folder, ledgers=folder.parent / "ledger", champion=None)


def _with(read: Artifacts, told: dict[str, Any] | None, *metrics: dict[str, Any]) -> Artifacts:
    whole = {"part": "test", "unit": "patient", "group": None, "class": None, "target": None}
    choices = {"temperature": 1.0, "thresholds": [], **({} if told is None else {"sets": told})}
    changed = {
        **plain(read.metrics),
        "metrics": [{**whole, **metric} for metric in metrics],
        "choices": choices,
    }
    return replace(read, metrics=FILE.of(changed))


def _coverage(of: str, value: float, high: float) -> dict[str, Any]:
    return {"id": "set_coverage", "class": of, "value": value, "low": 0.5, "high": high, "level": 0.95}


def test_each_class_has_its_coverage_beside_what_was_promised(read: Artifacts) -> None:
    first, second = read.question.names
    told = {"level": 0.9, "patients": [25, 24], "least": [0.31, 0.22]}
    read = _with(
        read,
        told,
        _coverage(first, 0.95, 0.99),
        _coverage(second, 0.7, 0.85),
        {"id": "set_one", "value": 0.8},
        {"id": "set_several", "value": 0.15},
        {"id": "set_none", "value": 0.05},
    )
    section = sets.build(read)
    assert [row["class"] for row in section.tables["classes"]] == [first, second]
    assert [row["fact"].value for row in section.tables["classes"]] == [0.95, 0.7]
    assert [row["least"].value for row in section.tables["classes"]] == [0.31, 0.22]
    assert [row["fact"].value for row in section.tables["sizes"]] == [0.8, 0.15, 0.05]
    [warning] = sets.warnings(read)
    assert warning["text"] == f"Fewer sets hold the class “{second}” than the 90\u202f% that were promised"


def test_of_too_few_validation_patients_the_number_that_is_needed_is_told(read: Artifacts) -> None:
    section = sets.build(_with(read, {"level": 0.95, "patients": [25, 12], "least": []}))
    assert section.reason == (
        "the rarest class has 12 validation patients, and sets that hold 95\u202f% of new patients take 20 of each class"
    )


def test_an_evaluation_of_an_earlier_version_has_no_sets(read: Artifacts) -> None:
    read = _with(read, None)
    assert "nothing was made of them here" in sets.build(read).reason
    assert sets.warnings(read) == []
