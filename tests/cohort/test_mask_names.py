"""A mask whose name doesn't say so is read as a scan; that it may be one is told by where it lies."""

from __future__ import annotations

from pipeline.cohort.exclusions import Exclusion
from pipeline.cohort.masks import by_another_name, label_by_masks
from pipeline.records import Case, Geometry, Stored
from pipeline.tasks.segmentation.target import Marks

HERE = ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0), (0.0, 0.0, 0.0, 1.0))
AWAY = ((1.0, 0.0, 0.0, 5.0), *HERE[1:])


def case(name: str, patient: str, affine=HERE, shape: tuple[int, ...] = (3, 4, 5)) -> Case:
    stored = Stored("shard-00000.npy", 0, 60, "|u1", shape, 0)
    geometry = Geometry((1.0, 1.0, 1.0), affine=affine)
    return Case(name, patient, "", "", "MR", "arbitrary", 1, geometry, stored, "")


def told(*cases: Case, marked: tuple[str, ...] = ()) -> list[tuple[str, int, tuple[str, ...]]]:
    marks = {name: {"lung": "1"} for name in marked}
    reader = Marks(("lung",), ("lung",), {"lung": ("lung",)})
    labels = label_by_masks(
        {"z": {"lung": "1"}, **marks}, reader, case_ids={"z", *(c.case_id for c in cases)}
    )
    notices = by_another_name({one.case_id: one for one in cases}, labels.exclusions)
    return [(notice.kind, notice.count, notice.case_ids) for notice in notices]


def test_a_scan_without_a_mask_on_the_grid_of_another_of_its_patient_is_told() -> None:
    both = (case("a", "p"), case("b", "p"), case("c", "q"))
    assert told(*both) == [("mask_by_another_name", 2, ("a", "b"))]
    assert told(*both, marked=("a",)) == [("mask_by_another_name", 1, ("b",))]


def test_scans_that_lie_elsewhere_or_nowhere_or_are_anothers_are_not() -> None:
    assert told(case("a", "p"), case("b", "p", affine=AWAY)) == []
    assert told(case("a", "p"), case("b", "p", shape=(3, 4, 6))) == []
    assert told(case("a", "p"), case("b", "q")) == []
    assert told(case("a", "p", affine=None), case("b", "p", affine=None)) == []
    assert told(case("a", "p"), case("b", "p"), marked=("a", "b")) == []


def test_one_whose_mask_was_refused_is_told_by_that_alone() -> None:
    refused = [Exclusion("a", "without_mask", "what its masks mark is unknown, as one of them was refused")]
    assert list(by_another_name({one: case(one, "p") for one in "ab"}, refused)) == []
