"""How the network was trained: curves of every epoch, which epoch was kept, and what another seed does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.contracts.model_record import ModelRecord
from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import DESCRIBED, Fact, recorded
from pipeline.page.section import Section, not_available

if TYPE_CHECKING:
    import pandas as pd

KEY, TITLE = "learning", "How it was trained"


def build(artifacts: Artifacts) -> Section:
    """Learning curves, the record of the run, and the spread over the networks that answer together."""
    model = artifacts.model
    if artifacts.history.empty:
        return not_available(KEY, TITLE, "no history of a training run (scores came from a table)")
    history = _before_the_refit(artifacts.history)
    parts, several = artifacts.cohort.parts, len(model.members) > 1
    facts = {
        "epochs": recorded("epochs_run", model.epochs_run, "epochs"),
        "best_epoch": recorded("best_epoch", model.best_epoch, "epoch"),
        "seed": recorded("seed", model.seed),
        "networks": recorded("networks", len(model.members) or 1, "networks"),
        "seconds": recorded("seconds", model.seconds, "s"),
        "parameters": recorded("parameters", model.parameters, "parameters"),
        "threads": recorded("threads", model.threads, "threads"),
        "average_epochs": recorded("average_epochs", model.average_epochs, "epochs"),
        "train_patients": recorded("train_patients", parts["train"].patients, "patients"),
        "validation_patients": recorded("validation_patients", parts["validation"].patients, "patients"),
    }
    words = {
        "monitor": model.monitor,
        "device": model.device,
        "precision": model.precision,
        "architecture": model.architecture,
        "refit": model.refit,
        "measured": list(model.validation) if several else [],
        "labels": {name: _label(name, artifacts) for name in model.validation},
    }
    chart = _chart(artifacts, history)
    tables = {"members": _members(model) if several else []}
    return Section(KEY, TITLE, facts, tables=tables, charts={"learning": chart}, words=words)


def _before_the_refit(history: pd.DataFrame) -> pd.DataFrame:
    """The epochs of the fits that were validated; an earlier version had no others."""
    return history[history["refit"] == 0] if "refit" in history else history


def _chart(artifacts: Artifacts, history: pd.DataFrame) -> dict[str, Any]:
    panels = [dict(panel) for panel in artifacts.task.page.LEARNING]
    names = [name for panel in panels for name, _ in panel["lines"] if name in history]
    fits = [fit for _, fit in history.groupby("seed")] if "seed" in history else [history]
    runs = [
        {
            "epoch": [int(epoch) for epoch in fit["epoch"]],
            **{name: [_finite(value) for value in fit[name]] for name in names},
        }
        for fit in fits
    ]
    single = "; single seed, so no interval" if len(runs) == 1 else "; a line each network"
    return {
        "runs": runs,
        "best_epoch": artifacts.model.best_epoch,
        "panels": panels,
        "method": f"mean over the part after each epoch{single}",
        "cases": {part: artifacts.cohort.parts[part].cases for part in ("train", "validation")},
    }


def _members(model: ModelRecord) -> list[dict[str, Any]]:
    """A row each network, and the row of all as one."""
    rows = [
        {
            "name": f"seed {each.seed}",
            "epoch": recorded("best_epoch", each.best_epoch, "epoch"),
            "seconds": recorded("seconds", each.seconds, "s"),
            **{name: _of_validation(name, each.validation.get(name)) for name in model.validation},
        }
        for each in model.members
    ]
    together = {name: _of_validation(name, value) for name, value in model.validation.items()}
    return [*rows, {"name": "as one", "epoch": None, "seconds": None, **together}]


def _of_validation(name: str, value: float | None) -> Fact:
    return Fact(name, value, part="validation", reason=DESCRIBED if value is not None else "not to be had")


def _label(name: str, artifacts: Artifacts) -> str:
    """What a number of the validation part is called on the rest of the page."""
    known = artifacts.task.measures.METRICS.get(name)
    return known.short if known else name.replace("_", " ")


def _finite(value: float) -> float | None:
    return float(value) if value == value and abs(value) != float("inf") else None
