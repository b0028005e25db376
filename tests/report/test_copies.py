"""What lies beside the page, and the page that a promotion freezes."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.report import environment, name_generation, page, run


@pytest.fixture(scope="module")
def reported(candidate: Any) -> Path:
    run(candidate.config, candidate.workspace)
    folder: Path = candidate.workspace.candidate
    return folder


def test_the_report_of_a_generation_says_which_it_is_and_is_made_again_from_its_own_json(
    candidate: Any, reported: Path, tmp_path: Path
) -> None:
    for name in ("report.html", "report.json", "insights.npz"):
        shutil.copyfile(reported / name, tmp_path / name)
    name_generation(tmp_path, "0007", approver="A. <Reader>")
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<b>Generation 0007</b>, made the champion by A. &lt;Reader&gt;" in html
    assert 'href="../../index.html"' in html
    body = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    with np.load(tmp_path / "insights.npz") as stored:
        assert environment.dated(page.html(body, dict(stored)), body["created"]) == html
    before = json.loads((reported / "report.json").read_text(encoding="utf-8"))
    changed = {key for key in body if body[key] != before[key]}
    assert changed == {"holds", "html_digest"}


def test_a_generation_without_a_report_of_this_version_is_left_as_it_is(
    reported: Path, tmp_path: Path
) -> None:
    name_generation(tmp_path, "0001", approver="Ada")
    assert list(tmp_path.iterdir()) == []
    earlier = json.loads((reported / "report.json").read_text(encoding="utf-8"))
    del earlier["holds"]
    (tmp_path / "report.json").write_text(json.dumps(earlier), encoding="utf-8")
    name_generation(tmp_path, "0001", approver="Ada")
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8")) == earlier


def test_charts_and_tables_lie_beside_the_page_with_every_number_in_full(reported: Path) -> None:
    drawn = (reported / "figures" / "roc.svg").read_text(encoding="utf-8")
    assert drawn.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    with (reported / "tables" / "brief-rows.csv").open(encoding="utf-8", newline="") as stream:
        rows = {row["short"]: row for row in csv.DictReader(stream)}
    metrics = json.loads((reported / "metrics.json").read_text(encoding="utf-8"))["metrics"]
    wanted = next(m for m in metrics if (m["id"], m["part"], m["group"]) == ("sensitivity", "test", None))
    told = rows["sensitivity"]
    assert (float(told["value"]), float(told["low"])) == (wanted["value"], wanted["low"])
    assert (told["numerator"], told["denominator"]) == ("75", "78")
    assert not list((reported / "tables").glob("gallery*"))


def test_a_chart_that_there_is_no_more_leaves_no_file(candidate: Any, reported: Path) -> None:
    left_over = reported / "figures" / "of_an_earlier_version.svg"
    left_over.write_text("<svg/>", encoding="utf-8")
    assert run(candidate.config, candidate.workspace).changed
    assert not left_over.exists()
