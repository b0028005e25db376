"""The page of a segmentation as it is written: every section, and the outlines on their planes."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from invented_masks import drawn
from page_rules import problems

from pipeline.contracts import insights
from pipeline.contracts.insights import Outlined, Plane
from pipeline.evaluate.score import score
from pipeline.foreign import Columns, read
from pipeline.page.artifacts import Artifacts
from pipeline.report import document, page, table
from pipeline.tasks.segmentation.sections import outlines


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Artifacts:
    folder = tmp_path_factory.mktemp("masks")
    frame = drawn(40)
    frame.loc[3, "status"] = "failed"
    for name in ("anterior", "posterior"):
        frame.loc[
            3, [f"{measure}_{name}" for measure in ("dice", "nsd", "volume_predicted_ml", "predicted")]
        ] = "0"
    frame.to_csv(folder / "masks.csv", index=False)
    foreign = read(folder / "masks.csv", Columns())
    score(foreign, folder)
    return table.read(foreign, folder)


def test_every_section_of_a_table_is_there_and_counts_agree(artifacts: Artifacts) -> None:
    body = document.build_of_table(artifacts)
    sections = {section["key"]: section for section in body["sections"]}
    assert {"structures", "presence", "overlaps", "borders", "volumes", "subgroups"} <= set(sections)
    text = re.sub(r"<[^>]+>", "", page.html(body, {}))
    assert "40 patients (40 cases)" in text
    assert "4 of 36" in text  # missed of the posterior: three drawn, and one that failed
    assert "2 of 4" in text  # invented
    assert "1 patient with a failed prediction is among the missed" in text
    rows = sections["presence"]["tables"]["rows"]
    assert [row["missed_count"]["value"] for row in rows] == [4, 1, 4]


def test_each_structure_has_its_row_with_n_interval_and_method(artifacts: Artifacts) -> None:
    body = document.build_of_table(artifacts)
    rows = next(section for section in body["sections"] if section["key"] == "structures")["tables"]["rows"]
    assert [row["label"] for row in rows] == ["anterior", "posterior"]
    for row in rows:
        for name in ("dice", "nsd", "hd95", "volume_bias"):
            fact = row[name]
            assert fact["patients"]
            assert fact["rule"]
            assert fact["low"] < fact["value"] < fact["high"]


def test_outlines_lie_on_their_picture_with_sides_slice_and_legend(artifacts: Artifacts) -> None:
    plane = Plane("axial", "outline_000_0", 14, 24, 30.0, 5.0, 0.0, 20.0, 30.0, ("R", "L", "A", "P"))
    item = Outlined(
        "worst", "0123456789abcdef", "p", 0.25, "anterior 0.250", ("anterior",), window=(-160.0, 240.0),
        value_unit="HU", in_mm=True, planes=(plane,),
    )  # fmt: skip
    marks = np.array([[0, 1], [0, 0], [0, 0]], np.uint8)
    pictures = {
        "outline_000_0": np.full((3, 2), 90, np.uint8),
        "outline_000_0_truth": marks,
        "outline_000_0_said": np.roll(marks, 1, axis=0),
    }
    looked = insights.Insights(
        insights.Gallery("", "", (), insights.Checks(0)), insights.Filters("", ""), insights.Field(reason="x"),
        outlines=(item, replace(item, kind="best", hidden="US pixels", planes=())),
    )  # fmt: skip
    section = outlines.build(replace(artifacts, insights=looked, pictures=pictures))
    body = document.build_of_table(artifacts)
    body["sections"].append(section.to_json())
    body["chapters"].append({"title": "Looking inside", "keys": ["outlines"]})
    html = page.html(body, pictures)
    assert '<path class="truth" d="M1 0H2V1H1V0Z"/>' in html
    assert '<path class="said" d="M1 1H2V2H1V1Z"/>' in html
    assert "translate(5.0 0.0) scale(10.0 10.0)" in html
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
    assert re.search(r"Axial, slice 14 of 24", text)
    for words in ("marked by the model", "Not shown: US pixels", "The worst", "The best", "HU", "10 mm"):
        assert words in text
    assert re.search(r'class="edge left">R<.*class="edge right">L<', html)


def test_the_page_keeps_the_rules_of_all_pages(artifacts: Artifacts) -> None:
    assert problems(page.html(document.build_of_table(artifacts), {})) == []
