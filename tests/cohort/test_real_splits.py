"""The published split of a real set of chest radiographs, with the faults that were measured in it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pipeline.cohort import run
from pipeline.errors import DataError


@pytest.fixture
def chest(study, scan, real_data):
    """All 5,232 radiographs by patient, label and split; equal compressed bytes are equal pixels."""
    source = np.load(real_data / "chest-xray-pneumonia" / "source.npz")
    pixels, ends = source["jpegls"].tobytes(), source["offset"]
    patients, labels, splits = source["patient"], source["label"], source["split"]
    scans = [
        scan(f"1.{n}", f"P{patients[n]}", pixels=study.key.digest(pixels[ends[n] : ends[n + 1]]))
        for n in range(len(labels))
    ]
    study.add(*scans)
    rows = (f"{scans[n].sop},{('well', 'sick')[labels[n]]},{splits[n].decode()}" for n in range(len(labels)))
    study.table("uid,label,split", *rows)
    return study


def test_the_faults_of_the_published_split_are_found(chest) -> None:
    with pytest.raises(
        DataError, match=r"190 patients into more than one part;.* 225 of 524 scans of validation"
    ):
        run(chest.config("part_column: split"), chest.workspace)
    run(chest.config("part_column: split", "on_patient_overlap: redraw"), chest.workspace)
    made = json.loads((chest.workspace.candidate / "cohort.json").read_text())
    found = {notice["kind"]: notice["count"] for notice in made["notices"]}
    assert found["patient_overlap"] == 190
    assert found["duplicates_cross_split"] == 8
    assert made["flow"]["patients"] == 3669
    assert made["flow"]["cases"] == 5232
