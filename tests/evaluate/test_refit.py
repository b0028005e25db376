"""A model that was fitted anew on both parts: validation stays what the fit before said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from known_network import PATIENTS, config_of, is_ill, part_of, read

from pipeline import evaluate
from pipeline.contracts import first_fit, model_record
from pipeline.workspace import Workspace


def test_a_refitted_model_is_not_asked_about_the_part_that_it_has_learned_from(
    evaluated: Workspace, project: Workspace
) -> None:
    """The fit before says the opposite of the model, so that it shows which of the two was asked."""
    _refitted(project)
    table = pd.read_csv(evaluated.candidate / "predictions.csv").query("part == 'validation'")
    opposite = table[["logit_ill", "logit_well"]].to_numpy()
    first_fit.write(project.candidate, list(table["case_id"]), opposite)
    evaluate.run(config_of(project.root), project)
    columns = ["case_id", "logit_well", "logit_ill"]
    found, before = (
        pd.read_csv(workspace.candidate / "predictions.csv") for workspace in (project, evaluated)
    )
    validation = found.query("part == 'validation'")
    np.testing.assert_array_equal(validation[["logit_well", "logit_ill"]], opposite)
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


def test_a_validation_case_that_the_fit_before_was_not_asked_about_has_no_answer(project: Workspace) -> None:
    _refitted(project)
    asked = [f"case{index:03d}" for index in range(PATIENTS) if part_of(index) == "validation"][1:]
    levels = np.array([[0.0, 1.0 if is_ill(int(case_id[4:])) else -1.0] for case_id in asked])
    first_fit.write(project.candidate, asked, levels)
    evaluate.run(config_of(project.root), project)
    table = pd.read_csv(project.candidate / "predictions.csv").query("part == 'validation'")
    assert table["status"].tolist() == ["failed"] + ["ok"] * len(asked)
    assert table["reason"].iloc[0] == "the fit before the refit was not asked"


def _refitted(workspace: Workspace) -> None:
    """Says of the model that it was fitted anew on both parts."""
    found = model_record.FILE.read(workspace.candidate)
    model_record.FILE.write(workspace.candidate, replace(found, refit=True))
