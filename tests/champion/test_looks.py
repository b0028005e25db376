from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import ledger
from pipeline.champion import looks
from pipeline.config import Compare, Evaluate, OperatingPoint
from pipeline.errors import GateError

FIRST = looks.Look(model="m1", cohort="c1", rule="r1", champion=None, budget=2)
AGAINST = replace(FIRST, champion="0001")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "looks.jsonl"


def look(path: Path, wanted: looks.Look) -> None:
    looks.refuse(path, wanted)
    looks.take(path, wanted)


def test_looking_again_with_the_same_model_writes_no_line(path: Path) -> None:
    look(path, AGAINST)
    created = looks.take(path, AGAINST)
    look(path, AGAINST)
    [record] = ledger.read(path)
    assert record["created"] == created


def test_a_line_holds_model_cohort_rule_champion_and_budget(path: Path) -> None:
    look(path, AGAINST)
    [record] = ledger.read(path)
    assert {key: record[key] for key in ("model", "cohort", "rule", "champion", "budget")} == {
        "model": "m1",
        "cohort": "c1",
        "rule": "r1",
        "champion": "0001",
        "budget": 2,
    }


def test_a_new_model_is_refused_when_the_budget_is_spent_but_old_ones_still_may_look(path: Path) -> None:
    look(path, AGAINST)
    look(path, replace(AGAINST, model="m2"))
    with pytest.raises(GateError, match="All 2 looks at the test part against generation 0001 are spent"):
        look(path, replace(AGAINST, model="m3"))
    look(path, replace(AGAINST, model="m2"))
    assert len(ledger.read(path)) == 2


def test_new_test_patients_do_not_renew_the_budget(path: Path) -> None:
    look(path, AGAINST)
    look(path, replace(AGAINST, model="m2", cohort="c2"))
    with pytest.raises(GateError, match="are spent"):
        look(path, replace(AGAINST, model="m3", cohort="c3"))


def test_the_same_model_on_new_test_patients_counts_once(path: Path) -> None:
    look(path, AGAINST)
    look(path, replace(AGAINST, cohort="c2"))
    look(path, replace(AGAINST, model="m2"))
    assert len(ledger.read(path)) == 3


def test_a_new_champion_opens_a_new_budget(path: Path) -> None:
    look(path, AGAINST)
    look(path, replace(AGAINST, model="m2"))
    look(path, replace(AGAINST, model="m3", champion="0002"))
    assert len(ledger.read(path)) == 3


def test_without_a_champion_there_is_no_budget(path: Path) -> None:
    for model in ("m1", "m2", "m3", "m4"):
        look(path, replace(FIRST, model=model))
    assert len(ledger.read(path)) == 4


def test_a_rule_changed_after_the_look_is_refused_for_this_model_only(path: Path) -> None:
    look(path, FIRST)
    with pytest.raises(GateError, match=r"The rule .* changed after this model had looked"):
        look(path, replace(FIRST, rule="r2"))
    look(path, replace(FIRST, model="m2", rule="r2"))


def test_a_budget_raised_after_the_first_look_is_refused(path: Path) -> None:
    look(path, AGAINST)
    with pytest.raises(GateError, match=r"`compare.look_budget` is 9, but was 2"):
        look(path, replace(AGAINST, model="m2", rule="r2", budget=9))


def test_a_refused_look_leaves_the_ledger_as_it_was(path: Path) -> None:
    look(path, FIRST)
    before = path.read_bytes()
    with pytest.raises(GateError):
        look(path, replace(FIRST, rule="r2"))
    assert path.read_bytes() == before


def test_the_digest_of_the_test_part_does_not_depend_on_the_order() -> None:
    pairs = [("case2", "p1"), ("case1", "p2")]
    assert looks.cohort_digest(pairs) == looks.cohort_digest(pairs[::-1])
    assert looks.cohort_digest(pairs) != looks.cohort_digest([("case2", "p1")])


def test_prevalences_shown_beside_decide_nothing_and_the_operating_point_does() -> None:
    plain = looks.rule(Evaluate(), Compare())
    assert looks.rule(Evaluate(prevalences=(0.05,)), Compare()) == plain
    assert looks.rule(Evaluate(operating_point=OperatingPoint(rule="youden")), Compare()) != plain
    assert looks.rule(Evaluate(), Compare(margin=0.1)) != plain


def record(model: str, champion: str | None = "0001") -> dict[str, str | None]:
    return {"model": model, "champion": champion}


def test_each_model_is_one_look_however_often_it_looked() -> None:
    found = [record("a", None), record("a"), record("b"), record("a"), record("c"), record("d", "0002")]
    assert [looks.look_number(found, model=model, champion="0001") for model in "abc"] == [1, 2, 3]
    assert looks.look_number(found, model="d", champion="0002") == 1


def test_a_model_that_did_not_look_has_no_number() -> None:
    with pytest.raises(GateError, match="no look of this model against generation 0001"):
        looks.look_number([record("a", "0002")], model="a", champion="0001")


def test_the_budget_shares_out_five_per_cent() -> None:
    assert looks.alpha_per_look(5) == pytest.approx(0.01)
    assert looks.alpha_per_look(1) == 0.05


def test_a_look_beyond_the_budget_is_refused() -> None:
    looks.require_budget(5, 5)
    with pytest.raises(GateError, match="look 6 of 5"):
        looks.require_budget(6, 5)
