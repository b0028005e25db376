"""A header that says another unit than the settings is refused with both, not reported in the wrong one."""

from __future__ import annotations

import pytest

from pipeline.config import Cohort
from pipeline.errors import ConfigError
from pipeline.tasks.regression import target

NUMBERS = ["12.5", "14", "15.5", "17", "18.5", "20", "22", "24.5", "27", "31"]


def check(column: str, unit: str) -> None:
    choices = Cohort.model_validate({"labels": "labels.csv", "target": column, "unit": unit})
    target.check(
        NUMBERS,
        choices,
        cell_of=str,
        refuse=lambda keys, message: ConfigError(f"{'.'.join(map(str, keys))}: {message}"),
    )


@pytest.mark.parametrize(
    ("column", "unit", "headed"),
    [
        ("Größe (mm)", "cm", "mm"),
        ("volume [ml]", "l", "ml"),
        ("diameter_mm", "cm", "mm"),
        ("Durchmesser in cm", "mm (signed)", "cm"),
        ("age (months)", "years", "months"),
        ("area_cm2", "mm²", "cm2"),
    ],
)
def test_another_unit_of_the_same_kind_is_refused(column: str, unit: str, headed: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        check(column, unit)
    assert str(refusal.value).startswith(
        f"cohort.unit: the header of the column '{column}' says {headed}, and `unit` says {unit}. "
        f"Write `unit: {headed}`"
    )


@pytest.mark.parametrize(
    ("column", "unit"),
    [
        ("Größe (mm)", "mm"),
        ("volume (cm³)", "ml"),
        ("age (y)", "years"),
        ("diameter_min", "mm"),
        ("mm", "points"),
        ("diameter", "mm"),
        ("score (max)", "points"),
        ("Größe (mm)", "mm (signed)"),
    ],
)
def test_the_same_unit_in_other_words_and_what_is_no_unit_of_that_kind_pass(column: str, unit: str) -> None:
    check(column, unit)
