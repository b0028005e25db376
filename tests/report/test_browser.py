"""The pages of invented results in a browser: WCAG 2.2 AA and good practice by axe-core, at two widths."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from browser import WIDTHS, against
from invented_masks import drawn
from invented_table import table

from pipeline.config import Evaluate
from pipeline.evaluate.score import score
from pipeline.foreign import Columns, read
from pipeline.report import run, run_table

pytestmark = pytest.mark.slow
AT_BOTH_WIDTHS = pytest.mark.parametrize("width", WIDTHS)
SOUND = (
    '<!doctype html><html lang="en"><head><title>T</title></head><body><main><h1>A</h1>'
    "<details><summary>More</summary><p>Words</p></details></main></body></html>"
)


@pytest.fixture(scope="module")
def reports(candidate: Any) -> Path:
    run(candidate.config, candidate.workspace)
    return Path(candidate.workspace.reports)


@AT_BOTH_WIDTHS
@pytest.mark.parametrize("page", ["candidate/report.html", "index.html"])
def test_nothing_is_found_against_the_pages_of_a_candidate(
    page: str, width: int, reports: Path, tmp_path: Path
) -> None:
    assert against((reports / page).read_text(encoding="utf-8"), tmp_path, width=width) == []


@AT_BOTH_WIDTHS
def test_nothing_is_found_against_the_page_of_three_classes_and_another_source(
    width: int, make_candidate: Callable[..., Any], tmp_path: Path
) -> None:
    made = make_candidate(tmp_path, classes=("a", "b", "c"), patients=200, champion=False, abroad=40)
    run(made.config, made.workspace)
    page = (made.workspace.candidate / "report.html").read_text(encoding="utf-8")
    assert against(page, tmp_path / "seen", width=width) == []


def _findings(generator: np.random.Generator) -> pd.DataFrame:
    truth = generator.integers(0, 2, (80, 2))
    names = [f"p{number:02d}" for number in range(80)]
    parts = ["validation" if number % 5 == 0 else "test" for number in range(80)]
    frame = pd.DataFrame({"case_id": names, "patient_id": names, "part": parts})
    for column, finding in enumerate(("edema", "mass")):
        frame[f"truth_{finding}"] = truth[:, column]
        frame[f"score_{finding}"] = np.clip(0.3 + 0.4 * truth[:, column] + generator.normal(0, 0.2, 80), 0, 1)
    return frame


def _numbers(generator: np.random.Generator) -> pd.DataFrame:
    truth = generator.normal(60, 10, 80)
    names = [f"p{number:02d}" for number in range(80)]
    said = truth + generator.normal(1, 4, 80)
    return pd.DataFrame({"case_id": names, "patient_id": names, "truth": truth, "predicted": said}).round(1)


TABLES = {
    "classification": lambda _: table(("clear", "nodule"), 160, 1, seed=3, parts=("external",)),
    "multilabel": _findings,
    "regression": _numbers,
    "segmentation": lambda _: drawn(40),
}


@AT_BOTH_WIDTHS
@pytest.mark.parametrize("task", TABLES)
def test_nothing_is_found_against_the_page_of_a_scored_table(task: str, width: int, tmp_path: Path) -> None:
    path = tmp_path / "study.csv"
    TABLES[task](np.random.default_rng(4)).to_csv(path, index=False, float_format="%.9g")
    score(read(path, Columns()), tmp_path / "out", Evaluate(resamples=200))
    run_table(read(path, Columns()), tmp_path / "out")
    page = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert f'"{task}"' in (tmp_path / "out/report.json").read_text(encoding="utf-8")
    assert against(page, tmp_path / "seen", width=width) == []


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("<p>", '<p style="color: #999">', "color-contrast: p"),
        ("<main>", "<div>", "landmark-one-main: html"),
        ("<h1>A</h1>", '<h1>A</h1><p style="width: 500px">C</p>', "px wide in a window of 390"),
    ],
)
def test_every_kind_of_fault_is_found_also_behind_a_fold(
    before: str, after: str, fault: str, tmp_path: Path
) -> None:
    assert against(SOUND, tmp_path / "sound", width=390) == []
    found = against(SOUND.replace(before, after), tmp_path / "faulty", width=390)
    assert any(fault in line for line in found), found
