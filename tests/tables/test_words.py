"""What the words of a column are: numbers in one spelling, or in several that mean different things."""

from __future__ import annotations

from pipeline.tables.words import both_signs, thousands


def test_both_decimal_signs_and_thousands_are_told() -> None:
    assert both_signs(["1,5", "2.5", "3"]) == ("1,5", "2.5")
    assert both_signs(["1,5", "2,5"]) is None
    assert thousands(["1,250", "980", "2,300"]) == "1,250"
    assert thousands(["1,250", "0,5"]) is None
    assert thousands(["0,250", "0,125"]) is None
