"""What a table of predictions held, what could be checked of it, and how to make its page again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pipeline import provenance
from pipeline.contracts.predictions import PARTS
from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import count, recorded
from pipeline.page.section import Section
from pipeline.report.guards import patients_apart

KEY, TITLE = "source", "Where it comes from"


def build(artifacts: Artifacts, absent: Iterable[Section]) -> Section:
    """The parts of the table, its one check, digests and seed; `absent` are the sections not shown."""
    parts = set(artifacts.cases["part"])
    guard = patients_apart(artifacts)
    tables: dict[str, list[dict[str, Any]]] = {
        "parts": [_part(artifacts, part) for part in PARTS if part in parts],
        "digests": [
            {"name": name, "digest": recorded(name, digest)}
            for name, digest in artifacts.file_digests.items()
        ],
        "absent": [{"title": section.title, "reason": section.reason} for section in absent],
    }
    bootstrap = artifacts.metrics.bootstrap
    facts = {
        "crossing": count(guard.key, int(guard.value or 0), "patients"),
        "seed": recorded("seed_bootstrap", bootstrap.seed if bootstrap else None),
        "resamples": recorded("resamples", bootstrap.resamples if bootstrap else None, "resamples"),
        "code": recorded("report_code", provenance.code_digest()),
    }
    words = {
        "table": artifacts.table,
        "parts_apart": guard.status != "not_run",
        "command": artifacts.command,
        "notes": list(artifacts.metrics.notes),
    }
    return Section(KEY, TITLE, facts, tables, words=words)


def _part(artifacts: Artifacts, part: str) -> dict[str, Any]:
    rows = artifacts.cases[artifacts.cases["part"] == part]
    return {
        "part": part,
        "use": _use(artifacts, part),
        "patients": count(f"{part}_patients", rows["patient_id"].nunique(), "patients", part),
        "cases": count(f"{part}_cases", len(rows), "cases", part),
    }


def _use(artifacts: Artifacts, part: str) -> str:
    """What the page or the numbers beside it make of a part."""
    if part == artifacts.part:
        return "reported on this page"
    if part == "validation" and (use := artifacts.task.page.use_of_validation(artifacts.question)):
        return use
    return "not measured" if part == "train" else "its numbers are in metrics.json"
