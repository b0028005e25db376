"""What the tables of the checklists must hold, from what report.json says of each item."""

from __future__ import annotations

from collections.abc import Callable

from html_tables import Grid
from page_grids import Files


def checklist(key: str) -> Callable[[Files], Grid]:
    """The table of the list that has this key in report.json."""

    def grid(files: Files) -> Grid:
        report = files.read("report")
        titles = {each["key"]: each["title"] for each in report["sections"]}
        rows = report["checklists"][key]
        told = ([row["item"], row["asks"], _told(row, titles)] for row in rows)
        return [["Item", "Asks for", "Answer"], *told]

    return grid


def _told(row: dict[str, str], titles: dict[str, str]) -> str:
    if row["status"] == "authors":
        return "to be answered by the authors"
    if row["status"] == "not_applicable":
        return f"not applicable: {row['answer']}"
    if not row["link"]:
        return row["answer"]
    return f"{row['answer']} See “{titles.get(row['link'], 'Checks against leakage')}”"
