"""The pages, read by the rules that people with a screen reader, a keyboard or weak eyes depend on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from page_rules import problems, ratio

from pipeline.report import run

SOUND = (
    '<html lang="en"><head><title>T</title><style>a:focus-visible {outline: 1px}</style></head>'
    '<body><main><h1>A</h1><h2>B</h2><a href="#x" id="x">to</a></main></body></html>'
)


@pytest.fixture(scope="module")
def written(candidate: Any) -> Path:
    run(candidate.config, candidate.workspace)
    reports: Path = candidate.workspace.reports
    return reports


@pytest.mark.parametrize("page", ["candidate/report.html", "index.html"])
def test_the_page_keeps_the_rules(page: str, written: Path) -> None:
    assert problems((written / page).read_text(encoding="utf-8")) == []


def test_the_page_of_many_classes_keeps_the_rules(make_candidate: Callable[..., Any], tmp_path: Path) -> None:
    made = make_candidate(tmp_path, classes=("a", "b", "c"), patients=200, champion=False)
    run(made.config, made.workspace)
    assert problems((made.workspace.candidate / "report.html").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('lang="en"', "", "no language"),
        ("<h2>B</h2>", "<h3>B</h3>", "headings leap from 1 to 3"),
        (">to</a>", "></a>", "a a has no name"),
        ("<h2>", '<img src="x"><h2>', "an img has no alt"),
        ("<h2>", "<table><tr><th>n</th></tr></table><h2>", "a th has no scope"),
        ("<h2>", '<h2 id="x">', "two elements have one id"),
        ("<main>", "<main></main><main>", "not one main"),
        ("<h2>", "<nav></nav><h2>", "a nav has no name"),
        ("a:focus-visible", "a:hover", "focus is not shown"),
        ("{outline: 1px}", "{outline: 1px} p {color: #999}", "p: #999 on #fff has 2.85 to 1"),
    ],
)
def test_every_rule_finds_its_fault(before: str, after: str, fault: str) -> None:
    assert problems(SOUND) == []
    assert fault in problems(SOUND.replace(before, after))


def test_black_on_white_has_the_largest_contrast() -> None:
    assert ratio("#000", "#ffffff") == pytest.approx(21)
    assert ratio("#767676", "#fff") == pytest.approx(4.54, abs=0.01)
