"""The report on a table of predictions from anywhere: the candidate's page without what no table can tell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from pipeline import digests
from pipeline.contracts.metrics import FILE
from pipeline.contracts.report import PAGE
from pipeline.foreign import Foreign
from pipeline.page.artifacts import VALIDATION, Artifacts
from pipeline.printed import make, on_page, page
from pipeline.records import Summary
from pipeline.report import beside, document, stage
from pipeline.report import page as pages


def run(foreign: Foreign, out: Path, *, title: str = "", command: str = "") -> Summary:
    """Writes report.html and report.json of the table beside its metrics.json in `out`.

    `title` and `command` are for a table of our own making: what it is of, and what makes table and page.
    """
    read_in = read(foreign, out)
    read_in = replace(read_in, title=title or read_in.title, command=command or read_in.command)
    body = document.build_of_table(read_in)
    _, changed = stage.write(out, body, pages.html(body, read_in.pictures))
    changed |= beside.write(out, body, read_in.task.page)
    return Summary((f"Report on the {read_in.part} part: {PAGE.path(out)}",), changed)


def read(foreign: Foreign, out: Path) -> Artifacts:
    """The artifacts of the table: its rows, and what was measured of them.

    Reported is the part of the first metric that isn't of validation, where the threshold was chosen.
    """
    table, frame = foreign.path, foreign.first.frame
    measured = FILE.read(out)
    first = next(metric for metric in measured.metrics if metric.part != VALIDATION)
    return Artifacts(
        name=table.name,
        title=f"The predictions in {table.name}",
        unit=measured.unit,
        level=next(metric.level for metric in measured.metrics if metric.level is not None),
        task=foreign.task,
        question=foreign.task.target.question_of(measured),
        cases=frame,
        metrics=measured,
        predictions=frame,
        history=pd.DataFrame(),
        file_digests={path.name: digests.of_file(path) for path in (table, FILE.path(out))},
        part=first.part,
        table=table.name,
        command=make("score", _arguments(foreign, out), place=page()),
    )


def _arguments(foreign: Foreign, out: Path) -> dict[str, str]:
    places = {"TABLE": on_page(foreign.path), "OUT": on_page(out)}
    return {**places, **foreign.columns.arguments()}
