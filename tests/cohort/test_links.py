from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cohort.links import link_findings, link_patients

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
    assert [finding.kind for finding in link_findings(person_of, shared)] == ["placeholder_identifier"]


def test_linked_ids_are_counted() -> None:
    shared = [frozenset("ab"), frozenset("cd")]
    (finding,) = link_findings(link_patients("abcde", shared), shared)
    assert (finding.kind, finding.count) == ("linked_patients", 2)


@settings(max_examples=50, deadline=None)
@given(groups, st.randoms(use_true_random=False))
def test_persons_do_not_depend_on_the_order_of_links(shared: list[frozenset[str]], random) -> None:
    shuffled = [*shared]
    random.shuffle(shuffled)
    person_of = link_patients("abcdefgh", shared)
    assert link_patients("hgfedcba", shuffled) == person_of
    assert all(len({person_of[patient_id] for patient_id in ids}) == 1 for ids in shared)
