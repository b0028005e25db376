"""Models by their weights, and an analysis that has a champion."""

from __future__ import annotations

import pytest
import study
from champions_in_line import FIRST_SCANS, IMPROVE, NEW, candidate

from pipeline import compare
from pipeline.champion.promotion import publish


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Files of models by their weights."""
    folder = tmp_path_factory.mktemp("models")
    paths = {}
    for weights in (study.WEAK, study.STRONG, study.BAD):
        paths[weights] = folder / f"{len(paths)}.keras"
        study.save_model(paths[weights], weights)
    return paths


@pytest.fixture
def champion(workspace, models):
    """A workspace where the weak model is the champion."""
    study.store(workspace, FIRST_SCANS)
    study.store(workspace, NEW)
    candidate(workspace, models, study.WEAK, scans=FIRST_SCANS)
    compare.run(IMPROVE, workspace)
    publish(workspace, approver="Ada", reason="")
    return workspace
