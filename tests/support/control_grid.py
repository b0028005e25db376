"""What the table of control runs must hold, worked out from `controls.json`."""

from __future__ import annotations

from html_tables import Grid
from page_grids import Files, interval, number, patients

from pipeline.report.guards import CONTROL_TITLES
from pipeline.report.sections.controls import EXPECTED


def control_runs(files: Files) -> Grid:
    rows = [["Check", "Result", "AUROC", "Interval", "Patients", "Epochs", "What it means"]]
    for run in files.read("controls")["controls"]:
        m, key = run["metric"], run["key"]
        numbers = (number(m), interval(m), patients(m), str(run["epochs"]))
        rows.append([CONTROL_TITLES[key], "passes", *numbers, EXPECTED[key]])
    return rows
