"""Words that are one class: in two languages, with marks that nobody sees, with letters of another alphabet."""

from __future__ import annotations

import pytest

from pipeline.errors import DataError
from pipeline.tables.words import normal, serial_days
from pipeline.tasks.classification.twins import groups, require_none
from pipeline.tasks.classification.words import read_words


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


@pytest.mark.parametrize(("grades", "code"), [("01", "9"), ("01", "-1"), ("0123", "99"), ("12345", "-9")])
def test_a_number_among_grades_that_often_stands_for_nothing_is_told(grades: str, code: str) -> None:
    [notice] = read_words([*grades, code], {}, []).notices({**dict.fromkeys(grades, 5), code: 3})
    assert (notice.kind, notice.count) == ("class_apart", 3)
    assert f'`missing: ["{code}"]`' in notice.detail
    assert not list(read_words([*grades, code], {}, [code]).notices({**dict.fromkeys(grades, 5), code: 3}))


@pytest.mark.parametrize("words", [["0", "1"], ["7", "8", "9"], ["a", "b", "9"], ["9", "99"]])
def test_grades_in_a_row_and_words_are_not(words: list[str]) -> None:
    assert not list(read_words(words, {}, []).notices(dict.fromkeys(words, 5)))


def test_a_day_as_a_spreadsheet_counts_it_is_found_among_grades() -> None:
    assert serial_days(["1", "2", "45231"]) == ["45231"]
    assert serial_days(["45231", "45232"]) == []
    assert serial_days([str(n) for n in range(40000, 40100)]) == []
