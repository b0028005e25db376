"""The table of those who changed sides, as `comparison.json` has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from html_tables import Grid
    from page_grids import Files


def sides(files: Files) -> Grid:
    found = files.read("comparison")["flips"]
    grid = [["Patients", "Right before, wrong now", "Share", "Wrong before, right now", "Share"]]
    for row in (found["sides"], *found["classes"], *found["groups"]):
        cells = []
        for way in ("negative", "positive"):
            if row["patients"] < 5:
                cells += ["-", "fewer than 5 patients"]
                continue
            share, low, high = (
                f"{100 * value:.1f} %"
                for value in (row[way] / row["patients"], row[f"{way}_low"], row[f"{way}_high"])
            )
            cells += [f"{row[way]} of {row['patients']}", f"{share} ({low} to {high})"]
        grid.append([row["name"] or "all", *cells])
    return grid
