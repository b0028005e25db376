"""How the network was trained: curves of every epoch and which epoch was kept."""

from __future__ import annotations

from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import recorded
from pipeline.page.section import Section, not_available

KEY, TITLE = "learning", "How it was trained"


def build(artifacts: Artifacts) -> Section:
    """Learning curves and the record of the run."""
    history, model = artifacts.history, artifacts.model
    if history.empty:
        return not_available(KEY, TITLE, "no history of a training run (scores came from a table)")
    parts = artifacts.cohort.parts
    facts = {
        "epochs": recorded("epochs_run", model.epochs_run, "epochs"),
        "best_epoch": recorded("best_epoch", model.best_epoch, "epoch"),
        "seed": recorded("seed", model.seed),
        "seconds": recorded("seconds", model.seconds, "s"),
        "parameters": recorded("parameters", model.parameters, "parameters"),
        "threads": recorded("threads", model.threads, "threads"),
        "train_patients": recorded("train_patients", parts["train"].patients, "patients"),
        "validation_patients": recorded("validation_patients", parts["validation"].patients, "patients"),
    }
    panels = [dict(panel) for panel in artifacts.task.page.LEARNING]
    names = [name for panel in panels for name, _ in panel["lines"] if name in history]
    curves = {name: [_finite(value) for value in history[name]] for name in names}
    data = {
        "epoch": [int(epoch) for epoch in history["epoch"]],
        "best_epoch": model.best_epoch,
        **curves,
        "panels": panels,
        "method": "mean over the part after each epoch; single seed, so no interval",
        "cases": {part: parts[part].cases for part in ("train", "validation")},
    }
    words = {
        "monitor": model.monitor,
        "device": model.device,
        "precision": model.precision,
        "architecture": model.architecture,
    }
    return Section(KEY, TITLE, facts, charts={"learning": data}, words=words)


def _finite(value: float) -> float | None:
    return float(value) if value == value and abs(value) != float("inf") else None
