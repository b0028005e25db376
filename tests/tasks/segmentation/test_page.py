"""What the page of a segmentation says in words, and that its charts are drawn from what report.json holds."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from invented_masks import NAMES

from pipeline.page import canvas
from pipeline.page.facts import Fact
from pipeline.tasks.segmentation import page, remarks
from pipeline.tasks.segmentation.definitions import METRICS
from pipeline.tasks.segmentation.structures import Structures

QUESTION = Structures(NAMES)


def artifacts(**facts: Fact) -> Any:
    import pandas as pd

    return SimpleNamespace(
        metric=lambda name, *, target="": facts.get(f"{name}_{target}", Fact(name, None)),
        question=QUESTION,
        tested=pd.DataFrame(),
        unit="patient",
        part="test",
    )


def test_a_reader_is_warned_of_what_is_missed_invented_or_too_large() -> None:
    said = remarks.warnings(
        artifacts(
            missed_anterior=Fact("missed", 0.2, 0.06, 0.4),
            missed_posterior=Fact("missed", 0.1, 0.01, 0.3),
            invented_posterior=Fact("invented", 0.5, 0.2, 0.8),
            volume_bias_anterior=Fact("volume_bias", 0.5, 0.2, 0.8),
            volume_bias_posterior=Fact("volume_bias", -0.5, -0.8, 0.1),
        )
    )
    assert [row["text"] for row in said] == [
        "“anterior” is shown to be missed in more than 5\u202f% of patients",
        "Volumes of “anterior” are too large on the whole: the interval of the bias excludes 0",
        "“posterior” is shown to be invented in more than 5\u202f% of patients",
    ]


def test_the_lead_tells_the_overlap_and_how_far_borders_are_off_where_nothing_was_missed() -> None:
    numbers = {
        "dice": Fact("dice", 0.871, 0.84, 0.9),
        "hd95": Fact("hd95", 2.34),
        "missed": Fact("missed", 0.0),
    }
    told = page.lead(QUESTION, "dice", numbers.__getitem__, unit="patient")
    assert told == (
        "What it marks overlaps with the reference at a Dice of 0.87 (plausibly 0.84 to 0.90) in the mean patient, "
        "where 1 is the same mask and 0 has no voxel in common; 19 of 20 places of the border are within 2.3 mm "
        "on average."
    )
    numbers["missed"] = Fact("missed", 0.1)
    assert page.lead(QUESTION, "dice", numbers.__getitem__, unit="patient").endswith(
        "In 10.0\u202f% of patients a structure was missed, which counts as 0."
    )


def test_distances_are_in_millimetres_and_volumes_in_millilitres() -> None:
    units = {name: page.measured_in(name, QUESTION) for name in METRICS}
    assert (units["hd95"], units["volume_bias"], units["dice"], units["missed"]) == ("mm", "mL", "", "")


def test_what_can_be_invented_is_in_the_first_table_where_a_structure_may_be_absent() -> None:
    assert "invented" not in page.brief(QUESTION, unit="patient")
    assert "invented" in page.brief(Structures(NAMES, may_be_absent=("anterior",)), unit="patient")


def test_cases_are_counted_by_each_structure() -> None:
    first, second = page.population(["1|1", "1|0", "|1"], QUESTION)
    assert (first.heading, list(first.of_cases)) == ("anterior", ["present", "present", "no mask"])
    assert list(second.order) == ["present", "absent"]


LINE = {"value": 0.1, "low": 0.0, "high": 0.2}
NONE = {"value": None, "low": None, "high": None}
PAIRS = {"reference": [1.0, 2.0, 3.0], "prediction": [1.5, 2.0, 2.5]}
CHARTS: dict[str, list[dict[str, Any]]] = {
    "overlaps": [
        {"rows": [{"label": "All", "values": [0.0, 0.7, 0.7], "fact": fact}, {"label": "liver", "values": [], "fact": fact}]}
        for fact in (LINE, NONE)
    ],
    "volumes": [
        {"panels": [PAIRS | {"label": f"liver {n}", "lines": dict.fromkeys(("bias", "limit_low", "limit_high"), line)}
                    for n in range(panels)]}
        for line in (LINE, NONE) for panels in (1, 4)
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(CHARTS))
def test_a_chart_names_its_structures_and_has_the_same_bytes_twice(name: str) -> None:
    assert set(CHARTS) == set(page.FIGURES)
    for data in CHARTS[name]:
        with canvas.look():
            first, second = (canvas.svg(page.FIGURES[name](data), name) for _ in range(2))
        assert first == second
        assert "liver" in first
