"""The list of promoted generations and the candidate, as the index page shows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline import ledger
from pipeline.contracts import read_object
from pipeline.printed import YOUR_NAME, make, page
from pipeline.report.facts import Fact, of_metric
from pipeline.workspace import Workspace

Json = dict[str, Any]


def entries(workspace: Workspace, title: str) -> Json:
    """What the index page of an analysis shows, newest first; the candidate leads."""
    champion = _json(workspace.champion)
    promotions = ledger.read(workspace.ledger("promotions"))
    folders = sorted((path for path in workspace.generations.glob("*") if path.is_dir()), reverse=True)
    generations = [_entry(folder, workspace, promotions, champion.get("generation")) for folder in folders]
    return {
        "title": title,
        "name": workspace.name,
        "candidate": _summary(workspace.candidate, workspace),
        "generations": generations,
        "promote": make("promote", {"APPROVER": YOUR_NAME}, place=page()),
        "ingest": _link(workspace.ingest_page, workspace),
    }


def _entry(folder: Path, workspace: Workspace, promotions: list[Json], champion: str | None) -> Json:
    promoted = next((line for line in promotions if line.get("generation") == folder.name), {})
    return {
        **_summary(folder, workspace),
        "generation": folder.name,
        "champion": folder.name == champion,
        "approver": promoted.get("approver", ""),
        "reason": promoted.get("reason", ""),
        "created": promoted.get("created", ""),
    }


def _summary(folder: Path, workspace: Workspace) -> Json:
    report = _json(folder / "report.json")
    headline: Any = None
    for section in report.get("sections", []):
        if section["key"] == "brief":
            headline = section["facts"]["headline"]
    return {
        "link": _link(folder / "report.html", workspace),
        "run": report.get("run", ""),
        "outcome": report.get("verdict", {}).get("outcome", ""),
        "metric": report.get("verdict", {}).get("metric_id", ""),
        "headline": headline or _none().to_json(),
        "verdict": _json(folder / "comparison.json").get("verdict", ""),
    }


def _link(page: Path, workspace: Workspace) -> str:
    """The address of a page as seen from the index; "" where it isn't there."""
    return page.relative_to(workspace.reports).as_posix() if page.is_file() else ""


def _none() -> Fact:
    return of_metric({"id": "headline", "value": None, "reason": "no report"})


def _json(path: Path) -> Json:
    return read_object(path) if path.is_file() else {}
