"""What is taken of a patient for the comparison."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.drift.describe import header, intensity, one_a_patient, scores, truths
from pipeline.records import Case, Geometry, Stored
from pipeline.tasks.classification.classes import of_names
from pipeline.tasks.registry import task_of

TASK = task_of("classification")


def case(case_id, patient_id, shape=(20, 64, 32), **attributes):
    spacing = (2.0, 0.5, 0.25)[-len(shape) :]
    return Case(
        case_id=case_id,
        patient_id=patient_id,
        study_id="",
        series_id="",
        modality="CT",
        value_unit="HU",
        channels=1,
        geometry=Geometry(spacing),
        stored=Stored("", 0, 0, "<i2", shape, 0),
        pixel_digest="",
        attributes=attributes,
    )


def test_a_patient_counts_once_by_the_first_scan():
    chosen = one_a_patient([case("c3", "B"), case("c2", "A"), case("c1", "B"), case("c4", "A")])
    assert [found.case_id for found in chosen] == ["c2", "c1"]


def test_the_header_gives_attributes_spacing_and_size_by_axis():
    assert header(case("c1", "A", kvp=120.0)) == {
        "kvp": 120.0,
        "modality": "CT",
        "value_unit": "HU",
        "spacing_kind": "patient",
        "spacing_slices": 2.0,
        "spacing_rows": 0.5,
        "spacing_columns": 0.25,
        "size_slices": 20,
        "size_rows": 64,
        "size_columns": 32,
    }
    dated = case("c1", "A", kvp=120.0, days_since_first=3, study_date="2020-01-01")
    assert header(dated) == header(case("c1", "A", kvp=120.0))
    assert "spacing_slices" not in header(case("c1", "A", shape=(64, 32)))


def test_intensities_are_those_of_the_native_voxels():
    told = intensity(np.arange(101, dtype=np.int16).reshape(1, 101), 2)
    assert told == {
        "intensity_mean": 50.0,
        "intensity_sd": pytest.approx(((101**2 - 1) / 12) ** 0.5),
        "intensity_p1": 1.0,
        "intensity_p50": 50.0,
        "intensity_p99": 99.0,
    }


def test_a_large_volume_is_described_by_a_part_of_it():
    voxels = np.random.default_rng(1).normal(100, 10, size=(60, 256, 256)).astype(np.float32)
    told = intensity(voxels, 3)
    assert told["intensity_mean"] == pytest.approx(100, abs=0.2)
    assert told["intensity_p99"] == pytest.approx(100 + 2.326 * 10, abs=0.5)


def test_all_channels_count():
    voxels = np.zeros((1000, 1000, 3), dtype=np.uint8)
    voxels[..., 2] = 90
    assert intensity(voxels, 2)["intensity_mean"] == pytest.approx(30)


def test_labels_and_scores_are_one_a_patient_and_only_where_there_is_one():
    cohort = pd.DataFrame(
        [("c2", "A", "yes"), ("c1", "A", "no"), ("c3", "B", "")], columns=["case_id", "person_id", "target"]
    )
    assert truths(cohort, TASK, of_names(["no", "yes"])) == [{"label": "no"}]
    table = cohort.rename(columns={"person_id": "patient_id"}).assign(
        score_no=["0.2", "0.6", ""], score_yes=["0.8", "0.4", ""], status=["ok", "ok", "failed"]
    )
    assert scores(table, TASK, of_names(["no", "yes"])) == [{"score yes": 0.4}]
    three = table.assign(score_maybe="0.1")
    assert scores(three, TASK, of_names(["maybe", "no", "yes"])) == [
        {"score maybe": 0.1, "score no": 0.6, "score yes": 0.4}
    ]
