"""Report: one page that a clinician reads from the top and an auditor to the end.

Reads every file of the candidate and the ledgers. Writes `report.html`, `report.json`,
`model_card.md` and the index of generations; of a table of predictions and its `metrics.json` the first
two alone. Guarantees: it computes no result, loads no model, and needs no network, script or second file;
the same inputs give the same bytes but for one time; every number has its n, its interval and its method,
or the reason why not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.config import Config
    from pipeline.foreign import Foreign
    from pipeline.records import Summary
    from pipeline.workspace import Workspace

__all__ = ["name_generation", "run", "run_table", "write_analyses", "write_index"]


def run(config: Config, workspace: Workspace) -> Summary:
    """What the stage did, in lines for the person at the terminal."""
    from pipeline.report.stage import run as run_stage

    return run_stage(config, workspace)


def run_table(foreign: Foreign, out: Path, *, title: str = "", command: str = "") -> Summary:
    """What was written on a table of predictions that `evaluate.score` measured into the folder `out`.

    `title` and `command` are for a table of our own making: what it is of, and what makes table and page.
    """
    from pipeline.report.table import run as run_of_table

    return run_of_table(foreign, out, title=title, command=command)


def name_generation(folder: Path, generation: str, *, approver: str) -> None:
    """Writes into the report in `folder`, a copy of a candidate's, that it is one of a generation."""
    from pipeline.report.stage import name_generation as name

    name(folder, generation, approver=approver)


def write_index(config: Config, workspace: Workspace) -> bool:
    """Whether the list of generations and the candidate changed, as when the champion moved."""
    from pipeline.report.stage import write_index as write

    return write(config, workspace)


def write_analyses(reports: Path) -> bool:
    """Whether the list of all analyses changed, as when the page of a cross-validation came."""
    from pipeline.report.stage import write_analyses as write

    return write(reports)
