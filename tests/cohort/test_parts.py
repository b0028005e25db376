from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cohort.parts import (
    Placed,
    first_parts,
    later_part,
    placed_by_ledger,
    positions,
    require_patients,
)
from pipeline.errors import DataError
from pipeline.pseudonyms import Key
from pipeline.records import PARTS

SHARES = {"train": 0.70, "validation": 0.15, "test": 0.15}
KEY = Key(b"k" * 32)

strata_of_patients = st.dictionaries(
    st.text("abcdefghij", min_size=1, max_size=4), st.sampled_from(["well", "sick"]), min_size=1, max_size=60
)
some_shares = st.tuples(st.integers(1, 10), st.integers(1, 10), st.integers(1, 10)).map(
    lambda weights: {part: weight / sum(weights) for part, weight in zip(PARTS, weights, strict=True)}
)


def draw(
    strata: dict[str, str], shares: dict[str, float] = SHARES, given_: dict[str, str] | None = None
) -> dict[str, str]:
    return first_parts(strata, given_ or {}, shares=shares, position=positions(strata, key=KEY, salt=1))


def test_a_position_is_a_keyed_hash_of_the_patient_and_the_salt() -> None:
    number = int(KEY.digest(b"part 1 p1"), 16)
    assert positions(["p1"], key=KEY, salt=1) == {"p1": number / 2**128}
    assert positions(["p1"], key=KEY, salt=2) != positions(["p1"], key=KEY, salt=1)
    assert positions(["p1"], key=Key(b"x" * 32), salt=1) != positions(["p1"], key=KEY, salt=1)


def test_positions_are_spread_evenly() -> None:
    found = positions([f"p{number}" for number in range(4000)], key=KEY, salt=1).values()
    quarters = Counter(int(position * 4) for position in found)
    # 4000 draws into quarters: standard deviation sqrt(4000 * 0.25 * 0.75) = 27.4.
    assert all(abs(quarters[quarter] - 1000) < 4 * 27.4 for quarter in range(4))


def test_each_class_is_cut_at_the_shares() -> None:
    strata = {f"w{number}": "well" for number in range(100)} | {f"s{number}": "sick" for number in range(20)}
    parts = draw(strata)
    counted = Counter((strata[patient], part) for patient, part in parts.items())
    assert counted == {
        ("well", "train"): 70,
        ("well", "validation"): 15,
        ("well", "test"): 15,
        ("sick", "train"): 14,
        ("sick", "validation"): 3,
        ("sick", "test"): 3,
    }


def test_the_patients_of_a_class_stand_in_the_order_of_their_positions() -> None:
    strata = {f"p{number}": "sick" for number in range(40)}
    position = positions(strata, key=KEY, salt=1)
    parts = draw(strata)
    ordered = sorted(strata, key=lambda patient: position[patient])
    assert [parts[patient] for patient in ordered] == ["train"] * 28 + ["validation"] * 6 + ["test"] * 6


@settings(max_examples=50)
@given(strata_of_patients, some_shares, st.randoms(use_true_random=False))
def test_the_draw_does_not_depend_on_order(
    strata: dict[str, str], shares: dict[str, float], random_: random.Random
) -> None:
    shuffled = list(strata.items())
    random_.shuffle(shuffled)
    assert draw(dict(shuffled), shares) == draw(strata, shares)


@settings(max_examples=50)
@given(strata_of_patients, some_shares)
def test_every_patient_has_one_part_and_every_class_its_shares(
    strata: dict[str, str], shares: dict[str, float]
) -> None:
    parts = draw(strata, shares)
    assert parts.keys() == strata.keys()
    for name in set(strata.values()):
        members = [patient for patient in strata if strata[patient] == name]
        counts = Counter(parts[patient] for patient in members)
        for part in PARTS:
            # Rounding moves less than one patient, and filling an empty part at most one for each other part.
            assert abs(counts[part] - shares[part] * len(members)) < 3
        if len(members) >= 3:
            assert set(counts) == set(PARTS)


@pytest.mark.parametrize(
    ("position", "part"),
    [
        (0.0, "train"),
        (0.6999, "train"),
        (0.70, "validation"),
        (0.8499, "validation"),
        (0.8501, "test"),
        (0.9999999, "test"),
    ],
)
def test_a_later_patients_part_is_where_the_position_falls(position: float, part: str) -> None:
    assert later_part(position, SHARES) == part


def test_a_part_without_a_share_gets_no_later_patient() -> None:
    assert later_part(0.9999999, {"train": 0.5, "validation": 0.5, "test": 0.0}) == "validation"


def test_parts_of_the_table_are_kept_and_the_rest_drawn() -> None:
    strata = {f"p{number}": "sick" for number in range(20)}
    prescribed = {"p0": "test", "p1": "validation", "p2": "train"}
    parts = draw(strata, given_=prescribed)
    assert {patient: parts[patient] for patient in prescribed} == prescribed
    assert Counter(parts[patient] for patient in strata if patient not in prescribed) == {
        "train": 12,
        "validation": 3,
        "test": 2,
    }


def test_a_part_that_the_table_leaves_out_is_drawn_from_its_train_part_class_by_class() -> None:
    strata = {f"w{number}": "well" for number in range(60)} | {f"s{number}": "sick" for number in range(40)}
    prescribed = {patient: "validation" if patient in {"w0", "s0"} else "train" for patient in strata}
    parts = draw(strata, given_=prescribed)
    tested = Counter(strata[patient] for patient, part in parts.items() if part == "test")
    assert tested == {"well": 9, "sick": 6}  # 15 % of 60 and of 40
    assert [patient for patient, part in parts.items() if part == "validation"] == ["w0", "s0"]


def test_the_last_record_of_a_patient_counts() -> None:
    records = [
        {"patient_id": "p1", "part": "train", "era": 1, "why": "first_draw"},
        {"patient_id": "p1", "part": None, "era": 2, "why": "tombstone"},
    ]
    assert placed_by_ledger(records) == {"p1": Placed("", 2, "tombstone")}


def test_a_part_with_one_patient_is_refused_with_the_numbers() -> None:
    parts = {"p1": "train", "p2": "train", "p3": "validation", "p4": "test", "p5": "test"}
    with pytest.raises(DataError, match="at least 2 patients, and there are: train 2, validation 1, test 2"):
        require_patients(parts, advice="change it")
