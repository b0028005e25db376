"""For whom the model fails: subgroups beside their complement, corrected for their number."""

from __future__ import annotations

from typing import Any

from pipeline.report.artifacts import Artifacts
from pipeline.report.facts import FEWEST_SHOWN, Fact, count
from pipeline.report.section import Section, not_available
from pipeline.report.sections.brief import ABBREVIATIONS, headline, headline_name

KEY, TITLE = "subgroups", "For whom it works, and for whom less well"
ALPHA = 0.05


def build(artifacts: Artifacts) -> Section:
    """One row per subgroup of the test part with its interval, difference and corrected p."""
    name = headline_name(artifacts)
    metrics = [metric for metric in artifacts.metrics_named(name) if metric.part == "test" and metric.group and not metric.target]
    if not metrics:
        return not_available(KEY, TITLE, "the table of labels names no groups (`cohort.groups`)")
    rows = [_row(metric, artifacts) for metric in metrics]
    words = {
        "metric": ABBREVIATIONS.get(name, name),
        "worse": [_name(row) for row in rows if row["worse"]],
        "too_few": [_name(row) for row in rows if row["too_few"]],
    }
    facts = {
        "overall": headline(artifacts),
        "groups": count("groups", len(rows), "subgroups", "test"),
        "too_few": count("too_few", len(words["too_few"]), "subgroups", "test"),
    }
    return Section(KEY, TITLE, facts, {"rows": rows}, words=words)


def _row(metric: Fact, artifacts: Artifacts) -> dict[str, Any]:
    comparison = next((c for c in artifacts.metrics.get("comparisons", []) if c.get("a") == metric.group and c["metric"] == metric.id), {})
    difference = Fact(
        "difference", comparison.get("difference"), comparison.get("low"), comparison.get("high"), comparison.get("level", metric.level),
        method=str(comparison.get("method", "")), part="test", group=metric.group, patients=comparison.get("patients"),
        reason=str(comparison.get("reason") or ("" if comparison.get("difference") is not None else "not compared")),
    )  # fmt: skip
    p = Fact("p_holm", comparison.get("p_holm"), method="holm", part="test", group=metric.group, patients=comparison.get("patients"), reason="a p value")
    worse = _is(p.value, below=ALPHA) and _is(difference.high, below=0.0)
    heading, _, label = metric.group.removeprefix("by_").partition("=")
    return {
        "group": metric.group,
        "heading": heading.replace("_", " ").capitalize(),
        "label": label or "unknown",
        "fact": metric,
        "patients": _number(metric.patients),
        "positive_patients": _number(metric.positive_patients),
        "difference": difference,
        "p": p,
        "worse": worse,
        "too_few": metric.value is None,
    }


def _name(row: dict[str, Any]) -> str:
    return f"{row['heading']} {row['label']}"


def _number(patients: int | None) -> str:
    if patients is None:
        return "–"
    return f"< {FEWEST_SHOWN}" if 0 < patients < FEWEST_SHOWN else str(patients)


def _is(value: float | int | str | None, *, below: float) -> bool:
    return isinstance(value, float | int) and value < below
