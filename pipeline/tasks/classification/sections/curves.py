"""The four curves of the reported part: ROC, precision and recall, reliability, decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.page.artifacts import VALIDATION, Artifacts, Curve
from pipeline.page.facts import Fact, of_metric, recorded
from pipeline.page.headline import headline
from pipeline.page.section import Section, not_available
from pipeline.records import EXTERNAL

_OF_ONE_FINDING = "drawn for one finding against its absence only"
RANKING = ("auroc", "auprc")
CALIBRATION = (
    "calibration_slope", "calibration_intercept", "o_over_e", "ece", "ece_null_mean", "brier", "brier_skill",
    "log_loss",
)  # fmt: skip
"""The metrics of the section on probabilities."""


def roc(artifacts: Artifacts) -> Section:
    """The ROC curve with its band, that of another source, the operating point as a cross of intervals."""
    section = _section(artifacts, "roc", "ROC curve", RANKING[:1])
    if not section.charts or not artifacts.of_another_source:
        return section
    drawn = {**section.charts["roc"], "curves": artifacts.curves("roc", elsewhere=True)}
    facts = {**section.facts, "auroc_external": artifacts.metric("auroc", part=EXTERNAL)}
    return replace(section, facts=facts, charts={"roc": drawn})


def precision_recall(artifacts: Artifacts) -> Section:
    """Precision against recall as steps, with the prevalence line."""
    return _section(artifacts, "precision_recall", "Precision and recall", RANKING[1:])


def reliability(artifacts: Artifacts) -> Section:
    """Observed shares against predicted probabilities, with calibration metrics."""
    metrics = CALIBRATION
    section = _section(artifacts, "reliability", "Can the probabilities be believed?", metrics)
    temperature = _temperature(artifacts)
    shown = _reported(artifacts, "reliability")
    words = {
        **section.words,
        "known": {name: _known(artifacts, name) for name in (*metrics, "temperature")},
        "flag": (shown[0].get("flag") or "") if shown else "",
        "unit": artifacts.unit,
        "before": any(curve["stage"] == "before_temperature" for curve in shown),
    }
    return replace(section, facts={**section.facts, "temperature": temperature}, words=words)


def decision(artifacts: Artifacts) -> Section:
    """Net benefit of acting on the model, on everybody and on nobody."""
    section = _section(artifacts, "decision", "Better than acting on all, or on none?", ())
    ranges = [
        {"from": _end(low, curve), "to": _end(high, curve)}
        for curve in _reported(artifacts, "decision")[:1]
        for low, high in curve["better"]
    ]
    return replace(section, tables={"better": ranges})


def _section(artifacts: Artifacts, key: str, title: str, metrics: Sequence[str]) -> Section:
    curves = artifacts.curves({"precision_recall": "pr"}.get(key, key))
    if all(curve["part"] == VALIDATION for curve in curves):
        reason = headline(artifacts).reason or ("" if artifacts.question.positive else _OF_ONE_FINDING)
        return not_available(key, title, reason)
    facts = {name: artifacts.metric(name) for name in metrics}
    facts |= {
        f"{name}_validation": artifacts.metric(name, part=VALIDATION) for name in metrics if name in RANKING
    }
    points = {name: artifacts.metric(name).to_json() for name in ("sensitivity", "specificity", "ppv")}
    subjects = {curve.get("class") for curve in curves}
    words = {"positive": artifacts.question.positive, "several": len(subjects) > 1}
    return Section(key, title, facts, charts={key: {"curves": curves, "points": points}}, words=words)


def _known(artifacts: Artifacts, name: str) -> dict[str, str]:
    """What the table says of a metric beside its numbers."""
    metric = artifacts.task.measures.METRICS[name]
    return {"label": metric.label, "reading": metric.reading}


def _reported(artifacts: Artifacts, name: str) -> list[Curve]:
    return [curve for curve in artifacts.curves(name) if curve["part"] != VALIDATION]


def _temperature(artifacts: Artifacts) -> Fact:
    stored = artifacts.metrics.calibration.get("temperature")
    return recorded("temperature", None) if stored is None else of_metric(stored)


def _end(threshold: float, curve: Curve) -> Fact:
    return Fact(
        "better",
        threshold,
        unit="threshold probability",
        method=curve["method"],
        level=curve["level"],
        part=curve["part"],
        cases=curve["cases"],
        patients=curve["patients"],
        reason="the end of a range, not an estimate",
    )
