"""The table of a segmentation: what its cells mean, and which can't be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from invented_masks import NAMES, UNKNOWN, cells, frame, row

from pipeline.errors import DataError
from pipeline.tasks.segmentation.predictions import read


def written(folder: Path, table: pd.DataFrame) -> Path:
    path = folder / "predictions.csv"
    table.to_csv(path, index=False)
    return path


def whole() -> list[dict[str, str]]:
    return [
        row("c0", "p0", cells(0.9), cells(0.5, 4.0, 6.0)),
        row("c1", "p1", cells(0.0, 2.0, 0.0), cells(None, said=0.25)),
        row("c2", "p2", cells(None), cells(0.7)) | {"predicted_anterior": "0"},
        row("c3", "p3", cells(0.8), UNKNOWN),
    ]


def test_each_number_stands_where_the_reference_holds_the_structure(tmp_path: Path) -> None:
    rows = whole()
    rows[2] |= {"volume_predicted_ml_anterior": "0", "false_components_anterior": "0"}
    table = read(written(tmp_path, frame(rows)))
    assert table.names == NAMES
    assert table.measurable("test").all()
    nan = np.nan
    scored = table.scored
    np.testing.assert_array_equal(scored.dice, [[0.9, 0.5], [0, nan], [nan, 0.7], [0.8, nan]])
    np.testing.assert_array_equal(scored.missed, [[0, 0], [1, nan], [nan, 0], [0, nan]])
    np.testing.assert_array_equal(scored.invented, [[nan, nan], [nan, 1], [0, nan], [nan, nan]])
    np.testing.assert_array_equal(scored.invented_ml, [[nan, nan], [nan, 0.25], [nan, nan], [nan, nan]])
    np.testing.assert_array_equal(scored.volume_predicted, [[3, 6], [0, nan], [nan, 3], [3, nan]])
    assert list(table.frame["truth"]) == ["1|1", "1|0", "0|1", "1|"]


def test_a_prediction_that_failed_missed_what_was_there(tmp_path: Path) -> None:
    numbers = dict.fromkeys(cells(0.9), "") | {"truth": "1", "volume_truth_ml": "3"}
    table = read(written(tmp_path, frame([row("c9", "p9", numbers, numbers, status="failed"), whole()[0]])))
    assert table.measurable("test").tolist() == [True, True]
    assert table.failed.tolist() == [True, False]
    assert table.scored.dice[0].tolist() == table.scored.nsd[0].tolist() == [0, 0]
    assert table.scored.missed[0].tolist() == [1, 1]
    assert table.scored.volume_predicted[0].tolist() == [0, 0]
    assert np.isnan(table.scored.hd95[0]).all()


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("truth_anterior", "yes", "'truth_anterior' must be 1, 0 or empty"),
        ("predicted_anterior", "", "'predicted_anterior' must be 1 or 0"),
        ("dice_anterior", "much", "'dice_anterior' is not a number"),
        ("dice_anterior", "1.2", "'dice_anterior' is above 1"),
        ("nsd_anterior", "-0.1", "'nsd_anterior' is below 0"),
        ("hd95_mm_anterior", "inf", "'hd95_mm_anterior' is not a number"),
        ("dice_anterior", "", "'dice_anterior' is empty, and the reference holds anterior"),
        ("predicted_anterior", "0", "'dice_anterior' is above 0, and nothing was predicted"),
        ("truth_anterior", "0", "'dice_anterior' has a number where the reference holds no anterior"),
        ("status", "failed", "'predicted_anterior' is 1, and the prediction failed"),
    ],
)
def test_a_cell_that_cannot_be_is_told_by_its_line_and_column(
    tmp_path: Path, column: str, cell: str, message: str
) -> None:
    first, *others = whole()
    path = written(tmp_path, frame([*others, first | {column: cell}]))
    with pytest.raises(DataError, match=rf"predictions.csv, line 5: {message}"):
        read(path)


@pytest.mark.parametrize("column", ["dice_posterior", "predicted_posterior"])
def test_a_structure_with_a_truth_needs_its_columns(tmp_path: Path, column: str) -> None:
    path = written(tmp_path, frame(whole()).drop(columns=column))
    with pytest.raises(DataError, match=rf"no column '{column}'.*'truth_posterior'"):
        read(path)


def test_a_table_without_structures_is_told_which_columns_it_needs(tmp_path: Path) -> None:
    path = written(tmp_path, pd.DataFrame({"case_id": ["c"], "patient_id": ["p"], "dice": ["1"]}))
    with pytest.raises(DataError, match="no column truth_STRUCTURE, such as 'truth_liver'"):
        read(path)
