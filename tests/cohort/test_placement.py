from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cohort.parts import Placed
from pipeline.cohort.placement import Draw, Persons, ledger_notices, part_of_person, place
from pipeline.cohort.published import Published
from pipeline.records import PARTS

SHARES = {"train": 0.70, "validation": 0.15, "test": 0.15}
MIDDLES = {"train": 0.3, "validation": 0.8, "test": 0.9}


def persons(*names: str, **linked: tuple[str, ...]) -> Persons:
    everyone = {name: (name,) for name in names} | linked
    return Persons(dict.fromkeys(everyone, "sick"), everyone)


def draw(era: int = 1, **positions: float) -> Draw:
    return Draw(SHARES, positions, era)


def published(**parts: str) -> Published:
    """A table with one scan a person; two parts are written with a `+`."""
    of_person = {person: frozenset(words.split("+")) for person, words in parts.items()}
    return Published("split", of_person, of_person, {person: person for person in parts})


def test_the_ledger_wins_over_table_shares_and_positions() -> None:
    ledger = {"P": Placed("test", 1, "first_draw")}
    table = published(P="train", Q="validation", R="test", S="train")
    placed = place(persons("P"), ledger, published=table, draw=draw(2, P=0.0))
    assert placed == ledger
    assert [notice.kind for notice in ledger_notices(table, ledger)] == ["part_differs_from_ledger"]


def test_a_later_patient_is_placed_by_position_alone() -> None:
    ledger = {"P": Placed("train", 1, "first_draw")}
    placed = place(persons("P", "Q"), ledger, published=None, draw=draw(3, P=0.0, Q=0.9))
    assert placed["Q"] == Placed("test", 3, "hash")


def test_a_later_patient_of_a_complete_table_is_placed_by_the_table() -> None:
    ledger = {"P": Placed("train", 1, "table")}
    table = published(P="train", Q="validation", R="test")
    placed = place(persons("P", "Q"), ledger, published=table, draw=draw(2, P=0.0, Q=0.9))
    assert placed["Q"] == Placed("validation", 2, "table")


def test_a_table_without_a_test_part_keeps_no_later_patient_out_of_it() -> None:
    ledger = {"P": Placed("train", 1, "table")}
    table = published(P="train", Q="train", R="validation")
    placed = place(persons("P", "Q"), ledger, published=table, draw=draw(2, P=0.0, Q=0.9))
    assert placed["Q"] == Placed("test", 2, "hash")
    assert ledger_notices(table, {"P": Placed("test", 1, "first_draw")}) == []


def test_a_first_draw_follows_the_table_and_says_what_it_drew_itself() -> None:
    names = [f"p{number}" for number in range(10)]
    table = published(**dict.fromkeys(names[:8], "train"), p8="validation", p9="validation")
    positions = {name: number / 10 for number, name in enumerate(names)}
    placed = place(persons(*names), {}, published=table, draw=draw(**positions))
    assert placed["p8"] == Placed("validation", 1, "table")
    # 15 % of ten patients, rounded to even: the last two of train by position.
    assert [name for name in names if placed[name] == Placed("test", 1, "first_draw")] == ["p6", "p7"]


def test_a_table_that_overlaps_is_set_aside_for_good() -> None:
    names = [f"p{number}" for number in range(20)]
    table = published(**dict.fromkeys(names[1:], "train"), p0="train+test")
    positions = {name: number / 20 for number, name in enumerate(names)}
    first = place(persons(*names), {}, published=table, draw=draw(**positions))
    assert {placed.why for placed in first.values()} == {"redraw"}
    assert sum(placed.part == "train" for placed in first.values()) == 14
    complete = published(q="validation", p1="train", p2="test")
    later = place(persons(*names, "q"), first, published=complete, draw=draw(2, **positions, q=0.9))
    assert later["q"] == Placed("test", 2, "hash")
    assert ledger_notices(complete, first) == []


def test_a_new_id_of_a_known_person_gets_the_persons_part() -> None:
    ledger = {"P": Placed("validation", 1, "first_draw")}
    placed = place(persons(P=("P", "Q")), ledger, published=None, draw=draw(2, P=0.9))
    assert placed == {"P": ledger["P"], "Q": Placed("validation", 2, "link")}


def test_linked_ids_in_two_parts_keep_theirs_and_the_person_is_in_the_one_learnt_from() -> None:
    ledger = {"P": Placed("test", 1, "first_draw"), "Q": Placed("train", 1, "first_draw")}
    placed = place(persons(P=("P", "Q")), ledger, published=None, draw=draw(2, P=0.9))
    assert placed == ledger
    assert part_of_person(("P", "Q"), placed) == "train"


@pytest.mark.parametrize(("one", "other"), list(itertools.permutations(PARTS, 2)))
def test_a_new_id_of_a_person_in_two_parts_is_placed_where_the_person_counts(one: str, other: str) -> None:
    ledger = {"P": Placed(one, 1, "first_draw"), "Q": Placed(other, 1, "first_draw")}
    placed = place(persons(P=("P", "Q", "R")), ledger, published=None, draw=draw(2, P=0.9))
    counts = next(part for part in ("train", "validation", "test") if part in (one, other))
    assert placed == {**ledger, "R": Placed(counts, 2, "link")}
    assert part_of_person(("P", "Q", "R"), placed) == counts


@settings(max_examples=40)
@given(
    st.dictionaries(st.text("abc", min_size=1, max_size=3), st.sampled_from(PARTS), min_size=1, max_size=12),
    st.integers(0, 12),
)
def test_no_patient_ever_changes_part_however_the_scans_arrive(arrivals: dict[str, str], first: int) -> None:
    names = list(arrivals)
    positions = {name: MIDDLES[part] for name, part in arrivals.items()}
    early, ledger = names[:first], {}
    if early:
        ledger = place(persons(*early), {}, published=None, draw=draw(1, **positions))
    grown = place(persons(*names), ledger, published=None, draw=draw(2, **positions))
    again = place(persons(*names), grown, published=None, draw=draw(3, **positions))
    assert again == grown
    assert all(grown[name] == ledger[name] for name in early)
