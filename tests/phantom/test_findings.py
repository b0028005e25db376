"""Several findings of invented patients: what is planted is in the pixels, and what is unknown is empty."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.phantom.delivery import COLUMNS, LABELS, write
from pipeline.phantom.findings import NAMES, UNKNOWN_SHARE, cells_of, findings_of
from pipeline.phantom.plan import FIRST, Study, plan
from pipeline.phantom.scans import SEVERAL_FINDINGS, SINGLE_SLICE, scan_of


@pytest.fixture(scope="module")
def studies() -> list[Study]:
    return plan(1, patients=400, delivery=FIRST, volumes=False)


def test_each_finding_is_in_a_share_of_people_and_drains_go_with_effusions(studies: list[Study]) -> None:
    found = np.array([findings_of(study) for study in studies])
    assert found[:, 0].tolist() == [study.finding == "nodule" for study in studies]
    assert found[:, 1].mean() == pytest.approx(0.35, abs=0.07)
    with_effusion, without = found[found[:, 1], 2].mean(), found[~found[:, 1], 2].mean()
    assert with_effusion == pytest.approx(0.5, abs=0.12)
    assert without == pytest.approx(0.2, abs=0.08)


def test_a_person_has_the_same_findings_at_every_visit_and_what_is_unknown_differs(
    studies: list[Study],
) -> None:
    again = [study for study in studies if study.visit]
    assert again
    first = {study.person.patient_id: study for study in studies if not study.visit}
    for study in again:
        assert findings_of(study) == findings_of(first[study.person.patient_id])
    assert any(cells_of(study) != cells_of(first[study.person.patient_id]) for study in again)


def test_cells_say_what_there_is_or_nothing(studies: list[Study]) -> None:
    cells = [cell for study in studies for cell in cells_of(study)]
    assert set(cells) == {"0", "1", ""}
    assert cells.count("") / len(cells) == pytest.approx(UNKNOWN_SHARE, abs=0.03)
    for study in studies[:40]:
        pairs = zip(cells_of(study), findings_of(study), strict=True)
        assert all(cell in ("", str(int(there))) for cell, there in pairs)


def test_an_effusion_is_water_in_a_lung_and_a_drain_is_brighter_than_tissue(studies: list[Study]) -> None:
    plain = replace(SINGLE_SLICE, difficulty=SEVERAL_FINDINGS.difficulty)
    for wanted, low, high in (((False, True, False), 800, 960), ((False, False, True), 800, 2000)):
        study = next(study for study in studies if findings_of(study) == wanted and not study.visit)
        more = scan_of(study, SEVERAL_FINDINGS).hu.astype(int) - scan_of(study, plain).hu
        assert low < np.percentile(more[more > 300], 90) < high
    nothing = next(study for study in studies if findings_of(study) == (False, False, False))
    assert np.array_equal(scan_of(nothing, SEVERAL_FINDINGS).hu, scan_of(nothing, plain).hu)


def test_the_table_has_a_column_for_each_finding(tmp_path: Path) -> None:
    write(tmp_path, seed=2, patients=24, later=False, volumes=False, planted="findings")
    with (tmp_path / LABELS).open(newline="") as stream:
        reader = csv.DictReader(stream)
        assert tuple(reader.fieldnames or ()) == (*COLUMNS, *NAMES)
        assert {row["nodule"] for row in reader if row["finding"] == "clear"} <= {"0", ""}
