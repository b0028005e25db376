"""One analysis a fold: all draw the same folds, each patient is tested in one, and no fold becomes another."""

from __future__ import annotations

import csv
import random
import shutil
from collections import Counter

import pytest
from cohort_files import parts, parts_ledger
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cohort import run
from pipeline.cohort.parts import Fold, Placed, first_folds, positions
from pipeline.cohort.placement import Draw, Persons, place
from pipeline.config import load
from pipeline.errors import ConfigError, DataError
from pipeline.pseudonyms import Key
from pipeline.workspace import Workspace

KEY = Key(b"k" * 32)
SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}
strata_of_patients = st.dictionaries(
    st.text("abcdefghij", min_size=1, max_size=4), st.sampled_from(["well", "sick"]), min_size=1, max_size=60
)
numbers_of_folds = st.integers(3, 8)


def folds(strata: dict[str, str], of: int, salt: int = 1) -> list[dict[str, str]]:
    """The part of each patient in the analysis of every fold."""
    position = positions(strata, key=KEY, salt=salt)
    return [first_folds(strata, Fold(number, of), position=position) for number in range(1, of + 1)]


@settings(max_examples=50)
@given(strata_of_patients, numbers_of_folds)
def test_every_patient_is_tested_in_one_fold_and_validates_another(strata: dict[str, str], of: int) -> None:
    drawn = folds(strata, of)
    for patient in strata:
        assert Counter(parts[patient] for parts in drawn) == {"test": 1, "validation": 1, "train": of - 2}
    for number, now in enumerate(drawn):
        after = drawn[(number + 1) % of]
        assert {who for who in now if now[who] == "validation"} == {
            who for who in after if after[who] == "test"
        }


@settings(max_examples=50)
@given(strata_of_patients, numbers_of_folds)
def test_folds_differ_by_one_patient_at_most_in_all_and_in_every_class(
    strata: dict[str, str], of: int
) -> None:
    drawn = folds(strata, of)
    for members in (
        set(strata),
        *({who for who in strata if strata[who] == name} for name in ("well", "sick")),
    ):
        tested = [sum(parts[who] == "test" for who in members) for parts in drawn]
        assert max(tested) - min(tested) <= 1


@settings(max_examples=25)
@given(strata_of_patients, st.randoms(use_true_random=False))
def test_folds_hang_on_key_and_salt_and_on_no_order(strata: dict[str, str], random_: random.Random) -> None:
    shuffled = list(strata.items())
    random_.shuffle(shuffled)
    assert folds(dict(shuffled), 5) == folds(strata, 5)


def test_another_salt_draws_other_folds() -> None:
    strata = {f"p{number}": ("well", "sick")[number % 2] for number in range(40)}
    assert folds(strata, 5, salt=2) != folds(strata, 5)


@settings(max_examples=50)
@given(st.floats(0, 1, exclude_max=True), numbers_of_folds)
def test_a_later_patient_is_tested_in_one_fold_too(position: float, of: int) -> None:
    draws = [Draw(SHARES, {"Q": position}, 2, Fold(number, of)) for number in range(1, of + 1)]
    assert Counter(draw.later("Q") for draw in draws) == {"test": 1, "validation": 1, "train": of - 2}


def test_all_ids_of_a_person_lie_in_the_same_fold() -> None:
    ids = {f"p{number}": (f"p{number}", f"q{number}") for number in range(30)}
    persons = Persons(dict.fromkeys(ids, "sick"), ids)
    position = positions(ids, key=KEY, salt=1)
    placed = place(persons, {}, published=None, draw=Draw(SHARES, position, 1, Fold(2, 5)))
    assert all(placed[f"p{number}"].part == placed[f"q{number}"].part for number in range(30))
    assert placed["p0"] == Placed(placed["p0"].part, 1, "first_draw")
    assert Counter(each.part for each in placed.values()) == {"train": 36, "validation": 12, "test": 12}


def test_the_cohorts_of_all_folds_test_everybody_once(
    filled, tmp_path_factory: pytest.TempPathFactory
) -> None:
    study, tested = filled(40), Counter()
    for number in range(1, 5):
        root = tmp_path_factory.mktemp("fold") / "project"
        shutil.copytree(study.workspace.root, root)
        fold = Workspace(root, "study")
        run(study.config(f"fold: {{held_out: {number}, of: 4}}"), fold)
        with (fold.candidate / "cohort.csv").open(newline="") as stream:
            part_of = {row["person_id"]: row["part"] for row in csv.DictReader(stream)}
        tested.update(who for who, part in part_of.items() if part == "test")
        assert Counter(part_of.values()) == {"train": 20, "validation": 10, "test": 10}
        assert parts_ledger(fold)[0]["fold"] == {"held_out": number, "of": 4}
    assert (len(tested), set(tested.values())) == (40, {1})


@pytest.mark.parametrize(
    ("first", "then", "words"),
    [
        (
            "fold: {held_out: 1, of: 4}",
            "fold: {held_out: 2, of: 4}",
            "fold 1 of 4, and the YAML now asks for fold 2 of 4",
        ),
        (
            "fold: {held_out: 1, of: 4}",
            "salt: 1",
            "fold 1 of 4, and the YAML now asks for parts without folds",
        ),
        (
            "salt: 1",
            "fold: {held_out: 1, of: 4}",
            "parts without folds, and the YAML now asks for fold 1 of 4",
        ),
    ],
    ids=["another", "none", "after parts"],
)
def test_a_fold_never_becomes_another_but_by_a_new_draw(first: str, then: str, words: str, filled) -> None:
    study = filled(40)
    run(study.config(first), study.workspace)
    before = parts(study)
    with pytest.raises(DataError, match=words) as refused:
        run(study.config(then), study.workspace)
    assert "REDRAW=" in str(refused.value)
    assert parts(study) == before
    run(study.config(then), study.workspace, redraw="the fold was mistyped")
    assert parts(study) != before


REFUSED = {
    "shares": (
        "fold: {held_out: 1, of: 4}\n  shares: {train: 0.6, validation: 0.2, test: 0.2}",
        "leave `shares` out",
    ),
    "column": ("fold: {held_out: 1, of: 4}\n  part_column: split", "leave `part_column` out"),
    "beyond": ("fold: {held_out: 5, of: 4}", "`held_out` is one of the folds 1 to 4"),
    "two": ("fold: {held_out: 1, of: 2}", "greater than or equal to 3"),
}


@pytest.mark.parametrize(("lines", "words"), REFUSED.values(), ids=REFUSED)
def test_what_makes_no_fold_is_refused_with_the_configuration(lines: str, words: str, study) -> None:
    with pytest.raises(ConfigError, match=words):
        study.config(lines)


def test_a_fold_needs_a_key_that_all_folds_have(study) -> None:
    config = study.config("fold: {held_out: 1, of: 4}")
    text = config.path.read_text(encoding="utf-8").replace(", key: phantom", "")
    config.path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"study\.yaml:6: the analyses of all folds must draw alike"):
        load(config.path)


def test_settings_without_a_fold_are_the_settings_they_were(study) -> None:
    assert "fold" not in study.config().section("cohort")
    assert study.config("fold: {held_out: 1, of: 4}").section("cohort")["fold"] == {"held_out": 1, "of": 4}
