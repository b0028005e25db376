"""A table from elsewhere with the agreement of masks: read, measured, and asked for what it doesn't say."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from invented_masks import drawn

from pipeline.contracts import metrics as contract
from pipeline.errors import DataError
from pipeline.evaluate.score import score
from pipeline.foreign import Columns, Foreign, read


def table(folder: Path, frame: pd.DataFrame, columns: Columns | None = None) -> Foreign:
    path = folder / "masks.csv"
    frame.to_csv(path, index=False)
    return read(path, columns or Columns())


def value(record: contract.Metrics, name: str, of: str | None = None) -> float:
    found = next(each for each in record.metrics if (each.id, each.class_) == (name, of))
    assert found.value is not None
    return float(found.value)


def small(*columns: str) -> pd.DataFrame:
    """Patients with a structure, the last without: its Dice and what else is told."""
    frame = pd.DataFrame({
        "case_id": [f"c{n}" for n in range(12)],
        "patient_id": [f"p{n}" for n in range(12)],
        "truth_liver": ["1"] * 11 + ["0"],
        "dice_liver": [f"0.{80 + n}" for n in range(11)] + [""],
        "predicted_liver": ["1"] * 11 + ["0"],
        "volume_predicted_ml_liver": [f"{100 + n}" for n in range(11)] + ["0"],
    })  # fmt: skip
    return frame[["case_id", "patient_id", "truth_liver", "dice_liver", *columns]]


def test_a_table_with_a_truth_and_a_dice_of_each_structure_is_of_masks(tmp_path: Path) -> None:
    foreign = table(tmp_path, drawn(40))
    assert foreign.task.name == "segmentation"
    score(foreign, tmp_path)
    record = contract.FILE.read(tmp_path)
    assert record.task == "segmentation"
    assert record.headline is not None
    assert (record.headline.metric, record.headline.outcome) == ("dice", "no_goal")
    dice = drawn(40)["dice_anterior"].astype(float)
    assert value(record, "dice", "anterior") == pytest.approx(dice.mean())


def test_a_volume_whose_comma_may_part_thousands_is_refused(tmp_path: Path) -> None:
    """1,234 ml of a spreadsheet is a liver, and 1.234 ml a lymph node."""
    frame = small("volume_predicted_ml_liver")
    frame.loc[3, "volume_predicted_ml_liver"] = "1,234"
    with pytest.raises(DataError, match=r"'volume_predicted_ml_liver' has numbers such as '1,234'"):
        table(tmp_path, frame)


@pytest.mark.parametrize("column", ["predicted_liver", "volume_predicted_ml_liver"])
def test_one_structure_is_enough_and_either_column_tells_whether_it_was_marked(
    tmp_path: Path, column: str
) -> None:
    foreign = table(tmp_path, small(column))
    score(foreign, tmp_path)
    record = contract.FILE.read(tmp_path)
    assert value(record, "dice") == pytest.approx(0.85)
    assert value(record, "invented", "liver") == 0.0


def test_without_either_a_row_that_leaves_it_open_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"masks.csv, line 13: the Dice of liver is 0 or empty.*'predicted_liver'"
    ):
        table(tmp_path, small())


def test_a_missed_structure_in_such_a_table_counts_with_a_dice_of_0(tmp_path: Path) -> None:
    frame = small("predicted_liver")
    frame.loc[0, ["dice_liver", "predicted_liver"]] = ["0", "0"]
    score(table(tmp_path, frame), tmp_path)
    record = contract.FILE.read(tmp_path)
    assert value(record, "missed", "liver") == pytest.approx(1 / 11)
    assert value(record, "dice") == pytest.approx((0.85 * 11 - 0.8) / 11)


def test_a_row_without_a_dice_where_there_is_something_counts_as_failed_and_is_told(tmp_path: Path) -> None:
    frame = small("predicted_liver")
    frame.loc[0, ["dice_liver", "predicted_liver"]] = ["nan", ""]
    foreign = table(tmp_path, frame)
    assert foreign.notes == ("1 rows without a Dice count as failed: what they hold was missed",)
    score(foreign, tmp_path)
    assert value(contract.FILE.read(tmp_path), "dice") == pytest.approx((0.85 * 11 - 0.8) / 11)


def test_words_and_decimal_commas_are_read_and_told(tmp_path: Path) -> None:
    frame = small("predicted_liver").replace({"truth_liver": {"1": "yes", "0": "no"}})
    frame["dice_liver"] = frame["dice_liver"].str.replace(".", ",")
    foreign = table(tmp_path, frame)
    assert foreign.notes == ("decimal commas were read in dice_liver",)
    score(foreign, tmp_path)
    assert value(contract.FILE.read(tmp_path), "dice") == pytest.approx(0.85)


def test_a_structure_with_a_truth_and_no_dice_is_asked_for(tmp_path: Path) -> None:
    frame = small("predicted_liver").assign(truth_spleen="1")
    with pytest.raises(DataError, match=r"no column 'dice_spleen'.*there is 'truth_spleen'"):
        table(tmp_path, frame)


def test_a_word_that_is_no_truth_is_told_by_its_line(tmp_path: Path) -> None:
    frame = small("predicted_liver")
    frame.loc[2, "truth_liver"] = "maybe"
    with pytest.raises(DataError, match=r"masks.csv, line 4: 'truth_liver' must be 1 or 0"):
        table(tmp_path, frame)


def test_models_beside_each_other_are_compared_on_the_same_patients(tmp_path: Path) -> None:
    first = drawn(30)
    own = [name for name in first if name.split("_")[0] in ("dice", "predicted", "volume", "hd95", "nsd")]
    second = drawn(30, better_by=0.03)[own].add_prefix("b_")
    frame = pd.concat([first.rename(columns={name: f"a_{name}" for name in own}), second], axis=1)
    foreign = table(tmp_path, frame, Columns(models=("a", "b")))
    score(foreign, tmp_path)
    record = contract.FILE.read(tmp_path)
    gained = next(each for each in record.comparisons if (each.a, each.b, each.metric) == ("a", "b", "dice"))
    assert gained.low is not None
    assert gained.low > 0


def test_a_dice_where_the_reference_holds_nothing_is_told_as_such(tmp_path: Path) -> None:
    """Some programs call two empty masks a Dice of 1."""
    frame = small("predicted_liver")
    frame.loc[2, ["truth_liver", "predicted_liver", "dice_liver"]] = ["0", "0", "1"]
    with pytest.raises(DataError, match=r"where the reference holds no liver\. Leave it empty there"):
        table(tmp_path, frame)
