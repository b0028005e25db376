"""The document behind the page: every number shown, by key, as it is handed on."""

from __future__ import annotations

from typing import Any

from pipeline import digests
from pipeline.contracts import metrics
from pipeline.page.artifacts import Artifacts
from pipeline.page.headline import goal_of
from pipeline.report.guards import guards
from pipeline.report.sections import Chapters, build_all, build_table

RUN_DIGITS = 12  # of a digest in hexadecimal: two runs share them once in 3e14, and people can read them out

Json = dict[str, Any]


def build(artifacts: Artifacts) -> Json:
    """The document of a candidate, without the time at which it is written."""
    document = _document(artifacts, build_all(artifacts))
    tables = {section["key"]: section["tables"] for section in document["sections"]}
    return {
        **document,
        "guards": [guard.to_json() for guard in guards(artifacts)],
        "looks": artifacts.looks,
        "checklists": tables["checklists"],
        "limitations": [
            {
                "text": row["text"],
                "fact_id": row["fact"]["id"],
                "value": row["fact"]["value"],
                "reason": row["fact"]["reason"],
            }
            for row in tables["limitations"]["rows"]
        ],
    }


def build_of_table(artifacts: Artifacts) -> Json:
    """The document of a table of predictions, without the time at which it is written."""
    return _document(artifacts, build_table(artifacts))


def _document(artifacts: Artifacts, chapters: Chapters) -> Json:
    goal = goal_of(artifacts)
    return {
        "name": artifacts.name,
        "task": artifacts.task.name,
        "title": artifacts.title,
        "part": artifacts.part,
        "level": f"{100 * artifacts.level:g}\u202f%",
        "holds": _holds(artifacts),
        "run": digests.of_json(dict(artifacts.file_digests))[:RUN_DIGITS],
        "metrics_digest": artifacts.file_digests.get(metrics.FILE.name, ""),
        "verdict": {"goal": goal.fact.to_json(), "outcome": goal.outcome, "metric_id": goal.metric},
        "chapters": [
            {"title": title, "keys": [section.key for section in sections]} for title, sections in chapters
        ],
        "sections": [section.to_json() for _, sections in chapters for section in sections],
    }


def _holds(artifacts: Artifacts) -> Json:
    """What the reader of this page has before them: a candidate and whom it was judged against, or a table.

    A promotion writes the generation that it became into the copy that it freezes.
    """
    against = artifacts.comparison.champion if artifacts.comparison else None
    kind = "table" if artifacts.table else "candidate"
    return {"kind": kind, "generation": "", "against": against.generation if against else "", "approver": ""}
