"""What can be measured, and what is refused: with sentences whose advice ends well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from pipeline.config import Cohort, Config
from pipeline.errors import ConfigError, DataError, GateError
from pipeline.tasks.regression import target
from pipeline.tasks.regression.quantity import Quantity

DIAMETERS = ["12.5", "14", "15.5", "17", "18.5", "20", "22", "24.5", "27", "31"]


def choices(**keys: Any) -> Cohort:
    return Cohort.model_validate({"labels": "labels.csv", "target": "diameter", "unit": "mm", **keys})


def refuse(keys: tuple[str | int, ...], message: str) -> ConfigError:
    return ConfigError(f"{'.'.join(map(str, keys))}: {message}")


def asked(cells: Sequence[str], column: str = "diameter", **keys: Any) -> Counter[str]:
    """The values of cells that are read as a cohort reads them; raises what the reader refuses."""
    reader = target.reader(cells, choices(target=column, **keys))
    values = [reader.value_of(cell) for cell in cells]
    counts = Counter(filter(None, values))
    reader.require(counts, column, cell_of=lambda word: f"line {values.index(word) + 2}", refuse=refuse)
    return counts


def test_numbers_have_one_spelling_and_words_for_nothing_have_none() -> None:
    assert set(asked([*DIAMETERS, "20.0", " 20 ", "NaN", "", "n/a", "?"])) == set(DIAMETERS)


def test_a_decimal_comma_is_read() -> None:
    assert set(asked([cell.replace(".", ",") for cell in DIAMETERS])) == set(DIAMETERS)


def test_both_decimal_signs_in_one_column_are_refused() -> None:
    with pytest.raises(DataError) as error:
        asked([*DIAMETERS, "13,5"])
    assert str(error.value) == (
        "The column 'diameter' has decimal commas ('13,5') and decimal points ('12.5'), so one of them may part "
        "thousands. Write all numbers alike in the table."
    )


def test_a_comma_that_may_part_thousands_is_refused() -> None:
    with pytest.raises(
        DataError, match="numbers such as '1,100', whose comma may part thousands or be a decimal"
    ):
        asked(["1,250", "980", "2,300", "1,100", "990"])


def test_a_slip_is_refused_with_its_cell_and_the_advice_ends_well() -> None:
    with pytest.raises(DataError) as error:
        asked([*DIAMETERS, "1e9"])
    assert str(error.value) == (
        "The column 'diameter' has the value 1000000000 (line 12), while the others are 12.5 to 31: a slip, or a "
        "number that stands for nothing. Mend it in the table, or copy this below `cohort:`: `missing: "
        '["1000000000"]`; a quantity that spans so much is learned as its logarithm.'
    )
    assert set(asked([*DIAMETERS, "1e9"], missing=["1000000000"])) == set(DIAMETERS)


def test_two_units_in_one_column_are_told_by_their_two_groups() -> None:
    in_cm = [f"{float(cell) / 10:g}" for cell in DIAMETERS]
    with pytest.raises(DataError) as error:
        asked([*DIAMETERS, *in_cm])
    assert str(error.value) == (
        "The column 'diameter' has two groups of values, 1.25 to 3.1 (10 scans) and 12.5 to 31 (10), about 10 "
        "times as large: two units, such as cm and mm, in one column. Write all in one unit; a quantity that "
        "spans so much is learned as its logarithm."
    )


def test_a_column_that_names_scans_is_refused() -> None:
    message = (
        "cohort.target: the column 'patient_nr' holds whole numbers, another for each scan: it names scans and "
        "measures nothing. Name the column of what was measured."
    )
    with pytest.raises(ConfigError) as error:
        asked([str(100 + 7 * n) for n in range(20)], "patient_nr")
    assert str(error.value) == message
    with pytest.raises(ConfigError, match="it names scans"):
        asked([str(n) for n in range(1, 21)], "value")


def test_the_column_by_which_scans_are_found_is_refused_at_once() -> None:
    with pytest.raises(
        ConfigError, match=r"names the scans \(`cohort.id`\), so there is nothing in it to predict"
    ):
        target.check(
            DIAMETERS, choices(id={"column": "diameter", "names": "patient"}), cell_of=str, refuse=refuse
        )


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (
            ["nodule", "clear", "nodule"],
            "holds words ('nodule' 2, 'clear' 1), a question of the kind classification. Say "
            "`task: classification`; or name a column of measured numbers.",
        ),
    ],
)
def test_another_kind_of_question_is_refused_by_its_name(cells: list[str], said: str) -> None:
    with pytest.raises(ConfigError) as error:
        asked(cells)
    assert str(error.value) == f"cohort.target: the column 'diameter' {said}"


def test_several_findings_in_a_cell_are_a_question_of_their_own() -> None:
    with pytest.raises(ConfigError, match=r"'Mass\|Effusion', line 2\), a question of the kind multilabel"):
        asked(["Mass|Effusion", "Mass", "Effusion"])


def test_masks_are_a_question_of_their_own() -> None:
    with pytest.raises(ConfigError, match=r"names files \('a\.nii\.gz', line 2\)\. Masks are a question"):
        asked(["a.nii.gz", "b.nii.gz"])


def test_a_few_cells_that_are_no_numbers_are_refused_with_a_line_that_ends_well() -> None:
    cells = [*DIAMETERS, "not done", "<5 mm"]
    cells = cells + [str(float(cell) + 0.1) for cell in DIAMETERS]
    with pytest.raises(DataError) as error:
        asked(cells)
    assert str(error.value) == (
        "The column 'diameter' has 2 cells that are no numbers: '<5 mm' 1, 'not done' 1 (first line 13). Write "
        "the number alone, in the unit of `cohort.unit`; or copy this below `cohort:` where they stand for "
        'nothing: `missing: ["<5 mm", not done]`.'
    )
    assert len(asked(cells, missing=["<5 mm", "not done"])) == 20


def test_a_formula_without_its_result_and_dates_are_told_as_what_they_are() -> None:
    many = [*DIAMETERS, *(str(float(cell) + 0.1) for cell in DIAMETERS)]
    with pytest.raises(DataError, match="Mend the formula"):
        asked([*many, "#DIV/0!"])
    with pytest.raises(DataError, match="format the column as a number"):
        asked([*many, "1-Feb"])


def test_a_constant_target_asks_nothing() -> None:
    with pytest.raises(DataError) as error:
        target.question(Counter({"12": 40}), choices(), missing={}, refuse=refuse)
    assert str(error.value) == (
        "All 40 labelled scans have the value 12 in the column 'diameter': there is nothing to tell apart. Name "
        "another column in `cohort.target`, or label more scans."
    )


def test_two_values_alone_are_classes() -> None:
    with pytest.raises(ConfigError, match=r"has 2 values alone .* of the kind classification"):
        target.question(Counter({"0": 40, "1": 12}), choices(), missing={}, refuse=refuse)


def test_the_strata_are_fifths_of_the_labelled_scans() -> None:
    counts = Counter({str(n): 1 for n in range(1, 101)})
    question = target.question(counts, choices(), missing={}, refuse=refuse)
    assert question == Quantity("diameter", "mm", (20.0, 40.0, 60.0, 80.0))
    assert target.counts([str(n) for n in range(1, 101)], question) == {
        "1st fifth, below 20": 19,
        "2nd fifth, 20 to 40": 20,
        "3rd fifth, 40 to 60": 20,
        "4th fifth, 60 to 80": 20,
        "5th fifth, from 80": 21,
    }
    assert target.stratum(["10", "50"], question) == "2nd fifth, 20 to 40"


def test_a_quantity_that_is_nothing_in_most_patients_has_fewer_strata() -> None:
    question = target.question(Counter({"0": 70, "10": 20, "20": 10}), choices(), missing={}, refuse=refuse)
    assert question.edges == (10.0,)


def test_models_of_another_unit_answer_another_question() -> None:
    one, other = Quantity("diameter", "mm", (1.0,)), Quantity("diameter", "cm", (1.0,))
    assert target.same(one, Quantity("diameter", "mm", (2.0,)))
    with pytest.raises(GateError, match="predicts diameter in mm, the candidate diameter in cm"):
        target.require_same(one, other)


def test_a_part_without_two_values_is_refused_with_its_patients() -> None:
    part_of = {"a": "train", "b": "train", "c": "validation", "d": "test", "e": "test"}
    values = {"a": ["1"], "b": ["2"], "c": ["3"], "d": ["4"], "e": ["5"]}
    with pytest.raises(DataError) as error:
        target.require_parts(
            part_of, values, Quantity("age", "years"), one_vote=True, advice="change `cohort.shares`"
        )
    assert str(error.value) == (
        "The validation part has no two different values of 'age' (patients: train 2, validation 1, test 2). Add "
        "scans of more patients, or change `cohort.shares`."
    )


def test_nobody_changes_sides_of_a_number_so_a_limit_on_it_is_refused_and_can_be_left_out() -> None:
    study = {
        "name": "study",
        "task": "regression",
        "ingest": {"raw": "raw"},
        "cohort": {"labels": "labels.csv", "target": "diameter", "unit": "mm"},
        "normalize": [{"z_score": {}}],
        "compare": {"margin": 1, "min_gain": 1},
        "report": {"title": "A study"},
    }
    target.require_settings(Config.model_validate(study))
    study["compare"] = {"margin": 1, "min_gain": 1, "max_negative_flips": 0.1}
    with pytest.raises(ConfigError, match=r"neither right nor wrong.*Leave `max_negative_flips` out"):
        target.require_settings(Config.model_validate(study))
    study["cohort"] = {"labels": "labels.csv", "target": "diameter", "unit": " "}
    with pytest.raises(ConfigError, match="needs the unit of 'diameter'"):
        target.require_settings(Config.model_validate(study))


@pytest.mark.parametrize(
    "cells",
    [
        [f"{cell} cm" for cell in DIAMETERS],
        [f"{cell}%" for cell in DIAMETERS],
        [f"<{cell}" for cell in DIAMETERS],
        [f"{cell} ± 2" for cell in DIAMETERS],
        [f"1'{n}00" for n in range(10)],
    ],
)
def test_numbers_with_something_beside_them_are_no_classes(cells: list[str]) -> None:
    with pytest.raises(
        DataError, match=r"has 10 cells that are no numbers.*Write the number alone, in the unit"
    ):
        asked(cells)


def test_ages_of_headers_are_told_and_stages_are_classes() -> None:
    with pytest.raises(DataError, match="Ages as headers have them"):
        asked([f"{n:03d}Y" for n in range(40, 60)])
    with pytest.raises(ConfigError, match="a question of the kind classification"):
        asked(["1a", "1b", "2a", "2b", "3a", "3b", "4"])
    with pytest.raises(ConfigError, match="a question of the kind classification"):
        asked(["1st", "2nd", "3rd", "1st"])


def test_a_running_number_is_none_of_a_quantity_though_patients_have_several_scans() -> None:
    cells = [str(n) for n in range(1, 31)]
    reader = target.reader(cells, choices(target="value"))
    with pytest.raises(ConfigError, match="it names scans"):
        reader.require(Counter(dict.fromkeys(cells, 2)), "value", cell_of=str, refuse=refuse)


def test_values_below_zero_are_refused_with_two_ways_that_end_well() -> None:
    cells = [*DIAMETERS, "-1", "-1"]
    with pytest.raises(DataError) as error:
        asked(cells)
    assert str(error.value) == (
        "The column 'diameter' has values below 0: '-1' 2 (first line 12), while the others go up to 31: slips, or "
        "numbers that stand for nothing. Mend them in the table, or copy this below `cohort:`: `missing: "
        '["-1"]`; where they were measured so, say it in the unit: `unit: "mm (signed)"`.'
    )
    assert set(asked(cells, missing=["-1"])) == set(DIAMETERS)
    assert len(asked(cells, unit="mm (signed)")) == 11


def test_days_written_as_numbers_are_refused_with_the_first_cell() -> None:
    with pytest.raises(ConfigError, match=r"such as 20200103 \(line 2\), and the difference"):
        asked([f"202001{n:02d}" for n in range(3, 30)])


def test_a_number_that_may_stand_for_nothing_is_told_with_a_line_that_ends_well() -> None:
    ages = [f"{n}.5" for n in range(30, 60)]
    (notice,) = target.reader([*ages, "0"], choices()).notices(dict.fromkeys(ages, 1) | {"0": 4})
    assert (notice.kind, notice.count) == ("value_apart", 4)
    assert notice.detail.endswith('`missing: ["0"]`')
    assert "0" not in asked([*ages[:20], "0"], missing=["0"])
