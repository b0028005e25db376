"""A table of numbers from elsewhere: read as a regression, measured, and asked for what it doesn't say."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest

from pipeline import arguments
from pipeline.contracts import metrics as contract
from pipeline.errors import DataError
from pipeline.evaluate.score import score
from pipeline.foreign import Columns, Foreign, read


def _table(folder: Path, header: str, rows: list[str], columns: Columns | None = None) -> Foreign:
    path = folder / "ages.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return read(path, columns or Columns())


def _rows(decimal: str = ".", patients: int = 30) -> list[str]:
    generator = np.random.default_rng(0)
    truth = generator.normal(60, 10, patients)
    said = truth + generator.normal(1, 4, patients)
    numbers = [f"{a:.1f};{b:.1f}".replace(".", decimal) for a, b in zip(truth, said, strict=True)]
    return [f"c{n};p{n};{row}" for n, row in enumerate(numbers)]


def test_a_truth_in_numbers_beside_predicted_numbers_is_a_regression(tmp_path: Path) -> None:
    foreign = _table(tmp_path, "case_id;patient_id;truth;predicted", _rows())
    assert foreign.task.name == "regression"
    score(foreign, tmp_path)
    record = contract.FILE.read(tmp_path)
    mae = next(metric for metric in record.metrics if metric.id == "mae")
    rows = [row.split(";")[2:] for row in _rows()]
    assert mae.value == pytest.approx(np.mean([abs(float(a) - float(b)) for a, b in rows]))
    assert mae.low is not None
    assert record.task == "regression"


def test_decimal_commas_are_read_and_told(tmp_path: Path) -> None:
    foreign = _table(tmp_path, "case_id;patient_id;truth;predicted", _rows(decimal=","))
    assert foreign.notes == ("decimal commas were read in truth, predicted",)
    assert foreign.first.measurable("external").all()


@pytest.mark.parametrize(
    ("cell", "words"),
    [("1,234", "whose comma may part"), ("61,5", "decimal commas .'61,5'. and decimal points")],
)
def test_a_comma_that_may_part_thousands_is_refused(cell: str, words: str, tmp_path: Path) -> None:
    """1,234 of a spreadsheet is a thousand times 1.234."""
    whole = [f"c{n};p{n};{n};{n}" if "61" not in cell else row for n, row in enumerate(_rows())]
    rows = [*whole, f"c99;p99;{cell};60"]
    with pytest.raises(DataError, match=rf"ages.csv: 'age' has .*{words}"):
        _table(tmp_path, "case_id;patient_id;age;predicted", rows, Columns(truth="age"))


def test_a_truth_that_a_program_wrote_as_missing_makes_no_classes_of_numbers(tmp_path: Path) -> None:
    foreign = _table(tmp_path, "case_id;patient_id;truth;predicted", [*_rows(), "c99;p99;NA;60"])
    assert foreign.task.name == "regression"
    assert foreign.first.measurable("external").tolist() == [True] * 30 + [False]


def test_the_column_of_the_predicted_number_is_asked_for_by_a_command_that_works(tmp_path: Path) -> None:
    rows = [row.replace(";", ",") for row in _rows()]
    with pytest.raises(DataError) as refused:
        _table(tmp_path, "case_id,patient_id,truth,age_said", rows)
    said = str(refused.value)
    assert (
        "a table of regression (the truth is a measured number), and there is no column 'predicted'" in said
    )
    command = shlex.split(said.split("`")[1])
    given = dict(word.split("=", 1) for word in command[2:])
    columns = Columns(score="age_said")
    assert given["SCORE"] == "column"
    assert read(Path(given["TABLE"]), columns).task.name == "regression"
    assert arguments.parse(["score", "--score", "age_said", given["TABLE"]]).score == "age_said"


def test_intervals_of_the_table_are_judged(tmp_path: Path) -> None:
    rows = [f"{row};{float(row.split(';')[3]) - 8};{float(row.split(';')[3]) + 8}" for row in _rows()]
    foreign = _table(tmp_path, "case_id;patient_id;truth;predicted;low;high", rows)
    score(foreign, tmp_path)
    coverage = next(metric for metric in contract.FILE.read(tmp_path).metrics if metric.id == "coverage")
    truth, said = np.array([[float(cell) for cell in row.split(";")[2:]] for row in _rows()]).T
    assert coverage.value == pytest.approx(float(np.mean(np.abs(truth - said) <= 8)))


def test_several_models_stand_side_by_side(tmp_path: Path) -> None:
    rows = [f"{row};{float(row.split(';')[3]) + 5:.1f}" for row in _rows()]
    foreign = _table(
        tmp_path, "case_id;patient_id;truth;one;predicted_two", rows, Columns(models=("one", "two"))
    )
    assert list(foreign.models) == ["one", "two"]
    score(foreign, tmp_path)
    differences = {entry.metric: entry for entry in contract.FILE.read(tmp_path).comparisons}
    assert set(differences) == {"mae", "rmse"}
    assert differences["mae"].difference is not None
    assert differences["mae"].difference > 0


@pytest.mark.parametrize(
    ("header", "row", "words"),
    [
        ("case_id,patient_id,truth,predicted", "x,y,12.5,often", "line 32: 'predicted' is not a number"),
        (
            "case_id,patient_id,truth,predicted",
            "x,y,1e9,12",
            "line 32: 'truth' is 1000000000, far from all others",
        ),
        (
            "case_id,patient_id,truth,predicted,low,high",
            "x,y,12.5,12,13,11",
            "line 32: 'low' is above 'high'",
        ),
        (
            "case_id,patient_id,truth,predicted,low,high",
            "x,y,12.5,12,11,",
            "line 32: an interval needs both ends",
        ),
    ],
)
def test_a_cell_that_can_not_be_is_refused_with_its_line(
    tmp_path: Path, header: str, row: str, words: str
) -> None:
    filling = ",10,90" if "low" in header else ""
    rows = [f"{line.replace(';', ',')}{filling}" for line in _rows()]
    with pytest.raises(DataError) as refused:
        _table(tmp_path, header, [*rows, row])
    assert words in str(refused.value)


def test_a_row_without_a_predicted_number_counts_as_failed_and_is_told(tmp_path: Path) -> None:
    foreign = _table(tmp_path, "case_id;patient_id;truth;predicted", [*_rows(), "x;y;50.0;"])
    assert foreign.notes == ("1 rows without a predicted number count as failed",)
    assert int(foreign.first.measurable("external").sum()) == 30


def test_a_few_whole_numbers_are_grades_unless_they_are_predicted_as_numbers(tmp_path: Path) -> None:
    grades = ["a,p,1,0.2,0.5,0.3", "b,q,2,0.2,0.5,0.3", "c,r,3,0.2,0.5,0.3"]
    assert (
        _table(tmp_path, "case_id,patient_id,truth,score_1,score_2,score_3", grades).task.name
        == "classification"
    )
    said = ["a,p,1,1.2", "b,q,2,1.5", "c,r,3,2.2"]
    assert _table(tmp_path, "case_id,patient_id,truth,predicted", said).task.name == "regression"


HEADER = "case_id,patient_id,truth,predicted"


def test_ages_of_few_levels_are_measured_where_the_column_that_is_named_holds_no_probabilities(
    tmp_path: Path,
) -> None:
    rows = [f"c{n},p{n},{50 + n % 9},{51.5 + n % 7}" for n in range(30)]
    named = Columns(truth="age", score="guess")
    assert _table(tmp_path, "case_id,patient_id,age,guess", rows, named).task.name == "regression"


def test_a_truth_with_its_unit_is_asked_for_as_a_number(tmp_path: Path) -> None:
    rows = [f"c{n},p{n},{10 + n} mm,{11 + n}" for n in range(30)]
    with pytest.raises(DataError, match="line 2: 'truth' is not a number"):
        _table(tmp_path, HEADER, rows)


def test_the_truth_is_none_of_its_own_predictions(tmp_path: Path) -> None:
    rows = [row.replace(";", ",") for row in _rows()]
    with pytest.raises(DataError, match="'predicted' is named as the truth, and holds what was predicted"):
        _table(tmp_path, HEADER, rows, Columns(truth="predicted"))
    copied = [f"c{n},p{n},{20 + n},{20 + n}" for n in range(30)]
    assert _table(tmp_path, HEADER, copied).notes == (
        "what was predicted equals the truth in every row: is one a copy of the other?",
    )


def test_ends_without_their_number_are_told_and_one_end_alone_is_refused(tmp_path: Path) -> None:
    rows = [f"c{n},p{n},{20 + n},{21 + n},{22 + n if n < 2 else 5 + n},{30 + n}" for n in range(30)]
    assert _table(tmp_path, f"{HEADER},low,high", rows).notes == (
        "2 predicted numbers lie outside their own interval, from low to high",
    )
    with pytest.raises(DataError, match="there is a column 'low', and an interval needs both ends"):
        _table(tmp_path, f"{HEADER},low", [row.rpartition(",")[0] for row in rows])


@pytest.mark.parametrize(
    ("truths", "note"),
    [
        (
            [-1, -1, *range(20, 80)],
            "2 rows have a 'truth' below 0 (-1 in line 2), while the others go up to 79: where such a number stands "
            "for nothing, leave the cell empty",
        ),
        (
            [*range(20, 60), 2.1, 2.5, 3.4, 4.2],
            "'truth' has two groups of values, 2.1 to 4.2 (4 rows) and 20 to 59 (40), about 10 times as large: are "
            "they in two units, such as cm and mm?",
        ),
        ([*range(-30, 30)], None),
        ([*range(1, 60)], None),
    ],
    ids=["below 0", "two units", "signed", "one unit"],
)
def test_a_truth_that_may_say_something_else_is_told(
    tmp_path: Path, truths: list[float], note: str | None
) -> None:
    rows = [f"c{at},p{at},{value},{value + 1}" for at, value in enumerate(truths)]
    assert _table(tmp_path, HEADER, rows).notes == ((note,) if note else ())
