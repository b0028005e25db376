"""Folds of a cross-validation are numbered by their names, and refused where a patient lies in two of them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import DataError
from pipeline.foreign import Columns, Foreign, read
from pipeline.foreign.folds import numbered

HEAD = "case_id,patient_id,truth,score_yes"


def table(folder: Path, *rows: str, head: str = f"{HEAD},fold", **columns: str) -> Foreign:
    """The rows as read from a file with that head."""
    path = folder / "study.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return read(path, Columns(**columns))


@pytest.mark.parametrize(
    ("names", "numbers"),
    [
        (["0", "1", "2"], ["0", "1", "2"]),
        (["3", "1", "2"], ["3", "1", "2"]),
        (["1.0", "2.0", "10.0"], ["1", "2", "3"]),
        (["10", "9", "9"], ["2", "1", "1"]),
        (["MRN 7", "MRN 12", "MRN 7"], ["2", "1", "2"]),
        (["b", "", "a"], ["2", "", "1"]),
    ],
    ids=["from 0", "from 1", "a spreadsheet's", "other numbers", "words", "some without"],
)
def test_folds_keep_their_numbers_and_lose_their_names(names: list[str], numbers: list[str]) -> None:
    assert list(numbered(names)) == numbers


def test_the_rows_of_a_table_with_folds_are_of_a_part_that_says_so(tmp_path: Path) -> None:
    foreign = table(tmp_path, "a,p,yes,0.75,0", "b,q,no,0.5,1")
    assert list(foreign.first.frame["part"]) == ["out-of-fold", "out-of-fold"]
    assert list(foreign.first.frame["fold"]) == ["0", "1"]


def test_a_part_that_the_table_names_stays(tmp_path: Path) -> None:
    foreign = table(tmp_path, "a,p,yes,0.75,0,test", "b,q,no,0.5,1,test", head=f"{HEAD},fold,part")
    assert list(foreign.first.frame["part"]) == ["test", "test"]


def test_another_column_can_be_named_and_groups_nobody_then(tmp_path: Path) -> None:
    foreign = table(tmp_path, "a,p,yes,0.75,x", "b,q,no,0.5,y", head=f"{HEAD},by_run", fold="by_run")
    assert list(foreign.first.frame["fold"]) == ["1", "2"]
    assert "by_run" not in foreign.first.frame
    assert foreign.columns.arguments() == {"FOLD": "by_run"}


def test_rows_that_were_learnt_from_need_no_fold(tmp_path: Path) -> None:
    rows = ("a,p,yes,0.75,0,test", "b,q,no,0.5,1,test", "c,r,no,0.5,,validation")
    foreign = table(tmp_path, *rows, head=f"{HEAD},fold,part")
    assert list(foreign.first.frame["fold"]) == ["0", "1", ""]


REFUSED = {
    "no fold": (("a,p,yes,0.75,0", "b,q,no,0.5,", "c,r,no,0.5,1"), "line 3: 'fold' is empty. Say in which"),
    "one fold": (("a,p,yes,0.75,0", "b,q,no,0.5,0"), "'fold' names one fold only"),
    "two folds": (("a,p,yes,0.75,0", "b,q,no,0.5,1", "c,p,yes,0.5,1"), "line 2: the patient has rows in"),
}


@pytest.mark.parametrize(("rows", "words"), REFUSED.values(), ids=REFUSED)
def test_folds_that_are_none_are_refused(rows: tuple[str, ...], words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=re.escape(words)):
        table(tmp_path, *rows)


def test_a_column_that_is_not_there_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=re.escape("no column 'splt' (did you mean 'split'?)")):
        table(tmp_path, "a,p,yes,0.75,0", "b,q,no,0.5,1", head=f"{HEAD},split", fold="splt")


@pytest.mark.parametrize("seed", range(8))
def test_no_patient_passes_in_two_folds_whoever_it_is(seed: int, tmp_path: Path) -> None:
    generator = np.random.default_rng(seed)
    patients, folds = 12, int(generator.integers(2, 6))
    fold_of = generator.permutation(patients) % folds
    whose = np.concatenate([np.arange(patients), generator.integers(patients, size=18)])
    rows = [
        f"c{case},p{patient},{('no', 'yes')[patient % 2]},0.5,{fold_of[patient]}"
        for case, patient in enumerate(whose)
    ]
    order = generator.permutation(len(rows))
    assert table(tmp_path, *(rows[at] for at in order)).first.frame["fold"].nunique() == folds
    strayed = patients + int(generator.integers(18))  # a second scan of somebody
    row, _, fold = rows[strayed].rpartition(",")
    rows[strayed] = f"{row},{(int(fold) + 1) % folds}"
    with pytest.raises(DataError, match="had learned from"):
        table(tmp_path, *(rows[at] for at in order))
