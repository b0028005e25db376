from __future__ import annotations

import itertools

from pipeline.cohort.duplicates import (
    copies_across_parts,
    duplicate_notices,
    exclude_copies,
    find_copies,
)
from pipeline.cohort.join import Join
from pipeline.cohort.outputs import Cohort, Row, summed
from pipeline.cohort.sources import Scans
from pipeline.records import Case, Geometry, Stored
from pipeline.tasks.classification.classes import Classes
from pipeline.tasks.registry import task_of


def case(case_id: str, patient_id: str, pixels: str, shape: tuple[int, ...] = (2, 2)) -> Case:
    return Case(
        case_id=case_id,
        patient_id=patient_id,
        study_id="s",
        series_id="e",
        modality="CT",
        value_unit="HU",
        channels=1,
        geometry=Geometry((1.0, 1.0)),
        stored=Stored("x", 0, 4, "|u1", shape, 0),
        pixel_digest=pixels,
    )


SAME = {"P": "P", "Q": "Q"}


def reasons(*cases: Case, labels: dict[str, str], persons: dict[str, str]) -> dict[str, str]:
    exclusions = exclude_copies(find_copies(cases), labels, persons)
    return {exclusion.case_id: exclusion.reason for exclusion in exclusions}


def test_of_one_patients_copies_the_first_by_pseudonym_stays_in_any_order() -> None:
    cases = [case("c3", "P", "x"), case("c1", "P", "x"), case("c2", "P", "x"), case("c4", "P", "y")]
    labels = dict.fromkeys(["c1", "c2", "c3", "c4"], "sick")
    for order in itertools.permutations(cases):
        assert reasons(*order, labels=labels, persons=SAME) == {
            "c2": "duplicate_pixels",
            "c3": "duplicate_pixels",
        }


def test_pixels_that_two_patients_claim_are_left_out_for_both() -> None:
    cases = [case("c1", "P", "x"), case("c2", "Q", "x")]
    labels = {"c1": "sick", "c2": "sick"}
    assert reasons(*cases, labels=labels, persons=SAME) == {
        "c1": "patient_conflict",
        "c2": "patient_conflict",
    }


def test_two_ids_of_one_person_are_no_conflict() -> None:
    cases = [case("c1", "P", "x"), case("c2", "Q", "x")]
    labels = {"c1": "sick", "c2": "sick"}
    assert reasons(*cases, labels=labels, persons={"P": "P", "Q": "P"}) == {"c2": "duplicate_pixels"}


def test_copies_with_two_labels_are_left_out_altogether() -> None:
    cases = [case("c1", "P", "x"), case("c2", "P", "x")]
    assert reasons(*cases, labels={"c1": "sick", "c2": "well"}, persons=SAME) == {
        "c1": "label_conflict",
        "c2": "label_conflict",
    }


def test_equal_bytes_of_another_shape_are_another_image() -> None:
    assert find_copies([case("c1", "P", "x", (2, 8)), case("c2", "P", "x", (4, 4))]) == []


def test_findings_count_groups_by_kind_and_tell_of_none_twice() -> None:
    cases = [
        case("c1", "P", "x"),
        case("c2", "P", "x"),
        case("c3", "P", "y"),
        case("c4", "Q", "y"),
        case("c5", "Q", "z"),
        case("c6", "Q", "z"),
        case("c7", "Q", "w"),
        case("c8", "Q", "w"),
    ]
    labels = dict.fromkeys(["c1", "c2", "c3", "c4", "c5", "c7", "c8"], "sick") | {"c6": "well"}
    parts = {"c1": "train", "c2": "validation", "c3": "train", "c4": "train", "c5": "train"}
    found = duplicate_notices(find_copies(cases), labels, person_of=SAME, part_of=parts)
    assert {notice.kind: notice.case_ids for notice in found} == {
        "patient_conflict": ("c3", "c4"),
        "duplicate_label_conflict": ("c5", "c6"),
        "duplicates_cross_split": ("c1", "c2"),
        "duplicate_pixels": ("c7", "c8"),
    }
    assert [notice.detail for notice in found] == [
        "1 group of identical images of several patients, left out",
        "1 group of identical images with different labels, left out",
        "1 group of identical images on both sides of the given split",
        "1 group of identical images of one patient, one of each kept",
    ]


def test_identical_images_in_two_parts_are_counted_on_the_cohort_as_it_is() -> None:
    cases = [
        *(case("c1", "P", "x"), case("c2", "Q", "x"), case("c3", "Q", "x")),
        *(case("c4", "P", "y"), case("c5", "Q", "y")),
        *(case("c6", "P", "z"), case("c7", "P", "z"), case("c8", "P", "z", (4, 1))),
    ]
    parts = {
        "c1": "train",
        "c2": "test",
        "c3": "test",
        "c4": "train",
        "c6": "train",
        "c7": "train",
        "c8": "test",
    }
    assert [group.case_ids for group in copies_across_parts(cases, parts)] == [("c1", "c2", "c3")]
    rows = [Row(name, "P", part, 1, "sick", "", {}) for name, part in parts.items()]
    cohort = Cohort(tuple(rows), (), (), task_of("classification"), Classes(("well", "sick"), "sick"))
    scans = Scans({one.case_id: one for one in cases}, {}, (), {}, 8)
    assert summed(cohort, scans, Join((), ())).images_across_parts == 1
