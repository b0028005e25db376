"""An analysis that was trained, promoted, trained again on more scans, promoted, and rolled back."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from everything import Everything

from pipeline import ledger

pytestmark = pytest.mark.slow


def parts(generation: Path) -> dict[str, str]:
    with (generation / "cohort.csv").open(newline="") as stream:
        return {row["case_id"]: row["part"] for row in csv.DictReader(stream)}


def test_nobody_changes_part_when_more_people_come(everything: Everything) -> None:
    generations = everything.before / "reports/study/generations"
    first, second = parts(generations / "0001"), parts(generations / "0002")
    assert len(second) > len(first) > 20
    assert set(second.values()) == {"train", "validation", "test"}
    assert {case: second[case] for case in first} == first


def test_only_promote_and_rollback_move_the_champion(everything: Everything) -> None:
    reports = everything.before / "reports/study"
    moves = [(row["action"], row["generation"]) for row in ledger.read(reports / "ledger/promotions.jsonl")]
    assert moves == [("promote", "0001"), ("promote", "0002"), ("rollback", "0001")]
    assert json.loads((reports / "champion.json").read_text())["generation"] == "0001"
    comparison = json.loads((reports / "generations/0002/comparison.json").read_text())
    assert comparison["champion"]["generation"] == "0001"
