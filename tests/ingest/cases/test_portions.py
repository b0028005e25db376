"""Portions of a run: series and copies stay together, and nothing but names decides where one ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ingest.cases import portions as module
from pipeline.ingest.cases.portions import _sets, portions

NAMES = st.sampled_from(["", *(f"s{number}" for number in range(12))])
FILES = st.dictionaries(st.integers(0, 400).map(str), st.lists(NAMES, max_size=3).map(tuple), max_size=60)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MEAN_FILES", 4)


@given(FILES)
def test_every_file_is_in_one_portion_and_no_name_in_two(files: dict[str, tuple[str, ...]]) -> None:
    made = list(portions(files, files=60))
    assert sorted(token for portion in made for token in portion) == sorted(files)
    assert all(made)
    seen: set[str] = set()
    for portion in made:
        own = {name for token in portion for name in files[token] if name}
        assert not own & seen
        seen |= own


@given(FILES, st.randoms())
def test_neither_the_order_nor_files_of_no_image_change_the_portions(
    files: dict[str, tuple[str, ...]], random: object
) -> None:
    def of_images(made: list[list[str]]) -> list[set[str]]:
        sets = [{token for token in portion if any(files.get(token, ()))} for portion in made]
        return [tokens for tokens in sets if tokens]

    shuffled = list(files.items())
    random.shuffle(shuffled)
    more = {f"junk {number}": ("", "") for number in range(9)}
    assert of_images(list(portions(files, files=60))) == of_images(
        list(portions({**more, **dict(shuffled)}, files=60))
    )


@given(FILES, st.sets(st.integers(0, 11)))
def test_what_an_interrupted_run_left_falls_into_the_same_portions(
    files: dict[str, tuple[str, ...]], done: set[int]
) -> None:
    """Series are done in the order of their cases, which is another than that of their names."""
    made = list(portions(files, files=60))
    whole = [{token for token in portion if any(files[token])} for portion in made]
    sets = list(_sets(files)[0].values())
    left = {token: files[token] for number, own in enumerate(sets) if number not in done for token in own}
    expected = [portion & left.keys() for portion in whole]
    assert [set(portion) for portion in portions(left, files=60)] == [own for own in expected if own]


def test_files_that_share_names_by_others_are_together() -> None:
    chain = {"1": ("a", "b"), "2": ("b", "c"), "3": ("d", "c"), "4": ("e", "")}
    together = next(portion for portion in portions(chain, files=60) if "1" in portion)
    assert {"1", "2", "3"} <= set(together)
