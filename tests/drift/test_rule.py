"""The levels of drift."""

from __future__ import annotations

import json
import math

import pytest

from pipeline.config import Drift
from pipeline.contracts.objects import plain
from pipeline.drift.rule import Difference, level_of, overall

RULE = Drift()


def difference(name="kvp", *, p_holm=0.001, smd=1.0, unseen=(), n_new=50):
    return Difference(name, "numeric", p_holm / 10, p_holm, smd, 0.2, 0.1, unseen, 500, n_new)


def level(found):
    return level_of(found, warn=RULE.warn, stop=RULE.stop, min_patients=RULE.min_patients)


@pytest.mark.parametrize(
    ("p_holm", "smd", "expected"),
    [
        (0.001, 1.0, "stop"),
        (0.001, 0.5, "stop"),
        (0.001, 0.49, "warn"),
        (0.01, 1.0, "warn"),
        (0.04, 0.2, "warn"),
        (0.04, 0.19, "none"),
        (0.05, 1.0, "none"),
        (0.001, math.inf, "stop"),
    ],
)
def test_a_small_p_and_a_large_effect_are_both_needed(p_holm, smd, expected):
    assert level(difference(p_holm=p_holm, smd=smd)) == expected


@pytest.mark.parametrize("name", ["modality", "photometric_interpretation", "value_unit"])
def test_what_was_never_seen_and_cannot_be_chance_stops_from_one_patient_on(name):
    assert level(difference(name, p_holm=1.0, smd=0.1, unseen=("MR",), n_new=1)) == "stop"


def test_another_word_that_was_never_seen_does_not_stop_by_itself():
    assert level(difference("manufacturer", p_holm=1.0, smd=0.1, unseen=("C",))) == "none"


def test_few_patients_are_too_few_to_say_whatever_the_numbers():
    assert level(difference(n_new=19)) == "too_few"
    assert overall(["none"], new_patients=19, min_patients=20) == "too_few"
    assert overall([], new_patients=3, min_patients=20) == "too_few"
    assert overall(["stop", "too_few"], new_patients=3, min_patients=20) == "stop"


def test_the_whole_is_as_bad_as_its_worst_attribute():
    assert overall(["none", "warn"], new_patients=20, min_patients=20) == "warn"
    assert overall(["none", "warn", "stop"], new_patients=20, min_patients=20) == "stop"
    assert overall(["none", "too_few"], new_patients=20, min_patients=20) == "none"


def test_an_effect_without_scale_is_null_with_a_reason():
    written = json.loads(json.dumps(plain(difference(smd=math.inf).record("stop")), allow_nan=False))
    assert written["smd"] is None
    assert "has no scale" in written["reason"]
