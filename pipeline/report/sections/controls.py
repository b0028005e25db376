"""Control runs: what networks reach that should reach nothing, or less than the model."""

from __future__ import annotations

from dataclasses import replace

from pipeline.contracts.controls import Control
from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import Fact, count, of_metric, recorded, unavailable
from pipeline.page.section import Json, Section, not_available
from pipeline.report.guards import CONTROL_TITLES, NOT_ASKED

KEY, TITLE = "controls", "Control runs"
OFF = "train: {controls: false}"
EXPECTED = {
    "permuted_labels": "The truths of the training part were exchanged between patients: what is learned "
    "from them must not tell the true ones.",
    "random_weights": "The network as it was before training: it must not tell the truth by much.",
    "centre_blanked": "Three fifths of each side are blanked in the middle, where the finding should be: "
    "less must be found.",
    "border_only": "Only the outer tenth is seen, where marks and collimation stand: less must be found.",
}


def build(artifacts: Artifacts) -> Section:
    """One row a control run that was made, with what it would mean; those that weren't by their reason."""
    runs = artifacts.controls
    if runs is None:
        return not_available(KEY, TITLE, NOT_ASKED)
    made = [control for control in runs.controls if control.metric is not None]
    if not made:
        return not_available(KEY, TITLE, runs.controls[0].reason)
    name = next(control.metric.id for control in made if control.metric)
    facts = {
        "model": replace(artifacts.metric(name), id=f"model_{name}", rule=""),
        "chance": recorded("chance", made[0].chance),
        "epochs": count("model_epochs", runs.epochs, "epochs"),
        "networks": count("model_networks", len(artifacts.model.members) or 1, "networks"),
        "seconds": recorded("control_seconds", runs.seconds, "s"),
    }
    words = {"metric": artifacts.short(name), "off": OFF}
    return Section(KEY, TITLE, facts, {"rows": [_row(control) for control in runs.controls]}, words=words)


def _row(control: Control) -> Json:
    return {
        "title": CONTROL_TITLES[control.key],
        "status": control.status,
        "reached": _reached(control),
        "epochs": count(f"{control.key}_epochs", control.epochs, "epochs"),
        "means": control.reason or EXPECTED[control.key],
    }


def _reached(control: Control) -> Fact:
    if control.metric is None:
        return unavailable(control.key, control.reason)
    return replace(of_metric(control.metric), id=control.key, rule="")
