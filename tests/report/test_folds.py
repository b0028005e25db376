"""The page of a cross-validation says first what its numbers are of."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from invented_table import table
from page_rules import problems

from pipeline.config import Evaluate
from pipeline.evaluate.score import score
from pipeline.foreign import Columns, read
from pipeline.page.facts import shown_value
from pipeline.report import run_table, write_analyses

Json = dict[str, Any]


def page_of(folder: Path, frame: pd.DataFrame) -> Path:
    """The folder with the report on the rows."""
    frame.to_csv(folder / "study.csv", index=False, float_format="%.9g")
    foreign = read(folder / "study.csv", Columns())
    score(foreign, folder / "out", Evaluate(resamples=200))
    run_table(foreign, folder / "out")
    return folder / "out"


def invented(patients: int = 60) -> pd.DataFrame:
    """Patients in folds that are called by names of people."""
    frame = table(("clear", "nodule"), patients, 1, seed=3, parts=("external",)).drop(columns="part")
    return frame.assign(fold=[f"Muster {at // 2 % 5}" for at in range(patients)])


def html(folder: Path) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


def document(folder: Path) -> Json:
    found: Json = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return found


def section(folder: Path, key: str) -> Json:
    [found] = [each for each in document(folder)["sections"] if each["key"] == key]
    return dict(found)


@pytest.fixture(scope="module")
def crossed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return page_of(tmp_path_factory.mktemp("crossed"), invented())


def test_the_first_screen_warns_of_what_the_numbers_are(crossed: Path) -> None:
    [warning] = [row for row in section(crossed, "warnings")["tables"]["rows"] if row["link"] == "folds"]
    assert warning["text"].startswith("A cross-validation: the numbers are of a way to train")
    assert (warning["fact"]["value"], 'id="folds"' in html(crossed)) == (5, True)


def test_the_section_shows_every_fold_and_cites_why_the_intervals_are_too_narrow(crossed: Path) -> None:
    found, page = section(crossed, "folds"), html(crossed)
    assert [row["fold"] for row in found["tables"]["rows"]] == ["1", "2", "3", "4", "5"]
    assert sum(row["fact"]["patients"] for row in found["tables"]["rows"]) == 60
    values = [row["fact"]["value"] for row in found["tables"]["rows"]]
    assert found["facts"]["sd"]["value"] == pytest.approx(np.std(values, ddof=1))
    for words in ("Bates, Hastie &amp; Tibshirani 2023", "Bengio &amp; Grandvalet 2004", "no single network"):
        assert words in page


def test_no_name_of_a_fold_is_written_anywhere(crossed: Path) -> None:
    for path in (path for path in crossed.rglob("*") if path.is_file()):
        assert b"Muster" not in path.read_bytes()


def test_the_page_keeps_the_rules_of_all_pages(crossed: Path) -> None:
    assert problems(html(crossed)) == []


def test_folds_of_too_few_patients_are_counted_and_none_is_drawn(tmp_path: Path) -> None:
    folder = page_of(tmp_path, invented(20))
    assert section(folder, "folds")["tables"]["rows"] == []
    assert "How far the folds differ can’t be said" in html(folder)


def test_a_table_of_one_network_has_neither_the_section_nor_the_warning(tmp_path: Path) -> None:
    folder = page_of(tmp_path, invented().drop(columns="fold"))
    assert "cross-validation" not in html(folder)


def test_of_several_models_the_differences_are_told_to_be_too_sure(tmp_path: Path) -> None:
    frame = invented().drop(columns=["logit_clear", "logit_nodule"])
    scores = {name: frame[f"score_{name}"] for name in ("clear", "nodule")}
    frame = frame.drop(columns=["score_clear", "score_nodule"])
    for model in ("net", "reader"):
        frame = frame.assign(**{f"score_{model}_{name}": score for name, score in scores.items()})
    assert "their p values are too small" in html(page_of(tmp_path, frame))


def test_a_page_of_our_own_says_what_it_is_of_and_which_command_makes_it(tmp_path: Path) -> None:
    invented().to_csv(tmp_path / "predictions.csv", index=False, float_format="%.9g")
    foreign = read(tmp_path / "predictions.csv", Columns())
    score(foreign, tmp_path, Evaluate(resamples=200))
    run_table(foreign, tmp_path, title="Nodules: cross-validation", command="make folds OF=5")
    assert "<h1>Nodules: cross-validation</h1>" in html(tmp_path)
    assert 'class="code">make folds OF=5</span>' in html(tmp_path)
    assert "make score" not in html(tmp_path)


def test_a_table_of_one_part_is_told_to_leave_nothing_to_check_for_leakage(crossed: Path) -> None:
    [row] = [row for row in section(crossed, "brief")["tables"]["standing"] if row["kind"] == "checks"]
    assert (row["ran"]["value"], row["not_run"]["value"]) == (0, 1)
    page = html(crossed)
    assert "The table has one part, so that no check against leakage can be made of it." in page
    assert "none could be made" in page
    assert "a table of predictions brings none" in page
    assert "No patient lies in two parts" not in page


def test_the_list_of_all_analyses_leads_to_the_page_of_a_cross_validation(
    crossed: Path, tmp_path: Path
) -> None:
    reports = tmp_path / "reports"
    shutil.copytree(crossed, reports / "study-folds-of-5")
    assert write_analyses(reports)
    listed = (reports / "index.html").read_text(encoding="utf-8")
    assert 'href="study-folds-of-5/report.html"' in listed
    area = section(crossed, "brief")["facts"]["headline"]
    assert shown_value(area["value"]) in listed
    assert "a table of predictions, no single model" in listed
    assert not write_analyses(reports)
