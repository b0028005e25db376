"""Numbers that may be something else: told with what to do, or refused where they can be nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from pipeline.config import Cohort
from pipeline.errors import ConfigError, DataError
from pipeline.tasks.regression import target

DIAMETERS = ["12.5", "14", "15.5", "17", "18.5", "20", "22", "24.5", "27", "31"]


def choices(**keys: Any) -> Cohort:
    return Cohort.model_validate({"labels": "labels.csv", "target": "diameter", "unit": "mm", **keys})


def refuse(keys: tuple[str | int, ...], message: str) -> ConfigError:
    return ConfigError(message)


def asked(cells: Sequence[str], **keys: Any) -> set[str]:
    """The values of cells that are read as a cohort reads them; raises what the reader refuses."""
    reader = target.reader(cells, choices(**keys))
    values = [reader.value_of(cell) for cell in cells]
    counts = Counter(filter(None, values))
    reader.require(counts, "diameter", cell_of=lambda word: f"line {values.index(word) + 2}", refuse=refuse)
    return set(counts)


def told(cells: Sequence[str], **keys: str) -> dict[str, str]:
    """What a person is told of labelled scans with these cells, by kind."""
    return {
        notice.kind: f"{notice.count} {notice.detail}"
        for notice in target.reader(cells, choices(**keys)).notices(dict.fromkeys(cells, 1))
    }


def test_a_unit_behind_its_number_is_read_as_what_it_is() -> None:
    cells = [*(f"{cell} mm" for cell in DIAMETERS[:5]), *DIAMETERS[5:], "12MM"]
    assert asked(cells) == {*DIAMETERS, "12"}
    assert told(cells)["unit_beside"] == "6 scans whose number has its unit (mm) behind it, read without it"
    assert asked([f"{cell}%" for cell in DIAMETERS], unit="%") == set(DIAMETERS)
    assert not told(DIAMETERS)


def test_another_unit_behind_a_number_is_refused_by_name() -> None:
    with pytest.raises(DataError, match=r"in the unit of `cohort\.unit` \(mm\): these are in cm and m\.$"):
        asked([*DIAMETERS, "1.2cm", "0.02 m", "14 mm"])


def test_a_point_that_must_part_thousands_is_refused() -> None:
    cells = ["980", "870", "995", "1.234", "2.500", "12.250"]
    with pytest.raises(
        DataError, match=r"numbers such as '1\.234' beside larger ones without a point, such as '870'"
    ):
        asked(cells)
    assert asked([cell.replace(".", "") for cell in cells]) == {
        "980",
        "870",
        "995",
        "1234",
        "2500",
        "12250",
    }


def test_a_point_that_may_part_thousands_is_told_and_others_are_not() -> None:
    cells = [f"{n}.{250 + n}" for n in range(1, 20)]
    assert "as all such have ('1.251'), read as a decimal point" in told(cells)["decimal_point"]
    assert not told([*cells, "0.500"])
    assert not told([*cells, "7.25"])
    assert not told([*map(str, range(3, 40)), "3.333", "3.667"])
    asked([*map(str, range(12, 40)), "9.333", "9.667", "11.667", "11.333"][2:], unit="points")


def test_days_as_spreadsheets_count_them_are_refused_as_a_time_and_told_otherwise() -> None:
    cells = [str(45000 + 7 * n) for n in range(30)]
    with pytest.raises(ConfigError, match=r"holds days as spreadsheets count them, such as 45000 \(line 2\)"):
        asked(cells, unit="days")
    asked(cells, unit="mm³")
    assert told(cells, unit="mm³")["value_day"].startswith(
        "30 scans whose number lies between 36526 and 54788"
    )
    assert "value_day" not in told([*cells, "30000"], unit="mm³")


@pytest.mark.parametrize("code", ["888", "9", "777"])
def test_one_number_apart_from_all_others_is_no_unit_and_the_advice_ends_well(code: str) -> None:
    cells = [*(str(40.5 + n) for n in range(50)), *[code] * 4]
    with pytest.raises(
        DataError, match=rf"has the value {code} in 4 scans \(first line 52\).*`missing: \[.{code}.\]`"
    ):
        asked(cells)
    assert len(asked(cells, missing=[code])) == 50


def test_pounds_among_kilograms_are_told() -> None:
    cells = [f"{(60 + n % 20) * (2.2046 if n % 3 else 1):.1f}" for n in range(90)]
    assert (
        "about 2.2 times as large: where they are in two units, such as kg and lb"
        in told(cells, unit="kg")["two_units"]
    )
