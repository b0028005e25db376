"""A model that was fitted anew on both parts: validation stays what the fit before said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from known_network import config_of, read, save_network

from pipeline import digests, evaluate
from pipeline.contracts import model_record
from pipeline.contracts.model_record import FIRST_FIT_FILE
from pipeline.errors import DamageError
from pipeline.workspace import Workspace


def test_a_refitted_model_is_not_asked_about_the_part_that_it_has_learned_from(
    evaluated: Workspace, project: Workspace
) -> None:
    """The fit before says the opposite of the model, so that it shows which of the two was asked."""
    table = pd.read_csv(evaluated.candidate / "predictions.csv").query("part == 'validation'")
    opposite = table[["logit_ill", "logit_well"]].to_numpy()
    _refitted(project)
    evaluate.run(config_of(project.root), project)
    columns = ["case_id", "logit_well", "logit_ill"]
    found, before = (
        pd.read_csv(workspace.candidate / "predictions.csv") for workspace in (project, evaluated)
    )
    validation = found.query("part == 'validation'")
    np.testing.assert_allclose(validation[["logit_well", "logit_ill"]], opposite, atol=1e-6)
    pd.testing.assert_frame_equal(
        found.query("part != 'validation'")[columns], before.query("part != 'validation'")[columns]
    )
    measured = {(each["id"], each["part"]): each["value"] for each in read(project, "metrics.json")["metrics"]
                if each["class"] in (None, "ill") and each["group"] is None}  # fmt: skip
    assert measured["auroc", "test"] > 0.8
    # What validation chose was chosen on what the fit before said: at its threshold 95 % of the ill are found.
    threshold = read(project, "operating.json")["choices"]["thresholds"][0]["threshold"]
    ill = validation.query("truth == 'ill'")["score_ill"]
    assert threshold == ill.min()


def test_a_fit_before_the_refit_that_is_not_the_one_that_was_kept_is_not_asked(project: Workspace) -> None:
    _refitted(project)
    path = project.candidate / FIRST_FIT_FILE
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DamageError, match=r"candidate/first_fit.keras is not the file"):
        evaluate.run(config_of(project.root), project)


def _refitted(workspace: Workspace) -> None:
    """Says of the model that it was fitted anew on both parts, and of a fit before it that speaks otherwise."""
    found, path = model_record.FILE.read(workspace.candidate), workspace.candidate / FIRST_FIT_FILE
    save_network(path, ill=-2.0)
    first = digests.of_file(path)
    model_record.FILE.write(workspace.candidate, replace(found, refit=True, first_fit_sha256=first))
