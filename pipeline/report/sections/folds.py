"""What the numbers of a cross-validation are of, and how far its folds differ."""

from __future__ import annotations

from typing import Any

from pipeline.contracts.metrics import Folds
from pipeline.contracts.predictions import FOLD
from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import DESCRIBED, Fact, count, of_metric
from pipeline.page.section import Section, not_available, remark

KEY, TITLE = "folds", "What a cross-validation shows"
_NO_FOLDS = f"the table has no column '{FOLD}', so all rows count as predicted by one network"
_TOO_FEW = "fewer than two folds hold enough patients"


def build(artifacts: Artifacts) -> Section:
    """What every number of the page is of, the leading metric of each fold, and their spread."""
    found = _of_part(artifacts)
    if found is None:
        return not_available(KEY, TITLE, _NO_FOLDS)
    measured_in = artifacts.measured_in(found.metric)
    rows = [
        {"fold": (metric.group or "").removeprefix(f"{FOLD}="), "fact": of_metric(metric, measured_in)}
        for metric in found.metrics
        if metric.value is not None
    ]
    facts = {
        "folds": _networks(found),
        "too_few": count("folds_too_few", len(found.metrics) - len(rows), "folds", found.part),
        "together": artifacts.metric(found.metric),
        **{name: _described(name, found, measured_in) for name in ("mean", "sd", "lowest", "highest")},
    }
    words: dict[str, Any] = {
        "metric": artifacts.short(found.metric),
        "models": [model.model for model in artifacts.metrics.models],
    }
    return Section(KEY, TITLE, facts, {"rows": rows}, words=words)


def warnings(artifacts: Artifacts) -> list[dict[str, Any]]:
    """That the numbers are of no single network, and what their intervals leave out."""
    found = _of_part(artifacts)
    if found is None:
        return []
    text = (
        "A cross-validation: the numbers are of a way to train, not of one network, and their intervals are "
        "as a rule too narrow for other patients"
    )
    return [remark(text, _networks(found), KEY)]


def _of_part(artifacts: Artifacts) -> Folds | None:
    """The folds of the reported part at the unit in use, None where one network answered."""
    alike = (each for each in artifacts.of_unit(artifacts.metrics.folds) if each.part == artifacts.part)
    return next(alike, None)


def _networks(found: Folds) -> Fact:
    return count("folds", len(found.metrics), "networks, each tested on a fold", found.part)


def _described(name: str, found: Folds, measured_in: str) -> Fact:
    """A number of the values of the folds; it describes them and has no interval."""
    value = getattr(found, name)
    return Fact(
        f"folds_{name}",
        value,
        unit="folds",
        method="over folds",
        part=found.part,
        measured_in=measured_in,
        reason=_TOO_FEW if value is None else DESCRIBED,
    )
