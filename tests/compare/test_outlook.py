"""The time until there are more patients."""

from __future__ import annotations

import pytest

from pipeline.compare.outlook import intake_a_month, outlook


def joined(day, part="test"):
    return {"part": part, "created": f"2026-01-{day:02d}T08:00:00+00:00"}


def test_the_intake_is_counted_from_the_first_draw_on():
    # 3 test patients in 30 days: 3 / (30 / 30.4375)
    parts = [joined(1), joined(1), joined(11), joined(21), joined(31), joined(31, "train")]
    assert intake_a_month(parts) == pytest.approx(3 * 30.4375 / 30)


@pytest.mark.parametrize("parts", [[], [joined(1)], [joined(1), joined(1)], [joined(1), joined(9, "train")]])
def test_without_later_draws_no_intake_is_known(parts):
    assert intake_a_month(parts) is None


def test_the_outlook_says_how_many_months_it_takes():
    assert (
        outlook(60, 12.0)
        == "About 60 more test patients are needed: 5.0 months at the present intake of 12.0 test patients a month."
    )
    assert "no intake is known" in outlook(60, None)
