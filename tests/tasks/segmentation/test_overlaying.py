"""Which cases are shown with their outlines, and which bits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from invented_masks import NAMES, cells, frame, row

from pipeline.bits import Bits
from pipeline.contracts import targets
from pipeline.contracts.predictions import Origin
from pipeline.records import Case, Geometry, Stored
from pipeline.statistics.vectors import Flags
from pipeline.tasks.segmentation.answers import Frozen
from pipeline.tasks.segmentation.asking import Marked
from pipeline.tasks.segmentation.overlaying import overlays
from pipeline.tasks.segmentation.predictions import of_frame
from pipeline.tasks.segmentation.structures import Structures

QUESTION = Structures(NAMES)


class Known(Marked):
    """A case whose masks are known without a file."""

    def predicted(self) -> Bits:
        return np.array([[1, 2, 0, 1]], np.uint8)

    def truth(self, name: str) -> Flags:
        return np.array([[name == NAMES[0], name == NAMES[1], False, False]])


def known() -> Known:
    stored = Stored("shard", 0, 0, "<f4", (1, 4), 0)
    scan = Case("c", "p", "s", "s", "MR", "arbitrary", 1, Geometry((1.0, 1.0)), stored, "")
    return Known(scan, QUESTION, None, {}, Path())


def chosen(rows: list[dict[str, str]]) -> list[tuple[str, str]]:
    table = of_frame(frame(rows), NAMES, Origin("table", range(len(rows)))).frame
    outputs = {str(case_id): known() for case_id in table["case_id"]}
    return [(each.kind, each.case_id) for each in overlays(table, outputs, question=QUESTION, fixed=Frozen())]


def of_dice(*dice: float) -> list[dict[str, str]]:
    return [row(f"c{n:02d}", f"p{n:02d}", cells(value), cells(value)) for n, value in enumerate(dice)]


def test_the_three_worst_the_median_and_the_best_are_shown() -> None:
    rows = of_dice(0.9, 0.1, 0.5, 0.3, 0.8, 0.2, 0.6, 0.7, 0.4)
    assert chosen(rows) == [
        ("worst", "c01"), ("worst", "c05"), ("worst", "c03"), ("median", "c02"), ("best", "c00"),
    ]  # fmt: skip


def test_of_few_patients_each_is_shown_once() -> None:
    assert chosen(of_dice(0.9)) == [("worst", "c00")]
    assert chosen(of_dice(0.9, 0.5)) == [("worst", "c01"), ("best", "c00")]
    assert chosen(of_dice(0.9, 0.5, 0.7)) == [("worst", "c01"), ("median", "c02"), ("best", "c00")]


def test_a_patient_with_several_scans_is_shown_by_the_worst() -> None:
    rows = of_dice(0.9, 0.1, 0.5, 0.2)
    rows[3] = rows[3] | {"patient_id": "p01"}
    assert [case_id for _, case_id in chosen(rows)] == ["c01", "c02", "c00"]


def test_the_scan_that_counts_for_a_patient_sets_the_place_in_the_order() -> None:
    rows = of_dice(0.9, 0.5, 0.6, 0.7, 0.65)
    rows[1] = rows[1] | {"patient_id": "p00"}  # the best patient's other scan is the worst of all
    assert chosen(rows) == [("worst", "c01"), ("median", "c04"), ("best", "c03")]


def test_the_largest_inventions_are_shown_of_patients_who_are_not_shown_yet() -> None:
    absent = [row(f"d{n}", f"q{n}", cells(None, said=0.1 * (n + 1)), cells(None, said=0.0)) for n in range(3)]
    shown = chosen([*of_dice(0.9, 0.5), *absent])
    assert shown[2:] == [("invented", "d2"), ("invented", "d1")]


def test_training_cases_are_not_shown() -> None:
    rows = [each | {"part": "train"} for each in of_dice(0.9, 0.1)]
    assert chosen(rows) == []


def test_the_bits_are_those_of_the_masks_and_those_that_are_measured() -> None:
    table = of_frame(frame(of_dice(0.5)), NAMES, Origin("table", [2])).frame
    (each,) = overlays(table, {"c00": known()}, question=QUESTION, fixed=Frozen(largest=(NAMES[0],)))
    assert each.truth().tolist() == [[1, 2, 0, 0]]
    assert each.said().tolist() == [[1, 2, 0, 0]]
    assert (each.score, each.told) == (0.5, "anterior 0.500, posterior 0.500")


def test_what_is_missed_or_invented_is_told_in_words() -> None:
    rows = [row("c00", "p00", cells(0.0, 3.0, 0.0), cells(None, said=1.0))]
    table: pd.DataFrame = of_frame(frame(rows), NAMES, Origin("table", [2])).frame
    assert targets.parted(str(table["truth"][0]), 2) == ["1", "0"]
    (each,) = overlays(table, {"c00": known()}, question=QUESTION, fixed=Frozen())
    assert each.told == "anterior missed, posterior invented"
