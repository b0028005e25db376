"""Writing the report: one page, its numbers, the model card, and the list of generations."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline import digests
from pipeline.champion.pointer import generation_in_use
from pipeline.config import Config
from pipeline.records import Summary
from pipeline.report import artifacts, document, environment, page
from pipeline.report.generations import entries
from pipeline.workspace import Workspace
from pipeline.writing import write_json, write_text

Json = dict[str, Any]


def run(config: Config, workspace: Workspace) -> Summary:
    """Writes report.html, report.json and model_card.md of the candidate, and the list of generations.

    Raises DataError when the stages before have not run, DamageError when their files don't agree.
    """
    settings = config.model_dump(mode="json")
    read = artifacts.read(
        settings,
        candidate=workspace.candidate,
        ledgers=workspace.ledger("looks").parent,
        champion=generation_in_use(workspace),
    )
    body = document.build(read)
    dated, changed = write(workspace.candidate, body, page.html(body, read.pictures))
    written = (
        write_text(workspace.candidate / "model_card.md", page.text("model_card.md", dated)),
        write_index(config, workspace),
    )
    verdict = body["verdict"]["outcome"].replace("_", " ")
    return Summary(
        (f"Goal: {verdict}." if verdict != "no goal" else "No goal was set.",), changed or any(written)
    )


def write_index(config: Config, workspace: Workspace) -> bool:
    """Whether the list of generations and the candidate, `index.html`, changed."""
    return write_text(workspace.reports / "index.html", page.index(entries(workspace, config.report.title)))


def write(folder: Path, body: Json, undated: str) -> tuple[Json, bool]:
    """The document as written to report.json beside its page, and whether one of the two changed.

    It has the time of its first writing: the same inputs leave both files as they are.
    """
    digest = digests.of_bytes(undated.encode())
    created = _created(folder / "report.json", digest) or datetime.now(UTC).isoformat(timespec="seconds")
    dated = {**body, "created": created, "html_digest": digest}
    changed = write_text(folder / "report.html", environment.dated(undated, created))
    return dated, write_json(folder / "report.json", dated) or changed


def _created(path: Path, digest: str) -> str | None:
    """When the very same page was first written."""
    if not path.is_file():
        return None
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None
    return str(before["created"]) if before.get("html_digest") == digest else None
