"""The list of promoted generations and the candidate, as the index page shows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline import ledger
from pipeline.contracts import comparison, pointer, report
from pipeline.contracts.pointer import Pointer
from pipeline.errors import DamageError
from pipeline.page.facts import unavailable
from pipeline.printed import YOUR_NAME, make, page
from pipeline.tasks.registry import task_of
from pipeline.workspace import Workspace

Json = dict[str, Any]


def entries(workspace: Workspace, title: str) -> Json:
    """What the index page of an analysis shows, newest first; the candidate leads."""
    champion = pointer.FILE.find(workspace.reports)
    promotions = ledger.read(workspace.ledger("promotions"))
    folders = sorted((path for path in workspace.generations.glob("*") if path.is_dir()), reverse=True)
    generations = [_entry(folder, workspace, promotions, champion) for folder in folders]
    return {
        "title": title,
        "name": workspace.name,
        "candidate": _summary(workspace.candidate, workspace),
        "generations": generations,
        "promote": make("promote", {"APPROVER": YOUR_NAME}, place=page()),
        "ingest": _link(workspace.ingest_page, workspace),
        "training": _link(workspace.training_page, workspace),
    }


def analyses(reports: Path) -> list[Json]:
    """A row for each analysis in the folder of all reports, by name: its candidate, its champion.

    An analysis whose files can't be read has a row that says so: its own commands tell what to do.
    """
    pages = ("index.html", report.PAGE.name)  # a table of predictions, as of a cross-validation, has no list
    folders = sorted(path for path in reports.glob("*") if any((path / name).is_file() for name in pages))
    return [_analysis(Workspace(reports.parent, folder.name)) for folder in folders]


def _analysis(workspace: Workspace) -> Json:
    row = {"name": workspace.name, "link": f"{workspace.name}/index.html", "title": "", "damaged": False}
    try:
        if not (workspace.reports / "index.html").is_file():
            return {**row, **_table(workspace)}
        champion = pointer.FILE.find(workspace.reports)
        found = report.FILE.find(workspace.candidate)
        used = workspace.generations / champion.generation if champion else None
        return {
            **row,
            "title": found.title if found else "",
            "generation": champion.generation if champion else "",
            "candidate": _summary(workspace.candidate, workspace),
            "champion": _summary(used, workspace) if used else None,
        }
    except DamageError:
        return {**row, "damaged": True}


def _table(workspace: Workspace) -> Json:
    """What is told of a table of predictions, which has neither models nor verdict."""
    found = report.FILE.find(workspace.reports)
    return {
        "link": f"{workspace.name}/{report.PAGE.name}",
        "title": found.title if found else "",
        "is_table": True,
        "candidate": _summary(workspace.reports, workspace),
    }


def _entry(folder: Path, workspace: Workspace, promotions: list[Json], champion: Pointer | None) -> Json:
    promoted = next((line for line in promotions if line.get("generation") == folder.name), {})
    return {
        **_summary(folder, workspace),
        "generation": folder.name,
        "champion": champion is not None and folder.name == champion.generation,
        "approver": promoted.get("approver", ""),
        "reason": promoted.get("reason", ""),
        "created": promoted.get("created", ""),
    }


def _summary(folder: Path, workspace: Workspace) -> Json:
    document, compared = report.FILE.find(folder), comparison.FILE.find(folder)
    briefs = [section for section in document.sections if section.key == "brief"] if document else []
    return {
        "link": _link(report.PAGE.path(folder), workspace),
        "run": document.run if document else "",
        "task": document.task if document else "",
        "outcome": document.verdict.outcome if document else "",
        "metric": document.verdict.metric_id if document else "",
        "short": _short(document) if document else "",
        "headline": briefs[0].facts["headline"] if briefs else unavailable("headline", "no report").to_json(),
        "verdict": compared.verdict if compared else "",
    }


def _short(document: report.Report) -> str:
    """What the metric of the headline is called on the pages themselves."""
    name = document.verdict.metric_id
    metric = task_of(document.task).measures.METRICS.get(name)
    return metric.short if metric else name


def _link(page: Path, workspace: Workspace) -> str:
    """The address of a page as seen from the index; "" where it isn't there."""
    return page.relative_to(workspace.reports).as_posix() if page.is_file() else ""
