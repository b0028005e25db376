"""The reported part as it is drawn: one row a patient, or a case, with the numbers of every structure."""

from __future__ import annotations

from typing import cast

import numpy as np

from pipeline.config import Evaluate
from pipeline.page.artifacts import Artifacts
from pipeline.statistics.sample import codes
from pipeline.tasks.contract import Unit
from pipeline.tasks.segmentation.predictions import scored
from pipeline.tasks.segmentation.view import View
from pipeline.tasks.segmentation.views import at_unit


def view_of(artifacts: Artifacts) -> View | None:
    """The rows of the reported part at the unit in use, those that failed among them; None of none."""
    rows = artifacts.tested
    if rows.empty:
        return None
    names = artifacts.question.names
    failed = np.asarray(rows["status"] != "ok", dtype=np.bool_)
    patient = codes(list(rows["patient_id"]))
    cases = View(artifacts.part, "case", names, scored(rows, names), patient, failed, Evaluate())
    return at_unit(cases, cast(Unit, artifacts.unit))
