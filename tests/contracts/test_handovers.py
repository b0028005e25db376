"""Who knows which file, and what a folder says without a patient."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import handed_on
import numpy as np
import pytest

import pipeline
from pipeline.arrow import ARROW
from pipeline.contracts import (
    cohort,
    comparison,
    generation,
    handovers,
    insights,
    normalized,
    predicted_masks,
    report,
)
from pipeline.contracts.model_record import FIRST_FIT_FILE, MODEL_FILE
from pipeline.contracts.objects import ObjectFile

ROOT = Path(pipeline.__file__).parent
AUDIT = ROOT / "audit"  # reads what the contracts say with readers of its own
ALL = handovers.CANDIDATE + handovers.ELSEWHERE
NAMESAKES = {
    "model.json": {"export/model.py"},  # what lies beside the model as ONNX
    "predictions.csv": {"arguments.py", "handlers.py"},  # tables of the user's own
    "model_card.md": {"report/stage.py"},  # the template
    "report.html": {"report/page.py"},  # the template
}
ROWS = "case_id,person_id,part,era,target\ncase-1,person-1,test,1,yes\ncase-2,person-2,test,1,no\n"


def test_every_hand_over_of_json_has_a_whole_record_to_be_tried_with() -> None:
    assert {each.name for each in ALL if isinstance(each, ObjectFile)} == set(handed_on.WHOLE)


@pytest.mark.parametrize("name", sorted({each.name for each in ALL} - {"STAGE.json"}))
def test_a_files_name_is_said_in_its_contract_alone(name: str) -> None:
    written = re.compile(rf"[\"'/]{re.escape(name)}[\"']")
    naming = {
        path.relative_to(ROOT).as_posix()
        for path in sorted(ROOT.rglob("*.py"))
        if path.parent != AUDIT and written.search(path.read_text(encoding="utf-8"))
    }
    (place,) = naming - NAMESAKES.get(name, set()) - {"arrow.py"}
    assert place.startswith("contracts/")


def test_the_arrow_says_of_every_stage_the_files_that_have_a_contract() -> None:
    written = {name.removeprefix("data:") for stage in ARROW.values() for name in stage.writes}
    assert written - {MODEL_FILE, FIRST_FIT_FILE} <= {each.name for each in ALL}
    assert {each.name for each in handovers.CANDIDATE} <= written


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A candidate's folder in which every table and record speaks of two patients."""
    for file, record in (
        (cohort.FILE, handed_on.COHORT),
        (comparison.FILE, handed_on.COMPARISON),
        (insights.FILE, handed_on.INSIGHTS),
        (report.FILE, handed_on.REPORT),
    ):
        file.write(tmp_path, record)
    cohort.TABLE.path(tmp_path).write_text(ROWS)
    report.PAGE.path(tmp_path).write_text("<html>")
    return tmp_path


def test_a_folder_without_a_patient_says_nothing_of_the_patient_and_shows_no_picture(folder: Path) -> None:
    left = handovers.without(folder, {"person-1", "case-1"})
    assert left[cohort.TABLE.path(folder)] == ROWS.replace("case-1,person-1,test,1,yes\n", "")
    assert {path.name for path, text in left.items() if text is None} == {
        "insights.json",
        "report.html",
        "report.json",
    }
    for path, text in left.items():
        if text is not None:
            path.write_text(text)
    flips = replace(handed_on.COMPARISON.flips, negative_list=())
    assert comparison.FILE.read(folder) == replace(handed_on.COMPARISON, flips=flips)
    (notice,) = cohort.FILE.read(folder).notices
    assert notice.case_ids == ()


def test_a_folder_that_never_held_a_patient_stays_as_it_is(folder: Path) -> None:
    assert handovers.without(folder, {"person-9", "case-9"}) == {}


def test_copies_that_a_person_put_into_the_folder_lose_the_patient_too(folder: Path) -> None:
    (folder / "my copy.csv").write_text(ROWS)
    (folder / "my copy.json").write_text('{"mine": ["person-1", "person-2"]}')
    left = handovers.without(folder, {"person-1"})
    assert "person-1" not in (left[folder / "my copy.csv"] or "person-1")
    assert left[folder / "my copy.json"] == '{\n "mine": [\n  "person-2"\n ]\n}\n'


def test_masks_of_a_case_go_and_the_seal_that_names_them_is_left_to_whoever_removes_them(
    folder: Path,
) -> None:
    for case_id in ("case-1", "case-2"):
        predicted_masks.write(folder / predicted_masks.FOLDER, case_id, np.ones((2, 2), np.uint8))
    generation.FILE.write(
        folder, generation.Seal({"masks/case-1.npz": "digest", "masks/case-2.npz": "digest"})
    )
    left = handovers.without(folder, {"person-1", "case-1"})
    masks = {path.name: text for path, text in left.items() if path.parent.name == predicted_masks.FOLDER}
    assert masks == {"case-1.npz": None}
    assert generation.FILE.path(folder) not in left


def test_refusals_and_grids_of_arrays_lose_the_cases(tmp_path: Path) -> None:
    normalized.REFUSED.write(tmp_path, handed_on.WHOLE[normalized.REFUSED.name])
    grids, made = normalized.grids_of(tmp_path / "shard.npy"), normalized.made_of(tmp_path / "bits.npy")
    grid = normalized.Grid((2.0,), ((1.0, 0.0),))
    grids.write(tmp_path, normalized.Grids({"case-1": grid, "case-2": grid}))
    made.write(tmp_path, normalized.MadeOf({"case-1": "digest", "case-2": "digest"}))
    for path, text in handovers.without(tmp_path, {"case-1"}).items():
        path.write_text(text or "")
    assert normalized.REFUSED.read(tmp_path).recipes == {"0123456789ab": ()}
    assert grids.read(tmp_path).arrays == {"case-2": grid}
    assert made.read(tmp_path).masks == {"case-2": "digest"}
