"""Looks at the test part: their number, their price, and the time until there are more patients."""

from __future__ import annotations

import pytest

from pipeline.compare.looks import alpha_per_look, intake_a_month, look_number, outlook, require_budget
from pipeline.errors import GateError


def look(model, champion="0001"):
    return {"model": model, "champion": champion}


def test_each_model_is_one_look_however_often_it_looked():
    looks = [look("a", None), look("a"), look("b"), look("a"), look("c"), look("d", "0002")]
    assert [look_number(looks, model=model, champion="0001") for model in "abc"] == [1, 2, 3]
    assert look_number(looks, model="d", champion="0002") == 1


def test_a_model_that_did_not_look_has_no_number():
    with pytest.raises(GateError, match="no look of this model against generation 0001"):
        look_number([look("a", "0002")], model="a", champion="0001")


def test_the_budget_shares_out_five_per_cent():
    assert alpha_per_look(5) == pytest.approx(0.01)
    assert alpha_per_look(1) == 0.05


def test_a_look_beyond_the_budget_is_refused():
    require_budget(5, 5)
    with pytest.raises(GateError, match="look 6 of 5"):
        require_budget(6, 5)


def drawn(day, part="test"):
    return {"part": part, "created": f"2026-01-{day:02d}T08:00:00+00:00"}


def test_the_intake_is_counted_from_the_first_draw_on():
    # 3 test patients in 30 days: 3 / (30 / 30.4375)
    parts = [drawn(1), drawn(1), drawn(11), drawn(21), drawn(31), drawn(31, "train")]
    assert intake_a_month(parts) == pytest.approx(3 * 30.4375 / 30)


@pytest.mark.parametrize("parts", [[], [drawn(1)], [drawn(1), drawn(1)], [drawn(1), drawn(9, "train")]])
def test_without_later_draws_no_intake_is_known(parts):
    assert intake_a_month(parts) is None


def test_the_outlook_says_how_many_months_it_takes():
    assert (
        outlook(60, 12.0)
        == "About 60 more test patients are needed: 5.0 months at the present intake of 12.0 test patients a month."
    )
    assert "no intake is known" in outlook(60, None)
