"""Who is in which part, counted by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd
import pytest

from pipeline.contracts.population import Group, Part, Sources
from pipeline.evaluate.population import population
from pipeline.tasks.registry import task_of

TASK = task_of("classification")


def cases(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    """Rows of a patient, a part, a label and a sex."""
    table = pd.DataFrame(rows, columns=["person_id", "part", "target", "by_sex"])
    return table.assign(case_id=[f"case-{row}" for row in range(len(rows))])


def groups(table: pd.DataFrame) -> Mapping[tuple[str, str], Group]:
    return {(group.of, group.category): group for group in population(table, TASK, None).groups}


EVERYBODY = cases(
    ("a", "train", "no", "F"), ("a", "train", "yes", "F"), ("a", "train", "yes", "F"), ("b", "train", "no", "M"),
    ("c", "train", "no", ""), ("d", "train", "no", "F"),
    ("e", "test", "yes", "F"), ("f", "test", "no", "M"),
)  # fmt: skip


def test_parts_are_counted_by_patient_and_case() -> None:
    parts = population(EVERYBODY, TASK, None).parts
    assert parts == {"train": Part(4, 6, 1.0, 3), "validation": Part(0, 0), "test": Part(2, 2, 1.0, 1)}


def test_a_patient_counts_once_in_every_group_that_a_case_of_theirs_is_in() -> None:
    found = groups(EVERYBODY)
    assert list(found) == [
        ("target", "no"), ("target", "yes"), ("by_sex", ""), ("by_sex", "F"), ("by_sex", "M"),
    ]  # fmt: skip
    assert found["target", "no"].patients == {"train": 4, "validation": 0, "test": 1}
    assert found["target", "yes"].patients == {"train": 1, "validation": 0, "test": 1}
    assert found["by_sex", "F"].patients == {"train": 2, "validation": 0, "test": 1}
    assert (found["by_sex", "F"].heading, found["target", "no"].heading) == ("Sex", "Label")


def test_shares_are_of_the_patients_of_the_part_and_their_difference_is_standardised() -> None:
    found = groups(EVERYBODY)["target", "yes"]
    assert found.shares == {"train": 0.25, "validation": None, "test": 0.5}
    assert found.difference == pytest.approx(0.25 / math.sqrt((0.25 * 0.75 + 0.5 * 0.5) / 2))
    assert groups(EVERYBODY)["by_sex", "F"].difference == 0.0


def test_all_of_one_part_and_none_of_the_other_have_no_difference_that_can_be_told() -> None:
    table = cases(("a", "train", "no", "F"), ("b", "test", "no", "M"))
    assert groups(table)["by_sex", "F"].difference is None
    assert groups(table)["target", "no"].difference == 0.0


def test_without_a_test_part_nothing_differs() -> None:
    assert groups(cases(("a", "train", "no", "F")))["by_sex", "F"].difference is None


SITED = cases(
    ("a", "train", "no", "F"), ("b", "train", "no", "F"), ("c", "test", "yes", "F"), ("d", "external", "yes", "F"),
).assign(by_site=["A", "B", "A", "C"])  # fmt: skip


def test_a_part_of_another_source_is_counted_and_decides_how_far_the_result_reaches() -> None:
    counted = population(SITED, TASK, None, external_patients=1)
    assert counted.parts["external"] == Part(1, 1, 1.0, 1)
    assert counted.sources == Sources("external", "site", {"train": 2, "validation": 0, "test": 1}, 0, 1)


@pytest.mark.parametrize(
    ("sites", "expected"),
    [
        (["A", "B", "A", "C"], Sources("all_in_training", "site", {"train": 2, "validation": 0, "test": 1})),
        (["A", "A", "B", "C"], Sources("new_in_test", "site", {"train": 1, "validation": 0, "test": 1}, 1)),
        (["A", "A", "A", "C"], Sources("one_source", "site", {"train": 1, "validation": 0, "test": 1})),
        (["", "", "A", "C"], Sources("unknown", "site", {"train": 0, "validation": 0, "test": 1})),
        (["A", "B", "", "C"], Sources("unknown", "site", {"train": 2, "validation": 0, "test": 0})),
        (["", "", "", ""], Sources("unknown")),
    ],
)
def test_without_a_measured_patient_of_elsewhere_the_sites_of_training_and_test_decide(
    sites: list[str], expected: Sources
) -> None:
    assert population(SITED.assign(by_site=sites), TASK, None).sources == expected


def test_a_site_of_validation_alone_is_not_said_to_be_in_training_and_takes_nothing_from_the_test_part() -> (
    None
):
    table = cases(("a", "train", "no", "F"), ("b", "validation", "no", "F"), ("c", "test", "yes", "F"))
    numbers = {"train": 1, "validation": 1, "test": 1}
    found = [population(table.assign(by_site=list(sites)), TASK, None).sources for sites in ("ABA", "AAB")]
    assert found == [Sources("all_in_training", "site", numbers), Sources("new_in_test", "site", numbers, 1)]
