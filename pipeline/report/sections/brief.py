"""The first screen: what the model is for, what it is worth, and whether the goal was met."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.page.artifacts import VALIDATION, Artifacts
from pipeline.page.facts import count
from pipeline.page.headline import goal_of, headline
from pipeline.page.section import Section
from pipeline.report import judgements

if TYPE_CHECKING:
    import pandas as pd

KEY, TITLE = "brief", "In brief"


def build(artifacts: Artifacts) -> Section:
    """The one paragraph, the one table and the verdict against the goal fixed beforehand."""
    page, question, goal = artifacts.task.page, artifacts.question, goal_of(artifacts)
    tested = artifacts.tested
    (word, tone), stands = judgements.of(artifacts)
    facts = {
        "headline": headline(artifacts),
        "patients": count("tested_patients", tested["patient_id"].nunique(), "patients", artifacts.part),
        "cases": count("tested_cases", len(tested), "cases", artifacts.part),
        "goal": goal.fact,
    }
    rows = [
        {"label": label, "short": artifacts.short(name), "fact": artifacts.metric(name)}
        | artifacts.elsewhere(name)
        for name, label in page.brief(question, unit=artifacts.unit).items()
    ]
    facts |= artifacts.elsewhere(goal.metric)
    words = {
        "outcome": goal.outcome,
        "word": word,
        "tone": tone,
        "metric": artifacts.short(goal.metric),
        "side": "at least" if artifacts.task.measures.METRICS[goal.metric].better > 0 else "at most",
        "lead": page.lead(question, goal.metric, artifacts.metric, unit=artifacts.unit),
        "finding": artifacts.task.page.finding(artifacts.question),
        "intended_use": artifacts.of_config.report.intended_use if artifacts.of_config else "",
        "unit": artifacts.unit,
        "table": artifacts.table,
        "others": _others(artifacts) if artifacts.table else [],
        "modalities": _values(tested, "by_modality") or _modalities(artifacts),
        "sites": _values(tested, "by_site"),
        "manufacturers": _values(tested, "by_manufacturer"),
    }
    return Section(KEY, TITLE, facts, {"rows": rows, "standing": stands}, words=words)


def _others(artifacts: Artifacts) -> list[str]:
    """The parts that were measured but aren't on the page of a table."""
    measured = dict.fromkeys(metric.part for metric in artifacts.metrics.metrics)
    return [part for part in measured if part not in (artifacts.part, VALIDATION)]


def _values(tested: pd.DataFrame, column: str) -> list[str]:
    return sorted(set(tested[column]) - {""}) if column in tested else []


def _modalities(artifacts: Artifacts) -> list[str]:
    return list(artifacts.of_config.ingest.modalities) if artifacts.of_config else []
