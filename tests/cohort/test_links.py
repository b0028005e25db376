from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cohort.links import link_notices, link_patients, read_links
from pipeline.errors import DataError
from pipeline.tables import Table

groups = st.lists(st.frozensets(st.sampled_from("abcdefgh"), min_size=2, max_size=3), max_size=6)


def test_ids_of_one_study_are_one_person() -> None:
    assert link_patients("abc", [frozenset("bc")]) == {"a": "a", "b": "b", "c": "b"}


def test_links_are_followed_through_others() -> None:
    assert link_patients("abcd", [frozenset("cd"), frozenset("bc")]) == {
        "a": "a",
        "b": "b",
        "c": "b",
        "d": "b",
    }


def test_an_identifier_of_many_patients_is_a_placeholder() -> None:
    shared = [frozenset("abcd")]
    person_of = link_patients("abcd", shared)
    assert person_of == {name: name for name in "abcd"}
    notices = link_notices(person_of, dict.fromkeys(shared, ("a study",)))
    assert [notice.kind for notice in notices] == ["placeholder_identifier"]


def test_linked_ids_are_counted() -> None:
    shared = [frozenset("ab"), frozenset("cd")]
    evidence = {shared[0]: ("a study", "name and birth date"), shared[1]: ("a study",)}
    (notice,) = link_notices(link_patients("abcde", shared), evidence)
    assert (notice.kind, notice.count) == ("linked_patients", 2)
    assert "a study: 2; name and birth date: 1" in notice.detail


KNOWN = {"P1": {"a"}, "P2": {"b", "c"}, "P3": {"d"}}


def links(*rows: tuple[str, ...], header: tuple[str, ...] = ("patient", "same as")):
    table = Table(header, rows, tuple(range(2, 2 + len(rows))))
    return read_links(table, "links.csv", patients_of=lambda value: KNOWN.get(value, set()))


def test_a_link_of_the_table_counts_for_every_issuer_and_however_many_ids() -> None:
    links_read = links(("P1", "P2"), ("P3", "P2"), ("P3", "nobody"))
    assert links_read.linked == (frozenset("abc"), frozenset("bcd"))
    assert set(link_patients("abcde", [], links_read.linked).values()) == {"a", "e"}


def test_a_link_to_nobody_is_counted_by_its_line_and_not_named() -> None:
    (notice,) = links(("P1", "P2"), ("P1", "Doe^John"), ("Q", "Doe^John")).notices()
    assert (notice.kind, notice.count) == ("link_without_scan", 2)
    assert notice.detail == "links with a patient ID that no scan has: lines 3, 4"


@pytest.mark.parametrize(
    ("rows", "header", "message"),
    [
        ([("P1", "P2", "x")], ("a", "b", "c"), "links.csv, line 1: 3 columns"),
        ([("P2", "P3")], ("P1", "P2"), "links.csv, line 1: a patient ID in place of a header"),
        ([("P1", "P2"), ("P1", "")], ("a", "b"), "links.csv, line 3: a link needs two patient IDs"),
    ],
)
def test_a_table_that_is_not_links_is_told_with_its_line(rows, header, message: str) -> None:
    with pytest.raises(DataError, match=message):
        links(*rows, header=header)


@settings(max_examples=50)
@given(groups, st.randoms(use_true_random=False))
def test_persons_do_not_depend_on_the_order_of_links(shared: list[frozenset[str]], random) -> None:
    shuffled = [*shared]
    random.shuffle(shuffled)
    person_of = link_patients("abcdefgh", shared)
    assert link_patients("hgfedcba", shuffled) == person_of
    assert all(len({person_of[patient_id] for patient_id in ids}) == 1 for ids in shared)
