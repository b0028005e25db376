"""What training may see."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.catalogue import Catalogue
from pipeline.errors import DataError
from pipeline.tasks.registry import task_of
from pipeline.train import material
from pipeline.workspace import Workspace
from pipeline.writing import write_csv


@pytest.fixture
def ready(prepare: Any, tmp_path: Path) -> Workspace:
    return prepare(tmp_path)


def rewrite(workspace: Workspace, change: Any) -> None:
    path = workspace.candidate / "cohort.csv"
    write_csv(path, change(pd.read_csv(path, dtype=str)))


def test_the_parts_hold_their_cases_with_class_and_array(ready: Workspace) -> None:
    data = material.read(ready, task_of("classification"))
    assert data.train.case_ids == tuple(f"case-{number:02d}" for number in range(12))
    assert data.validation.case_ids == tuple(f"case-{number:02d}" for number in range(12, 16))
    np.testing.assert_array_equal(data.train.targets, [0, 1] * 6)
    assert data.train.read(3).shape == data.input_shape == (16, 16, 1)
    assert data.train.read(3).dtype == np.int16


def test_nothing_of_the_test_part_is_read(ready: Workspace) -> None:
    before = material.read(ready, task_of("classification"))
    rewrite(
        ready,
        lambda frame: frame.assign(target=frame["target"].where(frame["part"] != "test", "no class at all")),
    )
    after = material.read(ready, task_of("classification"))
    assert after.train.digest == before.train.digest
    assert after.validation.digest == before.validation.digest
    held = set(after.train.case_ids) | set(after.validation.case_ids)
    assert held.isdisjoint({"case-16", "case-17", "case-18", "case-19"})


def test_the_order_of_the_table_changes_nothing(ready: Workspace) -> None:
    before = material.read(ready, task_of("classification")).train
    rewrite(ready, lambda frame: frame.iloc[::-1])
    after = material.read(ready, task_of("classification")).train
    assert after.digest == before.digest
    assert after.contents == before.contents


def test_a_scan_that_normalize_refused_is_left_out(ready: Workspace) -> None:
    with Catalogue(ready.catalogue) as catalogue, catalogue.transaction():
        catalogue.delete_cases(["case-04"])
    assert "case-04" not in material.read(ready, task_of("classification")).train.case_ids
    assert len(material.read(ready, task_of("classification")).train.case_ids) == 11


def test_another_label_changes_the_digest(ready: Workspace) -> None:
    before = material.read(ready, task_of("classification")).train.digest
    rewrite(
        ready,
        lambda frame: frame.assign(target=frame["target"].where(frame["case_id"] != "case-02", "present")),
    )
    assert material.read(ready, task_of("classification")).train.digest != before


def test_a_missing_stage_is_named(ready: Workspace) -> None:
    (ready.data / "normalize.json").unlink()
    with pytest.raises(DataError, match=r"before `.*scanloom normalize"):
        material.read(ready, task_of("classification"))


def test_a_class_without_a_training_scan_is_refused(ready: Workspace) -> None:
    rewrite(ready, lambda frame: frame[(frame["target"] == "absent") | (frame["part"] != "train")])
    with pytest.raises(DataError, match="no scan of 'present'"):
        material.read(ready, task_of("classification"))


def test_an_empty_validation_part_is_refused(ready: Workspace) -> None:
    rewrite(ready, lambda frame: frame[frame["part"] != "validation"])
    with pytest.raises(DataError, match="validation part holds no scan"):
        material.read(ready, task_of("classification"))
