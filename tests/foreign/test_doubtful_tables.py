"""Tables from elsewhere whose numbers or words may mean something else: told or refused, and the advice ends well."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import DataError
from pipeline.foreign import Columns, Foreign, read

USUAL = "case_id,patient_id,truth,score_yes"
WORDS = ("no", "yes")


def table(folder: Path, header: str, rows: list[str], **columns: str) -> Foreign:
    path = folder / "t.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return read(path, Columns(**columns))


def score(n: int, *, turned: bool = False) -> float:
    """A score that tells odd rows from even ones, with a few errors."""
    right = (n % 2 == 1) is (n % 9 != 0)
    return 0.6 + 0.01 * (n % 30) if right is not turned else 0.4 - 0.01 * (n % 30)


def rows(turned: bool = False, form: str = "{:.3f}", more: str = "") -> list[str]:
    return [f"c{n},p{n},{WORDS[n % 2]},{form.format(score(n, turned=turned))}{more}" for n in range(60)]


def test_scores_of_the_other_class_are_told_and_the_advice_ends_well(tmp_path: Path) -> None:
    [note] = table(tmp_path, USUAL, rows(turned=True)).notes
    assert "the score of 'yes' is lower where the truth is 'yes' (area under the ROC curve 0." in note
    assert "call its column 'score_no' and add `POSITIVE=yes` to the command" in note
    mended = table(tmp_path, USUAL.replace("_yes", "_no"), rows(turned=True), positive="yes")
    assert not mended.notes
    assert mended.first.frame["score_yes"].astype(float)[1] > 0.5
    assert not table(tmp_path, USUAL, rows()).notes


def test_two_columns_of_scores_whose_names_are_exchanged_are_told(tmp_path: Path) -> None:
    written = [f"{row},{1 - float(row.rpartition(',')[2]):.3f}" for row in rows(turned=True)]
    [note] = table(tmp_path, f"{USUAL},score_no", written).notes
    assert "if it is that of 'no', exchange the names of both columns" in note
    assert not table(tmp_path, "case_id,patient_id,truth,score_no,score_yes", written).notes


def test_a_useless_score_is_not_taken_for_that_of_the_other_class(tmp_path: Path) -> None:
    written = [f"c{n},p{n},{WORDS[n % 2]},{(n * 37 % 100) / 100:.2f}" for n in range(60)]
    assert not table(tmp_path, USUAL, written).notes


def test_the_score_of_a_finding_that_is_turned_is_told(tmp_path: Path) -> None:
    header = "case_id,patient_id,truth_a,truth_b,score_a,score_b"
    written = [f"c{n},p{n},{n % 2},{n % 2},{score(n):.3f},{score(n, turned=True):.3f}" for n in range(60)]
    [note] = table(tmp_path, header, written).notes
    assert note.startswith("'score_b' is lower where 'b' is there")
    assert note.endswith("give 1 less it")


@pytest.mark.parametrize("column", ["threshold", "score_threshold", "cutoff"])
def test_a_column_of_thresholds_is_no_class_and_that_is_told(tmp_path: Path, column: str) -> None:
    read_in = table(tmp_path, f"{USUAL},{column}", rows(more=",0.3"))
    assert f"the column '{column}' isn't read: of two classes the likelier is decided for" in read_in.notes
    assert list(read_in.models) == [""]


def test_scores_with_a_sign_of_per_cent_are_read_and_told(tmp_path: Path) -> None:
    read_in = table(tmp_path, USUAL, rows(form="{:.1%}"))
    plain = table(tmp_path, USUAL, rows())
    assert read_in.notes == ("numbers with a % were divided by 100",)
    assert read_in.first.frame["score_yes"].astype(float).to_list() == pytest.approx(
        plain.first.frame["score_yes"].astype(float).to_list()
    )


def test_a_score_that_a_program_left_out_is_told_with_what_it_is_and_the_advice_ends_well(
    tmp_path: Path,
) -> None:
    written = [*rows(), "x,y,yes,nan"]
    with pytest.raises(
        DataError, match=r"line 62: 'score_yes' is not a number \('nan'\)\. .*'status' that says failed"
    ):
        table(tmp_path, USUAL, written)
    states = [f"{row},{'failed' if 'nan' in row else 'ok'}" for row in written]
    assert len(table(tmp_path, f"{USUAL},status", states).first.frame) == 61
    with pytest.raises(
        DataError, match=r"is not a number \('0,5'\)\. Write all numbers alike, with a decimal point"
    ):
        table(tmp_path, USUAL, [*rows(), 'x,y,yes,"0,5"'])


def test_truths_in_two_languages_are_refused_with_their_words_and_marks_are_not_seen(tmp_path: Path) -> None:
    written = [row.replace(",yes,", ",ja,") if n % 4 == 1 else row for n, row in enumerate(rows())]
    with pytest.raises(DataError, match=r"in language: 'ja' and 'yes'\. Write those of one class alike"):
        table(tmp_path, USUAL, written)
    hidden = [row.replace(",yes,", ",y\u200bes,") if n % 4 == 1 else row for n, row in enumerate(rows())]
    assert set(table(tmp_path, USUAL, hidden).first.frame["truth"]) == {"yes", "no"}
    with pytest.raises(DataError, match="where one of these stands for no truth, leave its cells empty"):
        table(tmp_path, USUAL, [*rows(), "x,y,9,0.5"])


def test_patients_whose_names_a_spreadsheet_shortened_are_refused(tmp_path: Path) -> None:
    written = [
        row.replace(f",p{n},", f",1.{n:02d}E+12,") if n in (3, 7) else row for n, row in enumerate(rows())
    ]
    with pytest.raises(
        DataError, match=r"'patient_id' has numbers that a spreadsheet shortened, .*\(lines 5, 9\)"
    ):
        table(tmp_path, USUAL, written)


NUMBERS = "case_id,patient_id,truth,predicted"


def measured(truth: str = "{:.1f}", said: str = "{:.1f}", times: float = 1) -> list[str]:
    return [f"c{n},p{n},{truth.format(40.5 + n)},{said.format(times * (41 + n + n % 5))}" for n in range(50)]


@pytest.mark.parametrize(
    ("times", "words"),
    [
        (0.1, "the truth is about 10 times 'predicted' (median): are they in one unit?"),
        (2.2046, "'predicted' is about 2.2 times the truth (median): are they in one unit?"),
        (1, None), (1.5, None),
    ],
)  # fmt: skip
def test_predictions_in_another_unit_are_told(tmp_path: Path, times: float, words: str | None) -> None:
    notes = table(tmp_path, NUMBERS, measured(times=times)).notes
    assert notes == ((words,) if words else ())


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ([*measured(), "x,y,50,999"], "'predicted' is 999 in line 52, far from all others"),
        ([measured(times=1 if n % 5 else 0.1)[n] for n in range(50)], "times as large: are all predicted in one unit?"),
        ([*measured(), *(f"x{n},y{n},0,50" for n in range(3))], "3 rows have a 'truth' of 0 (first line 52)"),
        (measured(truth="{:.3f}"), "'truth' has three digits behind every point ('40.500')"),
        ([*measured(), "x,y,50,nan"], "1 rows without a predicted number count as failed"),
    ],
)  # fmt: skip
def test_numbers_that_may_be_something_else_are_told(tmp_path: Path, written: list[str], words: str) -> None:
    assert any(words in note for note in table(tmp_path, NUMBERS, written).notes)


def test_a_few_truths_that_are_no_numbers_are_told_by_their_line_not_as_classes(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"line 52: 'truth' is not a number\. Leave it empty"):
        table(tmp_path, NUMBERS, [*measured(), "x,y,>90,80"])


@pytest.mark.parametrize("row", ["mean,mean,60.2,60.4", "c77,Summe:,60.2,60.4", "Mittelwert,p77,60.2,60.4"])
def test_a_row_that_sums_up_the_others_is_no_case(tmp_path: Path, row: str) -> None:
    with pytest.raises(
        DataError, match=r"line 52: the '\w+' is '[\w:]+', so the row sums up others and is no case"
    ):
        table(tmp_path, NUMBERS, [*measured(), row])
