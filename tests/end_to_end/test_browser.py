"""Every page of a project after real make, in a browser: WCAG 2.2 AA and good practice by axe-core, at two widths."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import WIDTHS, against

from pipeline import config as configuration
from pipeline.commands.look.answers import Looker
from pipeline.workspace import Workspace

pytestmark = [pytest.mark.xdist_group("make"), pytest.mark.slow]
AT_BOTH_WIDTHS = pytest.mark.parametrize("width", WIDTHS)
PAGES = (
    "index.html", "small/candidate/report.html", "small/generations/0001/report.html", "small/index.html",
    "small/ingest.html", "small/training/training.html",
)  # fmt: skip


def test_no_page_of_a_project_is_left_out(champion_source: Path) -> None:
    reports = champion_source / "reports"
    assert {path.relative_to(reports).as_posix() for path in reports.rglob("*.html")} == set(PAGES)


@AT_BOTH_WIDTHS
@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_found_against_a_page_of_a_project(
    page: str, width: int, champion_source: Path, tmp_path: Path
) -> None:
    told = (champion_source / "reports" / page).read_text(encoding="utf-8")
    assert against(told, tmp_path, width=width) == []


@AT_BOTH_WIDTHS
@pytest.mark.parametrize("page", ["table", "case", "review"])
def test_nothing_is_found_against_a_local_page(
    page: str, width: int, champion_source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(champion_source)
    config = configuration.load(Path("configs/small.yaml"))
    looker = Looker(config, Workspace(champion_source, "small"))
    (first, *_) = looker._cases
    path = {"table": (), "case": ("case", first), "review": ("review",)}[page]
    answer = looker.answer(path, {}, root="/token")
    assert answer.status == 200
    assert against(str(answer.body), tmp_path, width=width) == []
