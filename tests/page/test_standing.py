from __future__ import annotations

import doctest
import itertools

import pytest

from pipeline.page import standing as module
from pipeline.page.standing import GOAL, RULE, VERDICT, Record, gravest, kept, standing

EVERY = [
    Record(*each)
    for each in itertools.product(
        GOAL,
        ("", *VERDICT),
        (0, 2),
        (9,),
        (*RULE, "none"),
        ("", "small sample (7 patients with the finding)", "a remark"),
    )
]


def test_the_examples_of_the_docstrings_hold() -> None:
    assert doctest.testmod(module).failed == 0


def test_goal_met_leads_only_where_nothing_on_record_is_worse() -> None:
    met = [record for record in EVERY if standing(record)[0] == "Goal met"]
    assert met
    for record in met:
        assert record.goal == "met"
        assert record.verdict in ("", "FIRST", "PROMOTE")
        assert (record.failed, record.flag) == (0, "")
        assert record.rule in ("kept", "none")


def test_the_tone_is_good_only_above_that_word() -> None:
    assert {word for word, tone in map(standing, EVERY) if tone == "good"} == {"Goal met"}


@pytest.mark.parametrize("record", [record for record in EVERY if record.failed][::7])
def test_a_check_that_failed_leads_whatever_else_is_on_record(record: Record) -> None:
    assert standing(record) == ("2 of 9 checks failed", "bad")


def test_what_is_bad_stands_before_what_is_in_doubt() -> None:
    for record in EVERY:
        bad = record.failed or record.verdict == "KEEP" or record.goal == "not_met" or record.rule == "missed"
        assert (standing(record)[1] == "bad") == bool(bad)


def test_the_verdict_leads_before_goal_and_rule_of_the_same_weight() -> None:
    assert standing(Record("not_met", "KEEP", rule="missed")) == ("Keep the champion", "bad")
    assert standing(Record("cannot_tell", "INCONCLUSIVE", rule="below")) == ("Inconclusive", "doubt")
    assert standing(Record("met", flag="small sample (7 patients with the finding)")) == (
        "Small sample",
        "doubt",
    )
    assert standing(Record("no_goal")) == ("No goal", "none")


def test_a_rule_without_an_interval_is_not_called_missed() -> None:
    assert kept(0.2, None, 0.9) == "below"
    assert gravest(["kept", "below", "none"]) == "below"
    assert gravest([]) == "none"
