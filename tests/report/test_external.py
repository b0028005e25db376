"""What the report says of patients of another source, beside the test part."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from html_tables import words

from pipeline.report import reading, run
from pipeline.report.sections import external


@pytest.fixture(scope="module")
def made(make_candidate: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    made = make_candidate(tmp_path_factory.mktemp("external"), patients=500, abroad=120)
    run(made.config, made.workspace)
    return made


@pytest.fixture(scope="module")
def folder(made: Any) -> Path:
    return Path(made.workspace.candidate)


def read(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_text())


def section(folder: Path, key: str) -> Any:
    return next(each for each in read(folder, "report.json")["sections"] if each["key"] == key)


def metric(folder: Path, name: str, part: str) -> Any:
    wanted = (name, part, "patient", None)
    return next(
        each
        for each in read(folder, "metrics.json")["metrics"]
        if (each["id"], each["part"], each["unit"], each["group"]) == wanted
    )


def test_the_first_screen_says_both_numbers_side_by_side(folder: Path) -> None:
    facts = section(folder, "brief")["facts"]
    test, external = metric(folder, "auroc", "test"), metric(folder, "auroc", "external")
    assert (facts["headline"]["value"], facts["external"]["value"]) == (test["value"], external["value"])
    assert external["patients"] == 120 and external["low"] < external["value"] < external["high"]
    html = words((folder / "report.html").read_text(encoding="utf-8"))
    assert f"another source <b>{external['value']:.3f}</b>" in html
    assert f"{external['low']:.3f}-{external['high']:.3f}" in html
    assert "Another source was measured beside the test part" in html


def test_every_number_of_the_part_has_its_row_with_counts_and_method(folder: Path) -> None:
    rows = section(folder, "external")["tables"]["rows"]
    sensitivity = next(row["external"] for row in rows if row["label"] == "Sensitivity")
    predicted = [
        line.split(",")
        for line in (folder / "predictions.csv").read_text().splitlines()
        if ",external," in line
    ]
    assert len({row[1] for row in predicted}) == 120
    stored = metric(folder, "sensitivity", "external")
    assert (sensitivity["numerator"], sensitivity["denominator"]) == (
        stored["numerator"],
        stored["denominator"],
    )
    assert all(row["external"]["method"] for row in rows if row["external"]["value"] is not None)
    assert section(folder, "external")["facts"]["patients"]["value"] == 120


def test_the_operating_table_the_population_the_flow_and_the_card_have_the_part(folder: Path) -> None:
    operating = {row["label"]: row for row in section(folder, "operating")["tables"]["metrics"]}
    assert (
        operating["Sensitivity"]["external"]["denominator"]
        == metric(folder, "sensitivity", "external")["denominator"]
    )
    assert section(folder, "population")["words"]["parts"] == ["train", "validation", "test", "external"]
    flow = {row["part"]: row["patients"]["value"] for row in section(folder, "flow")["tables"]["parts"]}
    assert flow["external"] == 120
    card = (folder / "model_card.md").read_text(encoding="utf-8")
    assert "| Another source | Patients there |" in card
    assert f"{metric(folder, 'auroc', 'external')['value']:.3f}" in card
    assert not any("another hospital" in row["text"] for row in read(folder, "report.json")["limitations"])


def test_the_roc_chart_has_the_curve_of_the_other_source_with_its_number_of_patients(folder: Path) -> None:
    drawn = section(folder, "roc")["charts"]["roc"]["curves"]
    assert sorted(curve["part"] for curve in drawn) == ["external", "test", "validation"]
    stored = {curve["part"]: curve for curve in read(folder, "metrics.json")["curves"]["roc"]}
    html = (folder / "report.html").read_text(encoding="utf-8")
    for part in ("test", "external"):
        patients = stored[part]["patients"]
        assert f"{part.capitalize()}, n = {patients}<" in html
    assert stored["external"]["patients"] == 120
    told = metric(folder, "auroc", "external")
    assert section(folder, "roc")["facts"]["auroc_external"]["value"] == told["value"]
    number = f"{told['value']:.3f} ({told['low']:.3f}-{told['high']:.3f}), 120"
    assert f"another source {number}" in words(html)


def test_the_other_thresholds_end_with_the_one_in_use_on_another_source(folder: Path) -> None:
    points = section(folder, "operating")["tables"]["points"]
    [last] = [row for row in points if row.get("elsewhere")]
    assert last == points[-1] and last["in_use"]
    stored = metric(folder, "sensitivity", "external")
    assert (
        last["sensitivity"]["part"],
        last["sensitivity"]["numerator"],
        last["sensitivity"]["denominator"],
    ) == (
        "external",
        stored["numerator"],
        stored["denominator"],
    )
    html = words((folder / "report.html").read_text(encoding="utf-8"))
    assert "in use, on another source" in html and "(in the last row of another source)" in html


def test_scans_that_the_cohort_left_out_for_being_of_the_other_source_are_told(made: Any) -> None:
    workspace = made.workspace
    artifacts = reading.read(
        made.config, candidate=workspace.candidate, ledgers=workspace.ledgers, champion=None
    )
    reasons = {"external_answer_unknown": 7, "external_in_other_part": 2, "label_empty": 4}
    flow = replace(artifacts.cohort.flow, excluded=reasons)
    told = external.build(replace(artifacts, of_cohort=replace(artifacts.cohort, flow=flow)))
    cohort = [row for row in told.tables["left_out"] if row["reason"].startswith("by the cohort")]
    assert [(row["count"].value, row["unit"]) for row in cohort] == [(7, "case"), (2, "case")]
    assert "an answer that no scan of the first source has" in cohort[0]["reason"]


def test_without_another_source_the_page_says_so_and_to_expect_less(candidate: Any, tmp_path: Path) -> None:
    run(candidate.config, candidate.workspace)
    made = Path(candidate.workspace.candidate)
    assert "external" not in section(made, "brief")["facts"]
    assert "n = " not in (made / "report.html").read_text(encoding="utf-8").partition('id="roc"')[2][:20000]
    assert section(made, "external")["status"] == "not_available"
    assert section(made, "warnings")["words"]["source"].endswith("expect less elsewhere.")
    assert "expect less elsewhere" in (made / "model_card.md").read_text(encoding="utf-8")
