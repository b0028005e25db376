"""IDs that are one but for an issuer or letters: one person where a name or birth date agrees, else told."""

from __future__ import annotations

from typing import Any

import pytest
from cohort_files import notices, rows

from pipeline.cohort import run

FORMS = [
    ("issued_id", "unissued_id"),
    ("lettered_number", "bare_number"),
    ("retyped_id", "unissued_id"),
    ("retyped_id", "issued_id"),
]
Words = tuple[tuple[str, str], ...]


def persons(study: Any, scan: Any, first: Words, second: Words, *cohort: str, sexes: str = "") -> set[str]:
    """The persons of two patients, P000 and P002 of 60, whose files have these words besides."""
    also = {0: first, 2: second}
    sex = {at: (("patient_sex", letter),) for at, letter in zip((0, 2), sexes, strict=False)}
    study.add(
        *(scan(f"1.{n}", f"P{n:03d}", also=also.get(n, ()), attributes=sex.get(n, ())) for n in range(60))
    )
    study.table("uid,label", *(f"1.{n},{('well', 'sick')[n % 2]}" for n in range(60)))
    run(study.config(*cohort), study.workspace)
    cases = {study.case_id("1.0"), study.case_id("1.2")}
    return {row["person_id"] for row in rows(study) if row["case_id"] in cases}


@pytest.mark.parametrize(("one", "other"), FORMS)
@pytest.mark.parametrize("word", ["birth_date", "person_name"])
def test_they_are_one_person_where_a_name_or_a_birth_date_agrees(
    word: str, one: str, other: str, study: Any, scan: Any
) -> None:
    found = persons(study, scan, ((one, "17"), (word, "same")), ((other, "17"), (word, "same")))
    assert len(found) == 1
    assert notices(study)["linked_patients"] == 1 and "doubtful_ids" not in notices(study)


def test_a_reason_in_the_settings_leaves_them_apart(study: Any, scan: Any) -> None:
    first, second = (((form, "17"), ("birth_date", "same")) for form in FORMS[0])
    assert len(persons(study, scan, first, second, "accept: {one_person: twins}")) == 2


@pytest.mark.parametrize(("one", "other"), FORMS)
def test_they_stay_two_and_are_told_where_nothing_can_be_compared(
    one: str, other: str, study: Any, scan: Any
) -> None:
    assert len(persons(study, scan, ((one, "17"),), ((other, "17"),))) == 2
    assert notices(study)["doubtful_ids"] == 1


@pytest.mark.parametrize(
    ("first", "second", "sexes"),
    [
        ((("birth_date", "one"),), (("birth_date", "another"),), ""),
        (
            (("birth_date", "one"), ("person_name", "A")),
            (("birth_date", "another"), ("person_name", "A")),
            "",
        ),
        ((("person_name", "A"),), (("person_name", "A"),), "FM"),
        ((), (), "FM"),
        ((("person_name", "A"),), (("person_name", "B"),), ""),
    ],
)
def test_two_people_whose_headers_tell_them_apart_are_not_told(
    first: Words, second: Words, sexes: str, study: Any, scan: Any
) -> None:
    one, other = FORMS[0]
    found = persons(study, scan, ((one, "17"), *first), ((other, "17"), *second), sexes=sexes)
    assert len(found) == 2 and "doubtful_ids" not in notices(study)


@pytest.mark.parametrize("form", [*{form: None for forms in FORMS for form in forms}])
def test_two_ids_of_one_form_say_nothing_of_each_other(form: str, study: Any, scan: Any) -> None:
    same = ((form, "17"), ("birth_date", "same"))
    assert len(persons(study, scan, same, same)) == 2
    assert "doubtful_ids" not in notices(study)


def test_numbers_that_meet_by_chance_are_not_told(study: Any, scan: Any) -> None:
    """Of two pairs one is of two birth dates: so the other may well be two people, too."""
    one, other = FORMS[1]
    also = {
        0: ((one, "17"), ("birth_date", "a")), 2: ((other, "17"), ("birth_date", "b")),
        4: ((one, "18"),), 6: ((other, "18"),),
    }  # fmt: skip
    study.add(*(scan(f"1.{n}", f"P{n:03d}", also=also.get(n, ())) for n in range(60)))
    study.table("uid,label", *(f"1.{n},{('well', 'sick')[n % 2]}" for n in range(60)))
    run(study.config(), study.workspace)
    assert "doubtful_ids" not in notices(study)
