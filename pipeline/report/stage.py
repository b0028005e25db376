"""Writing the report: one page, its numbers, the model card, and the list of generations."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline import digests
from pipeline.catalogue import Catalogue
from pipeline.champion.pointer import generation_in_use
from pipeline.config import Config
from pipeline.contracts import insights
from pipeline.contracts.objects import plain
from pipeline.contracts.report import CARD, FILE, PAGE
from pipeline.errors import DamageError
from pipeline.pixel_review import is_reviewed
from pipeline.records import Summary
from pipeline.report import beside, document, environment, page, reading
from pipeline.report.generations import analyses, entries
from pipeline.workspace import Workspace
from pipeline.writing import write_text

Json = dict[str, Any]


def run(config: Config, workspace: Workspace) -> Summary:
    """Writes report.html, report.json and model_card.md of the candidate, and the list of generations.

    Raises DataError when the stages before have not run, DamageError when their files don't agree.
    """
    read = reading.read(
        config,
        candidate=workspace.candidate,
        ledgers=workspace.ledger("looks").parent,
        champion=generation_in_use(workspace),
    )
    read = replace(read, is_reviewed=_is_reviewed(config, workspace))
    body = document.build(read)
    dated, changed = write(workspace.candidate, body, page.html(body, read.pictures))
    written = (
        beside.write(workspace.candidate, body, read.task.page),
        write_text(CARD.path(workspace.candidate), page.text("model_card.md", dated)),
        write_index(config, workspace),
    )
    verdict = body["verdict"]["outcome"].replace("_", " ")
    return Summary(
        (f"Goal: {verdict}." if verdict != "no goal" else "No goal was set.",), changed or any(written)
    )


def _is_reviewed(config: Config, workspace: Workspace) -> bool:
    """Whether a person looked for text in the pixels of the scans that there are."""
    if not workspace.catalogue.is_file():
        return is_reviewed(config, workspace, ())
    with Catalogue(workspace.catalogue) as catalogue:
        return is_reviewed(config, workspace, catalogue.cases())


def write_index(config: Config, workspace: Workspace) -> bool:
    """Whether the list of generations and the candidate changed, or that of all analyses above it."""
    models = entries(workspace, config.report.title)
    changed = write_text(workspace.reports / "index.html", page.index(models))
    return write_analyses(workspace.reports.parent) or changed


def write_analyses(reports: Path) -> bool:
    """Whether the list of all analyses in the folder of all reports changed."""
    return write_text(reports / "index.html", page.all_analyses(analyses(reports)))


def name_generation(folder: Path, generation: str, *, approver: str) -> None:
    """Writes into the report in `folder`, a copy of a candidate's, that it is one of a generation.

    Without a report, or with one of an earlier version, the copy stays as it is.
    """
    found = FILE.find(folder)
    if found is None or not found.holds:
        return
    kind = {"kind": "generation", "generation": generation, "approver": approver}
    body = plain(replace(found, holds={**found.holds, **kind}))
    undated = page.html(body, insights.pictures(folder))
    write_text(PAGE.path(folder), environment.dated(undated, found.created))
    FILE.write(folder, FILE.of({**body, "html_digest": digests.of_bytes(undated.encode())}))


def write(folder: Path, body: Json, undated: str) -> tuple[Json, bool]:
    """The document as written beside its page, and whether one of the two changed.

    It has the time of its first writing: the same inputs leave both files as they are.
    """
    digest = digests.of_bytes(undated.encode())
    created = _created(folder, digest) or datetime.now(UTC).isoformat(timespec="seconds")
    dated = {**body, "created": created, "html_digest": digest}
    changed = write_text(PAGE.path(folder), environment.dated(undated, created))
    return dated, FILE.write(folder, FILE.of(dated)) or changed


def _created(folder: Path, digest: str) -> str | None:
    """When the very same page was first written; None of a damaged one, which is written anew."""
    try:
        before = FILE.find(folder)
    except DamageError:
        return None
    return before.created if before and before.html_digest == digest else None
