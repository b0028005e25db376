"""The document behind the page: every number shown, by key, as report.json holds it."""

from __future__ import annotations

from typing import Any

from pipeline import digests
from pipeline.report.artifacts import Artifacts
from pipeline.report.guards import guards
from pipeline.report.headline import goal_of
from pipeline.report.sections import build_all

SCHEMA = "report/1"
RUN_DIGITS = 12

Json = dict[str, Any]


def build(artifacts: Artifacts) -> Json:
    """The document of a candidate, without the time at which it is written."""
    chapters = build_all(artifacts)
    goal = goal_of(artifacts)
    sections = [section.to_json() for _, sections in chapters for section in sections]
    limitations = next(section for section in sections if section["key"] == "limitations")
    return {
        "schema": SCHEMA,
        "name": artifacts.name,
        "title": artifacts.config["report"]["title"],
        "level": f"{100 * artifacts.config['evaluate']['level']:g}\u202f%",
        "run": digests.of_json(dict(artifacts.file_digests))[:RUN_DIGITS],
        "metrics_digest": artifacts.file_digests.get("metrics.json", ""),
        "verdict": {"goal": goal.fact.to_json(), "outcome": goal.outcome, "metric_id": goal.metric},
        "chapters": [
            {"title": title, "keys": [section.key for section in sections]} for title, sections in chapters
        ],
        "sections": sections,
        "guards": [guard.to_json() for guard in guards(artifacts)],
        "looks": artifacts.looks,
        "checklists": {},
        "limitations": [
            {
                "text": row["text"],
                "fact_id": row["fact"]["id"],
                "value": row["fact"]["value"],
                "reason": row["fact"]["reason"],
            }
            for row in limitations["tables"]["rows"]
        ],
    }
