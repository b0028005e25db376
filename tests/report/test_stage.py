from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.contracts.metrics import Metric
from pipeline.errors import DataError
from pipeline.page.facts import of_metric
from pipeline.report import environment, page, run

VOID = {"meta", "img", "br", "line", "rect", "circle", "path", "use"}


@pytest.fixture(scope="module")
def reported(candidate: Any) -> Path:
    run(candidate.config, candidate.workspace)
    folder: Path = candidate.workspace.candidate
    return folder


@pytest.fixture(scope="module")
def html(reported: Path) -> str:
    return (reported / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def body(reported: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((reported / "report.json").read_text(encoding="utf-8"))
    return content


class Checker(HTMLParser):
    """Opens and closes tags, and gathers identifiers, links, tags and titles."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.identifiers: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            assert not name.startswith("on"), "an event handler is a script"
            if name == "id" and value:
                self.identifiers.append(value)
            if name == "href" and value:
                self.links.append(value)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self.open.pop() == tag


def test_the_page_needs_no_script_no_address_and_no_second_file(html: str) -> None:
    for word in ("http:", "https:", "<script", "javascript:", "@import", "url(//", "<link", "<iframe"):
        assert word not in html.lower()
    assert all(source.startswith("data:image/png;base64,") for source in re.findall(r'src="([^"]+)"', html))


def test_the_page_is_well_formed_and_every_link_leads_somewhere(html: str) -> None:
    checker = Checker()
    checker.feed(html)
    assert checker.open == []
    assert len(set(checker.identifiers)) == len(checker.identifiers)
    inside = {link.removeprefix("#") for link in checker.links if link.startswith("#")}
    assert inside <= set(checker.identifiers)
    assert {link for link in checker.links if not link.startswith("#")} == {"../index.html"}


def test_nothing_is_said_by_hover_alone(html: str) -> None:
    assert " title=" not in html


def test_no_path_of_the_machine_is_in_any_output(reported: Path) -> None:
    root = str(reported.parents[2])
    for name in ("report.html", "report.json", "model_card.md"):
        content = (reported / name).read_text(encoding="utf-8")
        assert root not in content
        assert str(Path.home()) + "/" not in content


def test_every_section_is_there_or_says_why_not(body: dict[str, Any], html: str) -> None:
    keys = [key for chapter in body["chapters"] for key in chapter["keys"]]
    assert keys == [section["key"] for section in body["sections"]]
    for section in body["sections"]:
        assert (section["status"] == "shown") == (section["reason"] == "")
        assert f'id="{section["key"]}"' in html


def _numbers(
    value: Any, above: tuple[dict[str, Any], ...] = ()
) -> Iterator[tuple[float, tuple[dict[str, Any], ...]]]:
    """Every number of the document with the objects around it, the nearest last."""
    if isinstance(value, dict):
        for item in value.values():
            yield from _numbers(item, (*above, value))
    elif isinstance(value, list):
        for item in value:
            yield from _numbers(item, above)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value, above


def _supported(above: tuple[dict[str, Any], ...]) -> bool:
    """Whether a number is part of a fact with all it needs, or of a chart with n and method."""
    fact = above[-1]
    if "value" in fact and "reason" in fact:
        has_interval = fact["low"] is not None and fact["level"] is not None and bool(fact["method"])
        has_n = fact["patients"] is not None or fact["cases"] is not None
        return bool(fact["reason"]) or (has_interval and has_n)
    return any("method" in each and ("patients" in each or "cases" in each) for each in above)


def test_no_number_is_bare(body: dict[str, Any]) -> None:
    told = {key: value for key, value in body.items() if key in ("verdict", "sections")}
    bare = [(number, above[-1]) for number, above in _numbers(told) if not _supported(above)]
    assert bare == []


def test_a_number_that_is_missing_says_why(body: dict[str, Any]) -> None:
    def facts(value: Any) -> Iterator[dict[str, Any]]:
        if isinstance(value, dict):
            if {"value", "reason", "method"} <= set(value):
                yield value
            for item in value.values():
                yield from facts(item)
        elif isinstance(value, list):
            for item in value:
                yield from facts(item)

    missing = [fact for fact in facts(body["sections"]) if fact["value"] is None]
    assert missing
    assert all(fact["reason"] for fact in missing)


def test_every_number_of_the_evaluation_that_is_shown_is_that_of_metrics_json(
    body: dict[str, Any], reported: Path
) -> None:
    metrics = json.loads((reported / "metrics.json").read_text(encoding="utf-8"))["metrics"]
    auroc = next(m for m in metrics if m["id"] == "auroc" and m["part"] == "test" and m["group"] is None)
    brief = next(section for section in body["sections"] if section["key"] == "brief")
    for key in ("value", "low", "high", "level", "patients", "positive_patients"):
        assert brief["facts"]["headline"][key] == auroc[key]


def test_the_page_is_made_again_from_report_json_and_the_pictures_alone(
    body: dict[str, Any], html: str, reported: Path
) -> None:
    with np.load(reported / "insights.npz") as stored:
        undated = page.html(body, dict(stored))
    assert environment.dated(undated, body["created"]) == html


def test_the_same_inputs_give_the_same_bytes_but_for_one_time(candidate: Any, reported: Path) -> None:
    names = ("report.html", "report.json", "model_card.md")
    before = {name: (reported / name).read_bytes() for name in names}
    assert run(candidate.config, candidate.workspace).changed is False
    assert {name: (reported / name).read_bytes() for name in names} == before
    first = re.sub(rb"<time.*?</time>", b"", before["report.html"])
    (reported / "report.json").unlink()
    run(candidate.config, candidate.workspace)
    assert re.sub(rb"<time.*?</time>", b"", (reported / "report.html").read_bytes()) == first
    assert before["report.html"].count(b"<time") == 1


def test_words_of_people_are_shown_and_never_run(make_candidate: Callable[..., Any], tmp_path: Path) -> None:
    made = make_candidate(tmp_path, patients=60, champion=False)
    title = '</style><script>alert("x")</script>\\'
    report = made.config.report.model_copy(update={"title": title, "intended_use": "<b onclick=x>use</b>"})
    run(made.config.model_copy(update={"report": report}), made.workspace)
    html = (made.workspace.candidate / "report.html").read_text(encoding="utf-8")
    assert "<script" not in html
    assert "<b onclick" not in html
    assert "&lt;b onclick=x&gt;use" in html
    assert html.count("</style>") == 1


def test_a_case_that_may_not_be_shown_leaves_a_grey_tile_with_the_reason(html: str) -> None:
    assert html.count('<div class="hidden">Not shown: not an original image of the scanner') == 1


def test_a_task_of_many_classes_has_its_own_table_and_says_what_it_lacks(
    make_candidate: Callable[..., Any], tmp_path: Path
) -> None:
    made = make_candidate(tmp_path, classes=("benign", "malignant", "normal"), patients=500, champion=False)
    run(made.config, made.workspace)
    html = (made.workspace.candidate / "report.html").read_text(encoding="utf-8")
    assert "macro AUROC" in html
    assert "Class by class" in html
    assert '<span class="soft">– no single class is the finding looked for</span>' in html


def test_too_few_patients_give_no_number_but_a_reason(
    make_candidate: Callable[..., Any], tmp_path: Path
) -> None:
    made = make_candidate(tmp_path, patients=40, champion=False)
    run(made.config, made.workspace)
    body = json.loads((made.workspace.candidate / "report.json").read_text(encoding="utf-8"))
    assert body["verdict"]["outcome"] == "cannot_tell"
    html = (made.workspace.candidate / "report.html").read_text(encoding="utf-8")
    assert re.search(r"not estimable \(\d patients? with the finding\)", html)


def test_the_model_card_states_use_result_and_limits(reported: Path) -> None:
    card = (reported / "model_card.md").read_text(encoding="utf-8")
    for words in (
        "Second look at axial CT",
        "Screening without a reader",
        "AUROC",
        "## Limits",
        "approved by A. Reader",
    ):
        assert words in card
    assert "None" not in card


def test_the_index_lists_the_candidate_and_the_champion(candidate: Any, reported: Path) -> None:
    html = (candidate.workspace.reports / "index.html").read_text(encoding="utf-8")
    assert 'href="candidate/report.html"' in html
    assert 'href="generations/0001/report.html"' in html
    assert "champion" in html
    assert "<td>AUROC</td>" in html
    assert "<td>auroc</td>" not in html


def test_without_an_evaluation_the_message_says_what_to_run(candidate: Any, tmp_path: Path) -> None:
    from pipeline.workspace import Workspace

    with pytest.raises(DataError, match=r"Run `.*scanloom cohort "):
        run(candidate.config, Workspace(tmp_path, "demo"))


def test_a_number_is_printed_with_what_it_is_measured_in_and_one_of_an_earlier_report_without() -> None:
    template = environment.environment().from_string(
        '{% import "macros.html" as m with context %}{{ m.number(fact) }}'
    )
    fact = of_metric(Metric("mae", "test", "patient", 3.25), "mm").to_json()
    assert template.render(fact=fact) == "3.25&#8239;mm"
    del fact["measured_in"]
    assert template.render(fact=fact) == "3.250"


def test_without_a_record_of_the_model_the_message_says_to_train(
    make_candidate: Callable[..., Any], tmp_path: Path
) -> None:
    made = make_candidate(tmp_path, patients=60, champion=False)
    (made.workspace.candidate / "model.json").unlink()
    with pytest.raises(DataError, match=r"model\.json is missing .* Run `.*scanloom train "):
        run(made.config, made.workspace)


def test_the_header_says_that_it_is_a_candidate_and_whom_it_was_judged_against(html: str) -> None:
    assert (
        "<b>Candidate</b>: not in use unless promoted; judged against the champion, generation 0001" in html
    )
