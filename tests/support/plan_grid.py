"""What the table of the settings that changed must hold."""

from __future__ import annotations

from html_tables import Grid
from page_grids import Files


def settings_changed(files: Files) -> Grid:
    says = {True: "allowed", False: "outside"}
    rows = [
        [row["key"], row["then"], row["now"], says[row["allowed"]]]
        for row in files.read("comparison")["plan"]["changes"]
    ]
    return [["Setting", "Champion", "Candidate", "By the plan"], *rows]
