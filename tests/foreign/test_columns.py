"""Which column of a foreign table is whose: one finding alone, patients in two spellings, one column twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import DataError
from pipeline.foreign import Columns, Foreign, read

USUAL = "case_id,patient_id,truth,"


def table(folder: Path, text: str, **columns: str) -> Foreign:
    """The text as read from a file; a bar in it is a new line."""
    path = folder / "study.csv"
    path.write_text(text.replace("|", "\n") + "\n", encoding="utf-8")
    return read(path, Columns(**columns))


def test_a_single_finding_is_scored_by_the_command_that_is_told(tmp_path: Path) -> None:
    text = "case_id,patient_id,truth_a,score_a|a,p,1,0.75|b,q,0,0.5"
    with pytest.raises(DataError, match=r"TRUTH=truth_a SCORE=score_a|--truth truth_a --score score_a"):
        table(tmp_path, text)
    again = table(tmp_path, text, truth="truth_a", score="score_a")
    assert again.first.probability[:, -1].tolist() == [0.75, 0.5]


def test_patients_who_are_spelt_in_two_ways_count_once_and_that_is_told(tmp_path: Path) -> None:
    text = f"{USUAL}score_yes|a,P7,yes,0.75|b,p7,no,0.5|c,007,no,0.5|d,7.0,no,0.5|e,P07,no,0.5"
    foreign = table(tmp_path, text)
    assert list(foreign.first.frame["patient_id"]) == ["P7", "P7", "007", "007", "P07"]
    (note,) = [note for note in foreign.notes if "spelt" in note]
    assert note.startswith("2 patients are spelt in two ways")
    assert "as in lines 2 and 3:" in note
    assert not [n for n in table(tmp_path, f"{USUAL}score_yes|a,p,yes,0.7|b,p,no,0.5").notes if "spelt" in n]


def test_one_column_is_not_both_the_truth_and_the_answer(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="named as the truth and as what a model said"):
        table(tmp_path, f"{USUAL}p|a,p,1,0.7|b,q,0,0.5", truth="p", score="p")


def test_cases_that_may_be_one_in_two_spellings_are_told_and_count_as_two(tmp_path: Path) -> None:
    foreign = table(
        tmp_path, f"{USUAL}score_yes|Scan1,p,yes,0.75|b,q,no,0.5|scan1,r,no,0.5|7,s,no,0.5|07,t,no,0.5"
    )
    assert list(foreign.first.frame["case_id"]) == ["Scan1", "b", "scan1", "7", "07"]
    (note,) = [note for note in foreign.notes if "called as another" in note]
    assert note.startswith("2 cases are called as another, but for capital letters, leading zeros")
    assert "as in lines 2 and 4:" in note
    assert not table(tmp_path, f"{USUAL}score_yes|a,p,yes,0.7|b,q,no,0.5").notes
