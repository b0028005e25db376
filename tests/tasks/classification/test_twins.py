"""Words that are one class: in two languages, with marks that nobody sees, with letters of another alphabet."""

from __future__ import annotations

import pytest

from pipeline.errors import DataError
from pipeline.tables.words import normal
from pipeline.tasks.classification.twins import groups, require_none


@pytest.mark.parametrize(
    ("words", "together"),
    [
        (["ja", "nein", "yes", "no"], [["ja", "yes"], ["nein", "no"]]),
        (["positiv", "negativ", "positive", "negative"], [["positiv", "positive"], ["negativ", "negative"]]),
        (["WAHR", "FALSCH", "true", "false"], [["WAHR", "true"], ["FALSCH", "false"]]),
        (["oui", "non", "si", "No"], [["oui", "si"], ["non", "No"]]),
        (["1", "0", "ja", "nein"], [["1", "ja"], ["0", "nein"]]),
        (["c\u0430t", "cat", "dog"], [["c\u0430t", "cat"], ["dog"]]),
    ],
)  # fmt: skip
def test_words_that_say_the_same_in_two_ways_are_one(words: list[str], together: list[list[str]]) -> None:
    assert groups(words) == together
    with pytest.raises(DataError, match="differ only in how they are written, or in language") as error:
        require_none(dict.fromkeys(words, 5), None)
    for group in together:
        assert all(word in str(error.value).partition("`classes: ")[2] for word in group)


@pytest.mark.parametrize(
    "words",
    [
        ["ja", "nein"], ["WAHR", "FALSCH"], ["positive", "negative", "no"], ["0", "1", "2", "no", "yes"],
        ["J", "Y", "K"], ["absent", "1", "2"], ["hypotrophic", "hypertrophic"], ["нет", "да"],
    ],
)  # fmt: skip
def test_words_that_tell_classes_apart_stay_as_they_are(words: list[str]) -> None:
    assert [len(group) for group in groups(words)] == [1] * len(words)
    require_none(dict.fromkeys(words, 5), None)


def test_marks_within_a_word_make_no_other_word() -> None:
    assert {normal(word) for word in ("le\u200bsion", "le\u00adsion", "\u200elesion", "lesion\u202c")} == {
        "lesion"
    }
