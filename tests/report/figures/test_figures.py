from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from pipeline.page import canvas
from pipeline.report import document, figures, reading
from pipeline.tasks.registry import task_of

FIGURES = figures.FIGURES
PAGE = task_of("classification").page


def _charts(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for section in body["sections"]:
        yield from section["charts"].items()


@pytest.fixture(scope="module")
def charts(candidate: Any) -> dict[str, dict[str, Any]]:
    folder = candidate.workspace.candidate
    read = reading.read(
        candidate.config,
        candidate=folder,
        ledgers=folder.parent / "ledger",
        champion=None,
    )
    return dict(_charts(document.build(read)))


def test_every_chart_of_the_registry_is_drawn_in_the_report_of_a_binary_task(charts: dict[str, Any]) -> None:
    assert sorted(charts) == sorted(figures.figures_of(PAGE))


def test_the_same_data_give_the_same_bytes(charts: dict[str, Any]) -> None:
    for name, data in charts.items():
        first = figures.chart(PAGE, name, data)
        figures._drawn.cache_clear()
        assert figures.chart(PAGE, name, data) == first, name


def test_a_chart_is_drawn_once_for_the_page_and_for_the_file_beside_it(charts: dict[str, Any]) -> None:
    drawn = figures._drawn.cache_info
    figures.chart(PAGE, "learning", charts["learning"])
    before = drawn().misses
    figures.chart(PAGE, "learning", charts["learning"])
    assert drawn().misses == before


@pytest.mark.parametrize("name", sorted(figures.figures_of(PAGE)))
def test_a_chart_has_no_address_no_font_and_only_identifiers_of_its_own(
    name: str, charts: dict[str, Any]
) -> None:
    svg = figures.chart(PAGE, name, charts[name])
    assert svg.startswith("<svg viewBox=")
    assert "http" not in svg
    assert "font-family" not in svg
    assert "<metadata" not in svg
    identifiers = re.findall(r'\sid="([^"]+)"', svg)
    assert all(identifier.startswith(f"{name}-") for identifier in identifiers)
    assert set(re.findall(r'(?:url\(#|href="#)([^")]+)', svg)) == set(identifiers)


def test_missing_ends_of_a_band_leave_a_gap() -> None:
    low, high = canvas.numbers([None, 0.5])
    assert low != low
    assert high == 0.5


def test_each_change_has_a_small_chart_that_begins_at_the_scans_as_they_are(charts: dict[str, Any]) -> None:
    data = charts["robustness"]
    with canvas.look():
        axes = FIGURES["robustness"](data).axes
    shown = [one for one in axes if one.get_title(loc="left")]
    assert [one.get_title(loc="left") for one in shown] == [curve["name"] for curve in data["curves"]]
    line = shown[0].lines[0].get_ydata()
    assert line[0] == data["unchanged"]["value"]
    assert [tick.get_text() for tick in shown[0].get_xticklabels()] == ["as is", "1", "2", "5", "10"]
