"""Tables of predictions as people have them come out right, or are refused with what to do."""

from __future__ import annotations

import shlex
from pathlib import Path

import openpyxl
import pytest

from pipeline import arguments
from pipeline.errors import DataError, UsageError
from pipeline.foreign import Columns, Foreign, read

USUAL = "case_id,patient_id,truth,"


def table(folder: Path, text: str, name: str = "study.csv", **columns: str) -> Foreign:
    """The text as read from a file; a bar in it is a new line."""
    path = folder / name
    path.write_text(text.replace("|", "\n") + "\n", encoding="utf-8")
    models = tuple(name for name in columns.pop("models", "").split(",") if name)
    return read(path, Columns(**columns, models=models))


def positive(foreign: Foreign, model: str = "") -> dict[str, float]:
    """The positive class' probability of each case."""
    read_in = foreign.models[model]
    return dict(zip(read_in.frame["case_id"], read_in.probability[:, -1].tolist(), strict=True))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", f"{USUAL}score_yes|a,p,yes,0.75|b,q,no,0.5"),
        ("a.tsv", f"{USUAL}score_yes|a,p,yes,0.75|b,q,no,0.5".replace(",", "\t")),
        ("a.csv", "case_id;patient_id;truth;score_yes|a;p;yes;0,75|b;q;no;0,5"),
        ("a.csv", f'{USUAL}score_yes|a,p,yes,"0,75"|b,q,no,"0,5"'),
        ("a.csv", f"{USUAL}score_no,score_yes|a,p,yes,.25,75e-2|b,q,no,5E-1,0.5"),
    ],
    ids=["csv", "tsv", "semicolons", "quoted commas", "two columns"],
)
def test_the_same_table_in_any_dress_gives_the_same_numbers(tmp_path: Path, name: str, text: str) -> None:
    foreign = table(tmp_path, text, name)
    assert positive(foreign) == {"a": 0.75, "b": 0.5}
    assert foreign.first.classes == ("no", "yes")


def test_a_spreadsheet_is_read_as_its_numbers_stand_in_it(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["case_id", "patient_id", "truth", "p"], ["a", 7, 1, 0.75], ["b", 8, 0, 0.5]):
        book.active.append(row)
    book.save(tmp_path / "study.xlsx")
    foreign = read(tmp_path / "study.xlsx", Columns(score="p"))
    assert positive(foreign) == {"a": 0.75, "b": 0.5}
    assert foreign.first.classes == ("0", "1")
    assert list(foreign.first.frame["patient_id"]) == ["7", "8"]
    assert "'p' is taken for the score of '1'" in foreign.notes


def test_columns_have_the_names_that_were_given(tmp_path: Path) -> None:
    text = "scan,person,gold,prob|a,p,ill,0.75|b,q,well,0.5"
    given = {"truth": "gold", "patient": "person", "case": "scan", "score": "prob"}
    assert positive(table(tmp_path, text, positive="ill", **given)) == {"a": 0.75, "b": 0.5}
    assert positive(table(tmp_path, text, positive="well", **given)) == {"a": 0.75, "b": 0.5}


def test_the_positive_class_may_be_the_one_without_a_score(tmp_path: Path) -> None:
    foreign = table(tmp_path, f"{USUAL}score_yes|a,p,yes,0.75|b,q,no,0.5", positive="no")
    assert foreign.first.classes == ("yes", "no")
    assert positive(foreign) == {"a": 0.25, "b": 0.5}


def test_of_two_columns_the_positive_one_can_be_chosen(tmp_path: Path) -> None:
    foreign = table(tmp_path, f"{USUAL}score_no,score_yes|a,p,yes,0.25,0.75|b,q,no,0.5,0.5", positive="no")
    assert foreign.first.classes == ("yes", "no")
    assert positive(foreign) == {"a": 0.25, "b": 0.5}


def test_rounded_probabilities_are_divided_by_their_sum_and_told(tmp_path: Path) -> None:
    text = f"{USUAL}score_a,score_b,score_c|1,p,a,0.333,0.333,0.333|2,q,b,0.2,0.5,0.3|3,r,c,0.1,0.2,0.701"
    foreign = table(tmp_path, text)
    assert foreign.first.probability[0].tolist() == pytest.approx([1 / 3] * 3, abs=1e-15)
    assert foreign.first.probability[1].tolist() == [0.2, 0.5, 0.3]
    assert foreign.first.probability[2].tolist() == pytest.approx([0.1 / 1.001, 0.2 / 1.001, 0.701 / 1.001])
    [note] = foreign.notes
    assert note.startswith("scores rounded to 3 digits don't add up to 1 in 2 rows (by 0.001 at most)")


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        ("0.33,0.33,0.3", "line 2: the scores of the classes add up to 0.96"),
        ("1,1,0", "add up to 2"),
        ("0.9,0.9,0.9", "add up to 2.7"),
        ("0.9,0.1,", "line 2: 'score_c' is empty"),
        ("0.9,0.1,none", "line 2: 'score_c' is not a number"),
        ("0.9,0.1,1_0", "line 2: 'score_c' is not a number"),
        ("0.9,0.1,nan", "line 2: 'score_c' is not a number"),
        ("90,10,0", "Are they per cent?"),
        ("-1.5,2.5,0.1", "Are they logits?"),
        ("0.9,0.1,1.2", "'score_c' goes from 0.3 to 1.2, expected probabilities from 0 to 1"),
    ],
)
def test_what_are_no_probabilities_is_refused_with_its_line(tmp_path: Path, scores: str, words: str) -> None:
    with pytest.raises(DataError) as refused:
        table(tmp_path, f"{USUAL}score_a,score_b,score_c|1,p,a,{scores}|2,q,b,0.2,0.5,0.3|3,r,c,0.2,0.5,0.3")
    assert words in str(refused.value)


def test_a_failed_prediction_needs_no_score(tmp_path: Path) -> None:
    foreign = table(tmp_path, f"{USUAL}score_yes,status|a,p,yes,0.75,ok|b,q,no,0.5,ok|c,q,no,,failed")
    assert foreign.first.measurable("external").tolist() == [True, True, False]


def test_truths_that_a_spreadsheet_made_numbers_are_whole_again(tmp_path: Path) -> None:
    foreign = table(tmp_path, f"{USUAL}score_1|a,p,1.0,0.75|b,q,0.0,0.5")
    assert foreign.first.classes == ("0", "1")


@pytest.mark.parametrize("word", ["NA", "nan", "#N/A", "NULL"])
def test_what_programs_write_for_no_truth_is_no_class(tmp_path: Path, word: str) -> None:
    """The frame of a statistics program has NA where the truth isn't known, and then 1.0 for 1."""
    foreign = table(tmp_path, f"{USUAL}score|a,p,1.0,0.75|b,q,0.0,0.5|c,r,{word},0.9", score="score")
    assert foreign.first.classes == ("0", "1")
    assert foreign.first.measurable("external").tolist() == [True, True, False]
    assert f"1 row of unknown truth: '{word}'" in foreign.notes


def test_a_missing_truth_is_not_the_other_class_of_the_positive_one(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the truth has 1"):
        table(tmp_path, f"{USUAL}p|a,p,ill,0.75|b,q,NA,0.5", score="p", positive="ill")


def test_a_class_may_be_called_so_where_it_has_a_score(tmp_path: Path) -> None:
    assert table(tmp_path, f"{USUAL}score_NA,score_B|a,p,NA,0.75,0.25|b,q,B,0.5,0.5").first.classes == (
        "NA",
        "B",
    )


@pytest.mark.parametrize("header", ["score_0,score_1", "score_1,score_0"])
def test_the_order_of_two_columns_turns_no_usual_pair_round(tmp_path: Path, header: str) -> None:
    scores = {"score_0": 0.25, "score_1": 0.75}
    line = ",".join(f"{scores[name]}" for name in header.split(","))
    foreign = table(tmp_path, f"{USUAL}{header}|a,p,1,{line}|b,q,0,{line}")
    assert foreign.first.classes == ("0", "1")
    assert (positive(foreign), foreign.notes) == ({"a": 0.75, "b": 0.75}, ())


def test_which_of_two_classes_is_looked_for_is_told_where_only_their_order_says_it(tmp_path: Path) -> None:
    text = f"{USUAL}score_ill,score_well|a,p,ill,0.75,0.25|b,q,well,0.5,0.5"
    [note] = table(tmp_path, text).notes
    assert note == (
        "'well' counts as the finding that is looked for; if it is the other, add `POSITIVE=ill` to the command"
    )
    assert table(tmp_path, text, positive="ill").notes == ()


def test_without_a_column_of_cases_each_row_is_one_and_that_is_told(tmp_path: Path) -> None:
    foreign = table(tmp_path, "patient_id,truth,score_yes|p,yes,0.75|q,no,0.5")
    assert positive(foreign) == {"line 2": 0.75, "line 3": 0.5}
    assert foreign.notes == ("no column case_id: each row counts as a case of its own",)


def test_models_are_known_by_their_columns(tmp_path: Path) -> None:
    text = (
        f"{USUAL}score_net_yes,score_net_no,score_the_reader_yes|a,p,yes,0.75,0.25,0.5|b,q,no,0.5,0.5,0.125"
    )
    foreign = table(tmp_path, text)
    assert list(foreign.models) == ["net", "the_reader"]
    assert positive(foreign, "the_reader") == {"a": 0.5, "b": 0.125}
    assert positive(foreign, "net") == {"a": 0.75, "b": 0.5}


@pytest.mark.parametrize(
    ("header", "finding"),
    [
        ("score_a_ill,score_a_well,score_b_well,score_b_ill", "well"),
        ("score_a_ill,score_a_well,score_b_ill", "ill"),
        ("score_b_ill,score_a_ill,score_a_well", "ill"),
    ],
)
def test_models_are_asked_for_one_finding_whatever_the_order_of_their_columns(
    tmp_path: Path, header: str, finding: str
) -> None:
    said = {"a": {"ill": 0.75, "well": 0.25}, "b": {"ill": 0.5, "well": 0.5}}
    line = ",".join(str(said[name.split("_")[1]][name.split("_")[2]]) for name in header.split(","))
    foreign = table(tmp_path, f"{USUAL}{header}|x,p,ill,{line}|y,q,well,{line}")
    assert {model: read_in.classes[-1] for model, read_in in foreign.models.items()} == {
        "a": finding,
        "b": finding,
    }
    assert positive(foreign, "a")["x"] == said["a"][finding]


@pytest.mark.parametrize(
    "header", ["net,reader", "score_net,score_reader", "net_1,reader_1", "score_net_1,score_reader_1"]
)
def test_models_that_are_named_are_found(tmp_path: Path, header: str) -> None:
    foreign = table(tmp_path, f"{USUAL}{header}|a,p,1,0.75,0.5|b,q,0,0.5,0.125", models="net,reader")
    assert positive(foreign, "net") == {"a": 0.75, "b": 0.5}
    assert positive(foreign, "reader") == {"a": 0.5, "b": 0.125}


TWO = "|a,p,yes,0.75|b,q,no,0.5"
REFUSED = {
    "no truth": ("case_id,patient_id,label,score_yes" + TWO, "no column 'truth'", "--truth label"),
    "no patient": ("case_id,person,truth,score_yes" + TWO, "Intervals need to know", "--patient person"),
    "no patient at all": ("case_id,x,truth,score_yes" + TWO, "if each row is another", "--patient case_id"),
    "no score": (f"{USUAL}prob{TWO}", "no score column", "--score prob --positive yes"),
    "unknown positive": (
        f"{USUAL}score|a,p,ill,0.75|b,q,well,0.5",
        "no score column",
        "--score score --positive well",
    ),
    "models not told": (
        f"{USUAL}score_net,score_reader|a,p,yes,0.75,0.5|b,q,no,0.5,0.5",
        "the truth 'no' has no score column",
        "--models net,reader",
    ),
}  # fmt: skip


@pytest.mark.parametrize("which", REFUSED)
def test_what_can_not_be_known_is_asked_for_by_a_command_that_works(
    tmp_path: Path, which: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text, words, options = REFUSED[which]
    with pytest.raises(DataError) as refused:
        table(Path(), text)
    assert words in str(refused.value)
    [command] = [part for part in str(refused.value).split("`") if options in part]
    given = arguments.parse(shlex.split(command)[-len(shlex.split(options)) - 2 :])
    models = tuple(name for name in given.models.split(",") if name)
    again = Columns(given.truth, given.patient, given.case, given.score, given.positive, models)
    assert read(Path(given.table), again).models


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("case_id,patient_id,structure,dice,hd95_mm|a,p,liver,0.9,3", "a table of segmentation"),
    ],
)
def test_a_table_of_another_question_is_refused_by_its_name(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(DataError, match=words) as refused:
        table(tmp_path, text)
    assert "such as 'truth_liver' and 'dice_liver'" in str(refused.value)


def test_classes_called_by_numbers_are_no_measurement(tmp_path: Path) -> None:
    rows = "|".join(f"{n},p{n},{n},{','.join('1' if k == n else '0' for k in range(25))}" for n in range(25))
    header = ",".join(f"score_{n}" for n in range(25))
    assert len(table(tmp_path, f"{USUAL}{header}|{rows}").first.classes) == 25


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"{USUAL}score_yes|a,p,yes,0.5|a,q,no,0.5", "line 3: 'case_id' occurs a second time"),
        (f"{USUAL}score_yes|a,,yes,0.5|b,q,no,0.5", "line 2: 'patient_id' is empty"),
        (f"{USUAL}score_yes|a,p,,0.5|b,q,,0.5", "no row has a truth"),
        (f"{USUAL}score_yes", "has no rows under its header"),
        ("", "has no rows under its header"),
        (f"{USUAL}score_p|a,p,ill,0.5|b,q,well,0.5|c,r,dead,0.5", "the truth has 3 (dead, ill, well)"),
    ],
)
def test_rows_that_can_not_be_used_are_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(DataError) as refused:
        table(tmp_path, text)
    assert words in str(refused.value)


def test_no_file_and_a_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no table"):
        read(tmp_path / "none.csv", Columns())
    with pytest.raises(UsageError, match="is a folder"):
        read(tmp_path, Columns())
