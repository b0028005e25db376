from collections import Counter

import numpy as np
import pytest

from pipeline.tasks.regression import columns


def _counts(values: list[float]) -> Counter[float]:
    return Counter(float(value) for value in values)


AGES = [41, 47, 52, 55, 58, 60, 61, 63, 66, 70, 74, 79]


@pytest.mark.parametrize("odd", [1e9, -1e9, 1e5, 999.0, -999.0, -99.0])
def test_a_slip_or_a_code_among_measurements_is_found(odd: float) -> None:
    assert columns.far_off(_counts([*AGES, odd])) == odd


@pytest.mark.parametrize("usual", [92.0, 0.0, 1.0, 120.0])
def test_an_unusual_value_is_none(usual: float) -> None:
    assert columns.far_off(_counts([*AGES, usual])) is None


def test_a_code_is_found_among_a_few_that_repeat_it() -> None:
    assert columns.far_off(_counts([*AGES, 999, 999])) == 999


def test_a_skewed_quantity_is_no_slip() -> None:
    volumes = np.random.default_rng(0).lognormal(3, 1.5, 500).round(1)
    assert columns.far_off(_counts(volumes.tolist())) is None
    calcium = [0] * 60 + [1, 5, 11, 20, 44, 80, 120, 250, 400, 700, 1500, 4200]
    assert columns.far_off(_counts(calcium)) is None


def test_centimetres_and_millimetres_in_one_column_are_told_by_their_two_groups() -> None:
    found = columns.two_units(_counts([1.5, 1.9, 2.2, 2.6, 3.0, 15, 18, 21, 24, 28, 31]))
    assert found is not None
    assert (found.small, found.large, found.times) == ((1.5, 3.0, 5), (15.0, 31.0, 6), 10.0)


@pytest.mark.parametrize(("factor", "times"), [(100, 100.0), (1000, 1000.0), (25.4, 25.4)])
def test_other_units_are_told_as_well(factor: float, times: float) -> None:
    values = [1.5, 1.9, 2.2, 2.6, 3.0]
    found = columns.two_units(_counts([*values, *(factor * value for value in values)]))
    assert found is not None
    assert found.times == times


def test_one_quantity_in_one_unit_has_no_two_groups() -> None:
    generator = np.random.default_rng(1)
    for values in (
        generator.normal(60, 10, 200),
        generator.lognormal(3, 1, 200),
        generator.uniform(1, 300, 200),
    ):
        assert columns.two_units(_counts(np.abs(values).round(1).tolist())) is None


def test_two_kinds_of_patients_whose_values_lie_apart_are_no_two_units() -> None:
    assert columns.two_units(_counts([10, 11, 12, 13, 14, 40, 42, 44, 46, 48])) is None


def test_a_single_value_in_another_unit_is_left_to_the_eye() -> None:
    assert columns.two_units(_counts([1.5, *range(14, 40)])) is None


@pytest.mark.parametrize("column", ["patient_id", "PatientID", "Case Nr", "accession"])
def test_whole_numbers_that_differ_for_each_scan_name_scans_where_the_column_says_so(column: str) -> None:
    assert columns.only_names(_counts([101, 205, 317, 404, 512, 618, 733, 840, 955, 1002]), column) is (
        column != "PatientID"
    )


def test_numbers_in_a_row_name_scans_whatever_the_column_is_called() -> None:
    assert columns.only_names(_counts(list(range(1, 31))), "value")


@pytest.mark.parametrize("values", [[*range(1, 30), 29], [0.5 * n for n in range(30)], list(range(0, 60, 2))])
def test_measurements_name_no_scans(values: list[float]) -> None:
    assert not columns.only_names(_counts(values), "value")


@pytest.mark.parametrize(
    ("unit", "factor", "times"),
    [("years", 12, 12.0), ("Jahre", 365, 365.25), ("days", 1 / 365.25, 365.25), ("min", 60, 60.0)],
)
def test_times_have_units_of_their_own(unit: str, factor: float, times: float) -> None:
    found = columns.two_units(_counts([*AGES, *(factor * age for age in AGES)]), unit)
    assert found is not None
    assert found.times == pytest.approx(times)
    assert columns.two_units(_counts([*AGES, *(2 * max(AGES) + age for age in AGES)]), unit) is None


def test_counts_of_one_and_two_are_no_two_units() -> None:
    assert columns.two_units(_counts([1, 1, *range(2, 61)])) is None
    assert columns.two_units(_counts([1, 1, 1, *(20 + n for n in range(20))])) is not None


@pytest.mark.parametrize(
    ("values", "unit", "below"),
    [
        ([*AGES, -1, -1, -1], "years", [-1]),
        ([*AGES, *AGES, -47], "mm", [-47]),
        ([*AGES, -1], "HU", []),
        ([*AGES, -1], "mm (signed)", []),
        ([*AGES, *(-age for age in AGES)], "mm", []),
    ],
)
def test_a_few_values_below_zero_are_no_sizes_or_ages(
    values: list[float], unit: str, below: list[float]
) -> None:
    assert columns.below_zero(_counts(values), unit) == below


@pytest.mark.parametrize(
    ("values", "are_days"),
    [
        ([20200101, 20200229, 20201231, 20190630, 20180228], True),
        ([1012020, 29022020, 31122020, 30062019, 28022018], True),
        ([20200101, 20200230, 20201231, 20190630, 20180228], False),
        ([20200101, 20201231, 20190630], False),
        ([0, 1, 2, 3, 4, 5], False),
    ],
)
def test_days_written_as_numbers_are_told(values: list[float], are_days: bool) -> None:
    assert columns.written_days(_counts(values)) is are_days


@pytest.mark.parametrize(
    ("values", "odd"),
    [
        ([0, 0, *range(20, 60)], 0),
        ([99, 99, *range(20, 70)], 99),
        ([0, *range(20, 60)], None),
        ([0, 0, *range(1, 30)], None),
        ([0, 0, 5, 9, 14, 20, 24, 25, 26, 27, 28, 30, 31], None),
        ([99, 99, *range(20, 100)], None),
    ],
)
def test_a_number_that_stands_apart_in_several_scans_is_told(values: list[float], odd: float | None) -> None:
    assert columns.apart(_counts(values)) == odd


def test_two_units_are_called_by_names_of_their_kind() -> None:
    for unit, like in (("%", "per cent and parts of 1"), ("kg", "kg and g"), ("mm", "cm and mm")):
        found = columns.two_units(dict.fromkeys([*range(40, 80), *(n / 100 for n in range(40, 80))], 1), unit)
        assert found is not None
        assert (found.like, found.times) == (like, 100)
