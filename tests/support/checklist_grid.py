"""What the tables of the checklists must hold, from what report.json says of each item."""

from __future__ import annotations

from collections.abc import Callable

from html_tables import Grid
from page_grids import Files


def checklist(key: str) -> Callable[[Files], Grid]:
    """The table of the list that has this key in report.json."""

    def grid(files: Files) -> Grid:
        rows = files.read("report")["checklists"][key]
        return [["Item", "Asks for", "Answer"], *([row["item"], row["asks"], _told(row)] for row in rows)]

    return grid


def _told(row: dict[str, str]) -> str:
    if row["status"] == "authors":
        return "to be answered by the authors"
    if row["status"] == "not_applicable":
        return f"not applicable: {row['answer']}"
    return f"{row['answer']} {'Where' if row['link'] else ''}"
