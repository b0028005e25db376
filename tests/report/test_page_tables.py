"""Every cell of every table of the page, against the files that the stages wrote."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bases import base
from checklist_grid import checklist
from control_grid import control_runs
from html_tables import Grid, tables, words
from page_grids import BINARY, OF_MANY, Files, interval, number
from plan_grid import settings_changed
from worse_scans_grid import every_level, strongest

from pipeline.report import run

SHOWN = BINARY | {
    "controls": (control_runs,),
    "change_control": (settings_changed,),
    "robustness": (strongest, every_level),
    "checklists": (checklist("claim_2024"), checklist("tripod_ai")),
}


def tables_of(made: Any) -> dict[str, list[Grid]]:
    run(made.config, made.workspace)
    return tables((made.workspace.candidate / "report.html").read_text(encoding="utf-8"))


def as_words(grid: Grid) -> Grid:
    return [[words(cell) for cell in row] for row in grid]


@pytest.fixture(scope="module")
def binary(candidate: Any) -> tuple[Files, dict[str, list[Grid]]]:
    return Files(candidate.workspace.candidate), tables_of(candidate)


def test_every_table_of_the_page_is_one_of_those_below(binary: Any) -> None:
    assert {key: len(grids) for key, grids in binary[1].items()} == {
        key: len(expected) for key, expected in SHOWN.items()
    }


@pytest.mark.parametrize(
    ("key", "place"), [(key, place) for key, all_ in SHOWN.items() for place in range(len(all_))]
)
def test_every_cell_says_what_the_files_say_for_its_row_and_column(key: str, place: int, binary: Any) -> None:
    files, shown = binary
    wanted = as_words(SHOWN[key][place](files))
    assert shown[key][place] == wanted
    # Columns that hold the same could be exchanged unseen.
    width = max(map(len, wanted))
    columns = [[row[column] for row in wanted[1:] if len(row) == width] for column in range(width)]
    told = [tuple(column) for column in columns if any(column)]
    assert len(set(told)) == len(told) or not wanted[1:]


def test_the_tables_of_many_classes_say_what_the_files_say(
    make_candidate: Callable[..., Any], tmp_path: Path
) -> None:
    made = make_candidate(tmp_path, classes=("benign", "malignant", "normal"), patients=500, champion=False)
    shown, files = tables_of(made), Files(made.workspace.candidate)
    for key, all_ in OF_MANY.items():
        assert shown[key] == [as_words(expected(files)) for expected in all_], key


def test_the_list_of_models_says_what_their_reports_say(binary: Any) -> None:
    files, _ = binary
    report, comparison = files.read("report"), files.read("comparison")
    [promotion] = files.lines("promotions")
    run_, outcome = report["run"], report["verdict"]["outcome"].replace("_", " ")
    auroc = files.metric("auroc")
    [grid] = tables((files.folder.parent / "index.html").read_text(encoding="utf-8"))[""]
    told = (promotion["approver"], promotion["created"][:10])
    wanted = [
        [
            "Generation, newest first",
            "Headline",
            "Trend",
            "Value",
            "Interval",
            "Patients",
            "Goal",
            "Verdict",
            "Approved by",
            "When",
        ],
        [
            f"Candidate {run_}",
            "AUROC",
            "",
            number(auroc),
            interval(auroc),
            base(auroc),
            outcome,
            comparison["verdict"].capitalize(),
            "",
            "",
        ],
        ["0001 champion", "", "", "no report", "-", "", "-", "", *told],
        grid[-1],
    ]
    assert grid == as_words(wanted)
    assert float(grid[-1][1].split()[0]) <= auroc["low"]
    assert grid[-1][1].split()[-1] == "1.0"


def test_all_analyses_are_listed_with_what_leads_and_one_that_cannot_be_read(
    make_candidate: Callable[..., Any], tmp_path: Path
) -> None:
    made = make_candidate(tmp_path, patients=60, champion=False)
    broken = tmp_path / "reports" / "other"
    (broken / "candidate").mkdir(parents=True)
    (broken / "index.html").write_text("", encoding="utf-8")
    (broken / "candidate" / "report.json").write_text("{", encoding="utf-8")
    run(made.config, made.workspace)
    page = (tmp_path / "reports" / "index.html").read_text(encoding="utf-8")
    [grid] = tables(page)[""]
    assert [row[0].split(" ")[0] for row in grid] == ["Analysis", "demo", "other"]
    assert grid[1][3] == "none yet"
    assert "can't be read" in grid[2][1]
    assert 'href="demo/index.html"' in page
    assert "all analyses" in (made.workspace.reports / "index.html").read_text(encoding="utf-8").lower()
