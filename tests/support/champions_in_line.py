"""Candidates and champions of the small analysis in `study`, one after the other."""

from __future__ import annotations

import json

import study

from pipeline.champion.promotion import publish
from pipeline.contracts import comparison

IMPROVE = study.config()
FIRST_SCANS = study.scans("a", 30, part="train") + study.scans("t", 150, part="test", seed=3)
NEW = study.scans("n", 90, part="test", era=2, seed=4)


def candidate(workspace, models, weights, *, scans=FIRST_SCANS + NEW, config=IMPROVE):
    study.write_candidate(workspace, config, scans, weights=weights, model=models[weights])


def recorded(workspace):
    return json.loads((workspace.candidate / "comparison.json").read_text())


def publish_by_force(workspace):
    """Makes the candidate the champion without a comparison."""
    first = comparison.Comparison(
        verdict="FIRST",
        line="VERDICT FIRST: no champion yet",
        reasons=(),
        notes=(),
        candidate=comparison.Judged(model_digest(workspace)),
        champion=None,
        files={},
    )
    comparison.FILE.write(workspace.candidate, first)
    publish(workspace, approver="Ada", reason="")


def model_digest(workspace):
    return json.loads((workspace.candidate / "model.json").read_text())["model_sha256"]
