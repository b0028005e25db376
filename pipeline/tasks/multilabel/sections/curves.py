"""The curves of each finding, side by side: ROC, and observed shares against predicted probabilities."""

from __future__ import annotations

from typing import Any

from pipeline.page.artifacts import VALIDATION, Artifacts
from pipeline.page.facts import of_metric, recorded
from pipeline.page.headline import headline
from pipeline.page.section import Section, not_available


def roc(artifacts: Artifacts) -> Section:
    """The ROC curve of each finding with its band, and its operating point as a cross of intervals."""
    key, title = "finding_roc", "ROC curves"
    curves = artifacts.curves("roc", elsewhere=True)
    if all(curve["part"] == VALIDATION for curve in curves):
        return not_available(key, title, headline(artifacts).reason or "no finding can be estimated")
    points = {
        name: {rate: artifacts.metric(rate, target=name).to_json() for rate in ("sensitivity", "specificity")}
        for name in artifacts.question.names
    }
    words = {"external": artifacts.of_another_source}
    return Section(key, title, charts={key: {"curves": curves, "points": points}}, words=words)


def reliability(artifacts: Artifacts) -> Section:
    """Observed shares against predicted probabilities of each finding, with the metrics of calibration."""
    key, title = "finding_reliability", "Can the probabilities be believed?"
    curves = [curve for curve in artifacts.curves("reliability") if curve["part"] != VALIDATION]
    if not curves:
        return not_available(key, title, headline(artifacts).reason or "no finding can be estimated")
    rows = [_calibration(name, artifacts) for name in artifacts.question.names]
    words = {
        "before": any(curve["stage"] == "before_temperature" for curve in curves),
        "tempered": any(row["temperature"].value is not None for row in rows),
        "flagged": sorted({curve["class"] for curve in curves if curve.get("flag")}),
    }
    return Section(key, title, tables={"rows": rows}, charts={key: {"curves": curves}}, words=words)


def _calibration(name: str, artifacts: Artifacts) -> dict[str, Any]:
    stored = artifacts.metrics.calibration.get(f"temperature_{name}")
    metrics = ("calibration_slope", "calibration_intercept", "brier_skill", "ece", "ece_null_mean")
    return {
        "label": name,
        **{metric: artifacts.metric(metric, target=name) for metric in metrics},
        "temperature": recorded("temperature", None) if stored is None else of_metric(stored),
    }
