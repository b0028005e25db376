from __future__ import annotations

from collections import Counter

import pytest

from pipeline.errors import ConfigError, DataError
from pipeline.records import PARTS
from pipeline.tasks.classification.classes import Classes
from pipeline.tasks.classification.misfits import require_question
from pipeline.tasks.classification.target import choose_classes, require_parts
from pipeline.tasks.classification.words import read_words


def refuse(keys: tuple[str | int, ...], message: str) -> ConfigError:
    return ConfigError(f"{keys[-1]}: {message}")


def read(
    *cells: str, classes: dict[str, list[str]] | None = None, missing: tuple[str, ...] = ()
) -> list[str]:
    """The class of each cell of a column that has these."""
    words = read_words(cells, classes or {}, missing)
    return [words.value_of(cell) for cell in cells]


def question(*words: str) -> None:
    require_question(Counter(words), "grade", cell_of="the cell of {}".format, refuse=refuse)


def choose(
    words: dict[str, int],
    positive: str | None,
    missing: dict[str, int] | None = None,
    stated: tuple[str, ...] = (),
) -> tuple[str, ...]:
    return choose_classes(words, positive, missing=missing or {}, refuse=refuse, stated=stated)


@pytest.mark.parametrize(
    "word",
    ["", " ", "NaN", "nan", "N/A", "n/a", "NA", "None", "NULL", "unknown", "Unknown ", "MISSING", "#N/A", "<NA>", "?", "--", ".",
     "unbekannt", "Keine Angabe", "k.A.", "inconnu", "desconocido", "not available", "Not reported", "TBD", "n.d.", "N/K", "fehlt", "pending"],
)  # fmt: skip
def test_words_for_a_missing_value_are_no_classes(word: str) -> None:
    assert read("yes", "no", word) == ["yes", "no", ""]


@pytest.mark.parametrize("code", ["-1", "-9", "-99", "-999", "-1.0", "9", "99", "999"])
def test_a_number_that_stands_for_missing_among_words_is_no_class(code: str) -> None:
    assert read("yes", "no", code) == ["yes", "no", ""]


def test_a_number_among_numbers_is_a_class_until_somebody_says_otherwise() -> None:
    assert read("1", "0", "-1") == ["1", "0", "-1"]
    assert read("1", "0", "-1", missing=("-1",)) == ["1", "0", ""]


@pytest.mark.parametrize(
    ("one", "other"),
    [("grade 1", "grade_1"), ("grade 1", "Grade-1"), ("T\u20111", "T-1"), ("COVID19", "COVID-19"), ("01", "1"), ("y", "yes"), ("neg", "Negative"), ("pos itive", "pos-itive")],
)  # fmt: skip
def test_classes_that_differ_only_in_how_they_are_written_are_refused_unless_the_yaml_has_them(
    one: str, other: str
) -> None:
    words = {one: 12, other: 5, "none of it": 9}
    with pytest.raises(DataError, match="Labels differ only in how they are written") as error:
        choose(words, None)
    assert f'"{one}"' in str(error.value) or one in str(error.value)
    assert choose(words, None, stated=(one, other)) == tuple(sorted(words))


@pytest.mark.parametrize(
    ("one", "other"),
    [("T1-2", "T12"), ("grade 1", "grade -1"), ("+1", "-1"), ("1-2", "12"), ("I", "II"), ("0.1", "01")],
)
def test_numbers_and_signs_in_words_tell_classes_apart(one: str, other: str) -> None:
    assert choose({one: 12, other: 5, "none of it": 9}, None) == tuple(sorted((one, other, "none of it")))


def test_the_way_to_one_against_the_others_says_where_words_for_nothing_go() -> None:
    with pytest.raises(ConfigError, match="stands for nothing: into 'yes' or into"):
        choose({"yes": 10, "no": 10, "unclear": 10}, "yes")


def test_a_minus_is_a_grade_where_a_plus_is() -> None:
    assert read("+", "-", "?") == ["+", "-", ""]
    assert read("x", "y", "-") == ["x", "y", ""]


def test_words_differ_by_nothing_that_nobody_means() -> None:
    assert read("no\u00a0 finding", " no finding\u200b", "1.0", "1", "TRUE", "True") == [
        "no finding", "no finding", "1", "1", "true", "true",
    ]  # fmt: skip
    assert read("e\u0301", "\u00e9") == ["\u00e9", "\u00e9"]


def test_words_are_mapped_to_classes_and_to_nothing() -> None:
    classes = {"malignant": ["1", "bösartig"], "benign": ["0"]}
    assert read("1", "1.0", "bösartig", "0", "2", "?", classes=classes, missing=("2",)) == [
        "malignant", "malignant", "malignant", "benign", "", "",
    ]  # fmt: skip


def test_a_word_for_missing_can_be_made_a_class() -> None:
    classes = {"none": ["None"], "mild": ["mild"], "empty": [""]}
    assert read("None", "mild", "", "NaN", classes=classes) == ["none", "mild", "empty", ""]


@pytest.mark.parametrize(
    "cell", ["Mass|Nodule", "Mass; Nodule", "Mass;Nodule", "Mass\nNodule", "['Mass', 'Nodule']", "Mass, Effusion", "Effusion/Mass", "Mass and Effusion"],
)  # fmt: skip
def test_several_findings_in_a_cell_are_a_question_of_another_kind(cell: str) -> None:
    with pytest.raises(
        ConfigError, match="target: the column 'grade' has several findings in one cell"
    ) as error:
        question("Mass", "Effusion", cell)
    assert "the cell of" in str(error.value)
    assert "of the kind multilabel. Say `task: multilabel`" in str(error.value)


@pytest.mark.parametrize("word", ["Pneumonia, viral", "high/low", "3/4", "1,5", "grade 1-2", "A+B"])
def test_a_comma_in_a_word_makes_no_list_of_it(word: str) -> None:
    question("Mass", "Effusion", word)


@pytest.mark.parametrize(
    "words",
    [
        [str(50 + n) for n in range(20)],
        [f"{n / 2}" for n in range(8)],
        [f"{n},5" for n in range(8)],
        [*(str(n) for n in range(40)), ">90"],
    ],
)
def test_a_number_with_many_levels_is_a_question_of_another_kind(words: list[str]) -> None:
    with pytest.raises(
        ConfigError, match=r"is a number with \d+ levels \(.* to .*\), a question of the kind regression"
    ):
        question(*words)


def test_grades_are_classes() -> None:
    question(*map(str, range(10)))
    question("1", "1.5", "2", "2.5")


@pytest.mark.parametrize(
    "date", ["2024-02-01", "2024-02-01 10:30", "01.02.2024", "2/1/2024", "1-Feb", "01. Feb", "Feb-24", "02. Mrz", "1:20", "45323"]
)  # fmt: skip
def test_a_grade_that_a_spreadsheet_turned_into_a_date_is_told_with_its_cell(date: str) -> None:
    with pytest.raises(DataError) as error:
        question("0-1", "n. d.", date)
    assert f"has the date '{date}' in the column 'grade' (the cell of {date})" in str(error.value)


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("#REF!", "the error #REF!"),
        ("#DIV/0!", "the error #DIV/0!"),
        ("#UNCOMPUTED!", "a formula without its result"),
    ],
)
def test_a_broken_formula_is_told_with_its_cell(word: str, told: str) -> None:
    with pytest.raises(DataError, match=rf"has {told} in the column 'grade' \(the cell of {word}\)"):
        question("yes", word)


def test_files_are_masks_a_question_of_another_kind() -> None:
    with pytest.raises(ConfigError, match=r"names files \('a/1\.nii\.gz'.*of the kind segmentation"):
        question("a/1.nii.gz", "a/2.nii.gz")


def test_remarks_are_no_classes() -> None:
    with pytest.raises(DataError, match=r"has 60 different words for 60 scans .*: remarks or names"):
        question(*(f"remark {number}" for number in range(60)))
    with pytest.raises(DataError, match=r"has 12 different words for 12 scans .*: remarks or names"):
        question(*(f"{n} months" for n in range(1, 13)))
    question(*(f"site {n % 12}" for n in range(24)))


def test_two_classes_stand_with_the_positive_last() -> None:
    assert choose({"a": 2, "b": 1}, "a") == ("b", "a")
    assert choose({"1": 2, "0": 1}, "1.0") == ("0", "1")


def test_three_classes_stand_by_name() -> None:
    assert choose({"c": 1, "a": 1, "b": 1}, None) == ("a", "b", "c")


def told(error: pytest.ExceptionInfo[Exception]) -> str:
    return str(error.value)


def test_a_positive_that_is_missing_or_unknown_is_told_with_words_and_counts() -> None:
    with pytest.raises(ConfigError) as error:
        choose({"no": 3, "yes": 2}, None)
    assert (
        told(error)
        == "positive: 'positive' is missing: say which of 'no' 3, 'yes' 2 is the finding looked for."
    )
    with pytest.raises(ConfigError, match=r"no labelled scan has the class 'yess' \(did you mean 'yes'\?\)"):
        choose({"no": 3, "yes": 2}, "yess")


def test_rare_words_beside_two_classes_are_told_with_the_lines_that_settle_them() -> None:
    with pytest.raises(ConfigError) as error:
        choose({"yes": 40, "no": 50, "yess": 1, "TBD": 2}, "yes")
    assert told(error) == (
        "positive: 'positive' is for two classes, and the labels have 4 words: 'no' 50, 'yes' 40, 'TBD' 2, "
        "'yess' 1. If the others are slips or stand for nothing, copy this below `cohort:`: "
        '`classes: {"yes": ["yes", yess], "no": ["no"]}` and `missing: [TBD]`.'
    )


def test_three_classes_with_a_positive_are_told_both_ways_on() -> None:
    with pytest.raises(ConfigError) as error:
        choose({"benign": 30, "malignant": 20, "normal": 30}, "malignant")
    assert told(error).endswith(
        "To tell all 3 apart, leave 'positive' out; to ask for one against the others, copy this below "
        "`cohort:`: `classes: {malignant: [malignant], not malignant: [benign, normal]}`, and move what is a slip or "
        "stands for nothing: into 'malignant' or into `missing: [...]`."
    )


def test_one_class_is_too_few_and_the_word_that_may_be_the_other_is_named() -> None:
    with pytest.raises(DataError) as error:
        choose({"yes": 20}, "yes", {"None": 18, "?": 1})
    assert told(error) == (
        "All labelled scans have the label 'yes' ('yes' 20). Two classes are needed. Words that stand for a "
        "missing value: 'None' 18, '?' 1. To make a class of one, copy this below `cohort:`: "
        '`classes: {"yes": ["yes"], None: [None]}`.'
    )


@pytest.mark.parametrize("twins", [{"No": 1, "no": 9}, {"true": 5, "1": 3}])
def test_words_that_differ_in_spelling_are_told_with_the_line_that_makes_them_one(
    twins: dict[str, int],
) -> None:
    with pytest.raises(
        DataError, match=r"differ only in how they are written, or in language: .*`classes: \{"
    ):
        choose(twins | {"other": 4}, None)


QUESTION = Classes(("well", "sick"), "sick")


@pytest.mark.parametrize("lacking", PARTS)
def test_a_part_without_a_class_is_refused_with_the_numbers_of_all(lacking: str) -> None:
    parts = {f"p{number}": PARTS[number // 2] for number in range(6)}
    classes = {patient: {"well"} if part == lacking else {"sick", "well"} for patient, part in parts.items()}
    with pytest.raises(DataError) as error:
        require_parts(parts, classes, QUESTION, one_vote=False, advice="change it")
    told = "; ".join(f"{part} 'sick' {0 if part == lacking else 2}, 'well' 2" for part in PARTS)
    assert str(error.value) == (
        f"The {lacking} part has no patient with the class 'sick' (patients: {told}). "
        "Add scans of more patients with it, or change it."
    )


def test_patients_with_one_vote_count_as_what_they_are_evaluated_as() -> None:
    parts = {f"p{number}": PARTS[number // 2] for number in range(6)}
    classes = {patient: {"well"} if int(patient[1]) % 2 else {"sick"} for patient in parts}
    require_parts(parts, classes, QUESTION, one_vote=True, advice="change it")
    classes["p5"] = {"sick", "well"}  # the well patient of the test part, who has a sick scan, too
    require_parts(parts, classes, QUESTION, one_vote=False, advice="change it")
    with pytest.raises(
        DataError, match=r"The test part has no patient with the class 'well' .*test 'sick' 2, "
    ) as told:
        require_parts(parts, classes, QUESTION, one_vote=True, advice="change it")
    assert "'well' 0; 1 with scans of several count as 'sick', for `evaluate.unit` is patient)" in str(
        told.value
    )


def test_of_more_classes_a_patient_with_several_has_no_vote() -> None:
    parts = {f"p{number}": PARTS[number // 3] for number in range(9)}
    classes = {patient: {"abc"[int(patient[1]) % 3]} for patient in parts}
    question = Classes(("a", "b", "c"), None)
    require_parts(parts, classes, question, one_vote=True, advice="change it")
    classes["p8"] = {"b", "c"}
    require_parts(parts, classes, question, one_vote=False, advice="change it")
    with pytest.raises(
        DataError, match=r"no patient with the class 'c' .*1 with scans of several count as none"
    ):
        require_parts(parts, classes, question, one_vote=True, advice="change it")


def test_a_class_of_too_few_patients_for_all_parts_is_advised_to_join_another() -> None:
    parts = {f"p{number}": PARTS[number // 2] for number in range(6)}
    classes = {patient: {"odd"} if patient == "p0" else {"well"} for patient in parts}
    with pytest.raises(
        DataError, match=r"if it is no class: `missing: \[odd\]`; or say in `cohort\.classes`"
    ):
        require_parts(parts, classes, Classes(("odd", "well"), "odd"), one_vote=False, advice="change it")
