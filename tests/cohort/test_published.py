from __future__ import annotations

import pytest

from pipeline.cohort.published import (
    overlap_notices,
    parts_of_persons,
    read_published,
    require_no_overlap,
)
from pipeline.errors import DataError

PERSONS = {"c1": "P", "c2": "P", "c3": "Q", "c4": "R"}


def published(**words: str):
    values = {case_id: {word: [line]} for line, (case_id, word) in enumerate(words.items(), start=2)}
    return read_published("split", values, PERSONS)


@pytest.mark.parametrize(
    ("word", "part"),
    [
        ("Training", "train"),
        ("VAL", "validation"),
        ("valid", "validation"),
        ("dev", "validation"),
        ("tune", "validation"),
        ("holdout", "test"),
        ("testing", "test"),
    ],
)
def test_parts_have_several_spellings(word: str, part: str) -> None:
    assert parts_of_persons(published(c1="train", c3=word))["Q"] == part


def test_an_unknown_part_is_refused_with_its_line() -> None:
    with pytest.raises(
        DataError, match=r"'fold 3' in the column 'split' \(line 3\) is no part. Known are dev,"
    ):
        published(c1="train", c3="fold 3")


def test_an_empty_word_prescribes_nothing() -> None:
    assert parts_of_persons(published(c1="train", c3="")) == {"P": "train"}


def test_a_column_without_train_is_refused() -> None:
    with pytest.raises(DataError, match="puts no labelled scan into train"):
        published(c1="test", c3="val")


def test_a_patient_in_two_parts_is_refused_with_counts_and_the_way_on() -> None:
    with pytest.raises(DataError) as error:
        require_no_overlap(published(c1="train", c2="test", c3="train", c4="test"))
    message = str(error.value)
    assert "The column 'split' puts 1 patients into more than one part" in message
    assert "1 of 2 scans of train, 1 of 2 scans of test (P)" in message
    assert "cohort.on_patient_overlap: redraw" in message


def test_the_overlap_is_a_finding_with_its_scans() -> None:
    (notice,) = overlap_notices(published(c1="train", c2="test", c3="train", c4="test"))
    assert (notice.kind, notice.count, notice.case_ids) == ("patient_overlap", 1, ("c1", "c2"))
    assert notice.detail.endswith("all parts were drawn anew by patient")


def test_one_scan_in_two_rows_with_two_parts_is_an_overlap() -> None:
    found = read_published("split", {"c3": {"train": [2], "test": [3]}}, PERSONS)
    assert found.overlap == ["Q"]


def test_without_overlap_nothing_is_found() -> None:
    found = published(c1="train", c2="train", c3="test")
    require_no_overlap(found)
    assert overlap_notices(found) == []
