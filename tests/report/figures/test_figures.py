from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from pipeline.report import artifacts, document, figures


def _charts(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for section in body["sections"]:
        yield from section["charts"].items()


@pytest.fixture(scope="module")
def charts(candidate: Any) -> dict[str, dict[str, Any]]:
    folder = candidate.workspace.candidate
    read = artifacts.read(
        candidate.config.model_dump(mode="json"),
        candidate=folder,
        ledgers=folder.parent / "ledger",
        champion=None,
    )
    return dict(_charts(document.build(read)))


def test_every_chart_of_the_registry_is_drawn_in_the_report_of_a_binary_task(charts: dict[str, Any]) -> None:
    assert sorted(charts) == sorted(figures.FIGURES)


def test_the_same_data_give_the_same_bytes(charts: dict[str, Any]) -> None:
    assert figures.chart("learning", charts["learning"]) == figures.chart("learning", charts["learning"])


@pytest.mark.parametrize("name", sorted(figures.FIGURES))
def test_a_chart_has_no_address_no_font_and_only_identifiers_of_its_own(
    name: str, charts: dict[str, Any]
) -> None:
    svg = figures.chart(name, charts[name])
    assert svg.startswith("<svg viewBox=")
    assert "http" not in svg
    assert "font-family" not in svg
    assert "<metadata" not in svg
    identifiers = re.findall(r'\sid="([^"]+)"', svg)
    assert all(identifier.startswith(f"{name}-") for identifier in identifiers)
    assert set(re.findall(r'(?:url\(#|href="#)([^")]+)', svg)) == set(identifiers)


def test_people_of_the_icon_array_are_as_many_as_its_numbers(charts: dict[str, Any]) -> None:
    data = {"tp": 45, "fn": 5, "fp": 190, "tn": 760, "scale": 1000}
    with figures.canvas.look():
        [axes] = figures.thousand.draw(data).axes
    squares = [(len(patch.get_path().vertices)) // 5 for patch in axes.patches]
    assert squares == [45, 5, 190, 760]


def test_missing_ends_of_a_band_leave_a_gap() -> None:
    low, high = figures.canvas.numbers([None, 0.5])
    assert low != low
    assert high == 0.5
