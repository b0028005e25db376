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
