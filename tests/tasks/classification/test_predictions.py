from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import DataError
from pipeline.tasks.classification import predictions

HEAD = "case_id,patient_id,part,truth,score_no,score_yes\n"
GOOD = "a,p1,test,yes,0.2,0.8\nb,p2,test,no,0.9,0.1\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "table.csv"


def refused(table: Path, text: str) -> str:
    table.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as error:
        predictions.read(table)
    return str(error.value)


def test_a_table_gives_classes_truth_and_probabilities(table: Path) -> None:
    table.write_text(HEAD + GOOD)
    checked = predictions.read(table)
    assert checked.classes == ("no", "yes")
    assert checked.truth(checked.measurable("test")).tolist() == [1, 0]
    assert checked.probability.tolist() == [[0.2, 0.8], [0.9, 0.1]]
    assert checked.logit is None


def test_a_table_without_part_is_external(table: Path) -> None:
    table.write_text("case_id,patient_id,truth,score_no,score_yes\na,p1,yes,0.2,0.8\n")
    checked = predictions.read(table)
    assert checked.measurable("external").tolist() == [True]


def test_a_single_score_is_that_of_the_positive_class(table: Path) -> None:
    table.write_text("case_id,patient_id,truth,score_yes\na,p1,yes,0.75\nb,p2,no,0.25\n")
    checked = predictions.read(table)
    assert checked.classes == ("no", "yes")
    assert checked.probability.tolist() == [[0.25, 0.75], [0.75, 0.25]]


def test_unlabelled_and_failed_cases_are_kept_but_not_measured(table: Path) -> None:
    table.write_text(
        "case_id,patient_id,part,truth,score_no,score_yes,status,reason\n"
        "a,p1,test,yes,0.2,0.8,ok,\nb,p2,test,,0.5,0.5,ok,\nc,p3,test,no,,,failed,no array\n"
    )
    checked = predictions.read(table)
    assert checked.measurable("test").tolist() == [True, False, False]
    assert np.isnan(checked.probability[2]).all()


def test_a_file_from_a_spreadsheet_with_a_byte_order_mark_is_read(table: Path) -> None:
    table.write_text("\ufeff" + HEAD + GOOD, encoding="utf-8")
    assert predictions.read(table).classes == ("no", "yes")


def test_a_missing_column_is_named_with_its_nearest_name(table: Path) -> None:
    message = refused(table, (HEAD + GOOD).replace("patient_id", "patientid"))
    assert "no column 'patient_id' (did you mean 'patientid'?)" in message


def test_a_table_without_scores_is_refused(table: Path) -> None:
    assert "no score column" in refused(table, "case_id,patient_id,truth\na,p1,yes\n")


def test_a_score_that_is_no_number_is_refused_with_its_line(table: Path) -> None:
    message = refused(table, HEAD + GOOD + "c,p3,test,no,high,0.1\n")
    assert "table.csv, line 4: 'score_no' is not a number" in message


def test_an_empty_patient_is_refused_with_its_line(table: Path) -> None:
    message = refused(table, HEAD + GOOD + "c,,test,no,0.9,0.1\n")
    assert "table.csv, line 4: 'patient_id' is empty" in message


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a,p3,test,no,0.9,0.1", "line 4: 'case_id' occurs a second time"),
        ("c,p3,tset,no,0.9,0.1", "line 4: 'part' must be one of"),
        ("c,p3,test,no,1.9,-0.9", "line 4: a score lies outside 0 to 1"),
        ("c,p3,test,no,0.9,0.2", "line 4: the scores of the classes don't add up to 1"),
        ("c,p3,test,yess,0.9,0.1", "line 4: the truth 'yess' has no score column (did you mean 'yes'?)"),
    ],
)
def test_a_wrong_row_is_refused_with_its_line(table: Path, row: str, message: str) -> None:
    assert message in refused(table, HEAD + GOOD + row + "\n")


def test_several_wrong_rows_are_counted(table: Path) -> None:
    assert "(2 rows in all)" in refused(table, HEAD + GOOD + "c,,test,no,0.9,0.1\nd,,test,no,0.9,0.1\n")


def test_a_table_of_no_rows_and_a_missing_file_are_refused(table: Path) -> None:
    assert "no row" in refused(table, HEAD)
    with pytest.raises(DataError, match="There is no table"):
        predictions.read(table.with_name("other.csv"))


def test_a_single_score_with_three_words_of_truth_is_refused(table: Path) -> None:
    text = "case_id,patient_id,truth,score_yes\na,p1,yes,0.7\nb,p2,no,0.2\nc,p3,maybe,0.2\n"
    assert "the truth must be 'yes' or one other word" in refused(table, text)
