"""Namesakes born on one day: told from one person under two IDs by how many there are."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.cohort.namesakes import Namesakes, namesakes


def grouped(words: list[str]) -> dict[str, set[str]]:
    """The patients of each word, one a patient."""
    groups: dict[str, set[str]] = {}
    for number, word in enumerate(words):
        groups.setdefault(word, set()).add(f"p{number}")
    return groups


def drawn(patients: int, names: int, days: int, copies: int = 0) -> Namesakes:
    """Patients with names and birth dates drawn evenly, the last `copies` being the first under other IDs."""
    generator = np.random.default_rng(3)
    people = [
        (str(generator.integers(names)), str(generator.integers(days))) for _ in range(patients - copies)
    ]
    people += people[:copies]
    both = ["|".join(person) for person in people]
    named, dated = (list(words) for words in zip(*people, strict=True))
    return namesakes(grouped(both), grouped(named), grouped(dated), most=3)


def test_the_expected_number_is_that_of_pairs_of_one_name_times_the_share_born_on_one_day() -> None:
    # three of one name: 3 pairs; of 4 patients 2 are born on one day: 2 of 12 ordered pairs
    found = namesakes(
        {}, {"a": {"1", "2", "3"}, "b": {"4"}}, {"x": {"1", "4"}, "y": {"2"}, "z": {"3"}}, most=3
    )
    assert found.expected == pytest.approx(3 * 2 / 12)


def test_as_many_namesakes_as_chance_brings_together_are_told_and_not_taken_for_one_person() -> None:
    found = drawn(3700, names=320, days=1300)
    assert found.expected == pytest.approx(3700**2 / 2 / 320 / 1300, rel=0.05)
    assert found.by_chance
    [notice] = found.notices()
    assert (notice.kind, notice.count) == ("namesakes", found.pairs)
    assert f"as about {found.expected:.0f} would by chance" in notice.detail


@pytest.mark.parametrize(("patients", "copies"), [(300, 3), (3700, 40)])
def test_more_than_chance_brings_together_are_one_person_each(patients: int, copies: int) -> None:
    found = drawn(patients, names=320, days=1300, copies=copies)
    assert not found.by_chance
    assert found.notices() == []


def test_without_a_pair_there_is_nothing_to_explain() -> None:
    assert not Namesakes(0, 5.0).by_chance
