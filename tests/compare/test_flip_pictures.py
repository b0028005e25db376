"""The scans that are shown of those who changed sides for the worse."""

from __future__ import annotations

from base64 import b64decode

import handed_on
import numpy as np
import pandas as pd
import pytest
import study

from pipeline.compare import flip_pictures
from pipeline.compare.models import Model
from pipeline.contracts import comparison
from pipeline.contracts.insights import InUnit
from pipeline.contracts.rule import Rule
from pipeline.contracts.scan_pictures import FLIPS
from pipeline.records import Case
from pipeline.tasks.contract import Table
from pipeline.tasks.registry import task_of
from pipeline.workspace import Workspace

SCANS = study.scans("t", 12, part="test")
NAMES = SCANS.cohort["case_id"].tolist()
REVIEWED = study.config().model_copy(
    update={"ingest": study.config().ingest.model_copy(update={"pixel_text": "reviewed"})}
)


def model(scores: dict[str, float]) -> Model:
    table = pd.DataFrame({"case_id": NAMES, "score_yes": [str(scores.get(name, 0.5)) for name in NAMES]})
    return Model(task_of("classification"), "", None, Table(table, None), Rule({}, {}))  # type: ignore[arg-type]


def flips_of(*names: str) -> comparison.Flips:
    listed = tuple(comparison.Flip(name, "yes", "yes", "no", "yes", 0.9, 0.1, "score_yes") for name in names)
    return comparison.Flips(12, len(listed), 0, 0.1, None, None, listed)


@pytest.fixture
def known(workspace: Workspace) -> Workspace:
    study.store(workspace, SCANS)
    cohort = SCANS.cohort.assign(person_id=["one" if n < 3 else f"p{n}" for n in range(12)])
    workspace.candidate.mkdir(parents=True, exist_ok=True)
    cohort.to_csv(workspace.candidate / "cohort.csv", index=False)
    handed_on.model_in(workspace.candidate, recipe_id=study.RECIPE)
    return workspace


def in_unit(case: Case) -> InUnit:
    return InUnit(np.array([[[-1000.0], [40.0]], [[40.0], [3000.0]]], np.float32), "HU", (-160.0, 240.0))


def test_of_a_patient_the_scan_is_shown_on_which_the_models_differ_most(known: Workspace) -> None:
    before, after = model({NAMES[0]: 0.9, NAMES[1]: 0.9}), model({NAMES[0]: 0.7, NAMES[1]: 0.1})
    assert flip_pictures.write(flips_of("one", NAMES[5]), (before, after), REVIEWED, known, in_unit)
    first, second = FLIPS.read(known.candidate).scans
    assert (first.case_id, second.case_id) == (NAMES[1], NAMES[5])
    assert (first.unit, first.window, first.hidden) == ("HU", (-160, 240), "")
    assert first.mm_across == study.MM
    # 200 of 400 HU is half of 255, rounded to even
    assert list(b64decode(first.grey)) == [0, 128, 128, 255]
    assert first.rows == 2


def test_a_scan_whose_pixels_nobody_looked_through_is_named_but_not_shown(known: Workspace) -> None:
    models = (model({}), model({}))
    flip_pictures.write(flips_of(NAMES[5]), models, study.config(), known, in_unit)
    (scan,) = FLIPS.read(known.candidate).scans
    assert (scan.grey, scan.rows) == ("", 0)
    assert scan.hidden.startswith("not an original image of the scanner")


def test_at_most_eight_are_shown_and_none_where_nobody_flips(known: Workspace) -> None:
    models = (model({}), model({}))
    flip_pictures.write(flips_of(*NAMES[3:]), models, REVIEWED, known, in_unit)
    assert [scan.case_id for scan in FLIPS.read(known.candidate).scans] == NAMES[3:11]
    assert flip_pictures.write(None, models, REVIEWED, known, in_unit)
    assert FLIPS.read(known.candidate).scans == ()
