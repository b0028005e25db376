"""Words for yes, no and nothing in several languages, and answers that contradict each other."""

from __future__ import annotations

import pytest

from pipeline.config import Cohort
from pipeline.tables.words import NO_FINDING
from pipeline.tasks.multilabel import target
from pipeline.tasks.multilabel.cells import Listed

LISTS = Cohort.model_validate(
    {"labels": "labels.csv", "target": "findings", "separator": "|", "findings": ["Edema", "Mass"]}
)


@pytest.mark.parametrize(
    ("yes", "no"),
    [("WAHR", "FALSCH"), ("positiv", "negativ"), ("si", "no"), ("Vrai", "Faux"), ("j", "n"), ("да", "нет"),
     ("y\u200bes", "n\u00ado")],
)  # fmt: skip
def test_yes_and_no_are_read_in_the_language_of_the_table(yes: str, no: str) -> None:
    choices = Cohort.model_validate({"labels": "labels.csv", "target": ["edema", "mass"]})
    cells = [f"{yes}|{no}", f"{no}|{yes}"]
    reader = target.reader(cells, choices)
    assert [reader.value_of(cell) for cell in cells] == ["1|0", "0|1"]


@pytest.mark.parametrize("word", ["kein Befund", "o.B.", "Unauffällig", "sin hallazgos"])
def test_no_finding_is_said_in_other_languages_and_contradicts_a_finding_in_them(word: str) -> None:
    reader = target.reader([word, "Mass"], LISTS)
    assert reader.value_of(word) == "0|0"
    assert isinstance(reader.how, Listed)
    assert reader.how.contradicts(f"{word}|Mass")


def test_no_finding_may_be_asked_for_and_still_contradicts_the_others() -> None:
    lists = Listed(("No Finding", "Mass"), "findings", "|", NO_FINDING, frozenset())
    assert not lists.contradicts("No Finding")
    assert not lists.contradicts("Mass")
    assert lists.contradicts("No Finding|Mass")


def test_scans_with_no_finding_beside_a_finding_are_counted() -> None:
    names = ["No Finding", "mass"]
    reader = target.reader([], Cohort.model_validate({"labels": "labels.csv", "target": names}))
    [notice] = reader.notices({"1|0": 4, "0|1": 3, "1|1": 2})
    assert (notice.kind, notice.count) == ("finding_beside_none", 2)
    assert "'No Finding' and another finding are both said to be there" in notice.detail
    assert not list(reader.notices({"1|0": 4, "0|1": 3, "0|0": 2}))
