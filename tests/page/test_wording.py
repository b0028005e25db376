"""How words, shares and numbers that round to zero are printed: the examples of the modules."""

from __future__ import annotations

import doctest

from pipeline.page import facts, wording


def test_the_examples_of_words_in_sentences_hold() -> None:
    tried = doctest.testmod(wording)
    assert (tried.failed, tried.attempted) == (0, 3)


def test_what_rounds_to_zero_has_no_sign_and_its_interval_is_joined_like_any_other() -> None:
    assert facts.shown_value(-0.0004) == "0.000"
    assert facts.shown_value(-0.0006) == "−0.001"
    assert facts.shown_interval(-0.0004, 0.1) == "0.000–0.100"
    assert facts.shown_interval(-0.1374, -0.0004) == "−0.137 to 0.000"
