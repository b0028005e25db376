"""Pixels of the network in millimetres, axis by axis."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from invented_candidate import Candidate

from pipeline.page.artifacts import Artifacts
from pipeline.report import reading
from pipeline.report.sections import network


def read(candidate: Candidate) -> Artifacts:
    folder = candidate.workspace.candidate
    return reading.read(candidate.config, candidate=folder, ledgers=folder.parent / "ledger", champion=None)


def changed(found: Artifacts, **model: Any) -> Artifacts:
    assert found.insights is not None
    insights = replace(found.insights, field=replace(found.insights.field, effective_pixels=8.0))
    pictures = {**found.pictures, "filters": np.zeros((4, 3, 3), np.float32)}
    return replace(found, of_model=replace(found.model, **model), insights=insights, pictures=pictures)


def test_each_axis_of_a_volume_has_its_own_millimetres(candidate: Candidate) -> None:
    volume = changed(
        read(candidate),
        input_shape=(24, 96, 96, 1),
        spacing=(8.0, 1.0, 1.0),
        receptive_field_pixels=(20, 60, 60),
        stem_distance_pixels=(1, 4, 4),
        distance_pixels=(4, 32, 32),
    )
    facts = network.build(volume).facts
    assert (facts["input"].value, facts["spacing"].value) == ("24 × 96 × 96", "8 × 1 × 1")
    assert facts["theoretical_mm"].value == "160 × 60 × 60"
    assert facts["stem_distance_pixels"].value == "1 × 4 × 4"
    assert facts["stem_distance_mm"].value == "8 × 4 × 4"
    assert facts["distance_mm"].value == "32 × 32 × 32"
    # A cube of 8 voxels a side has the volume of one of 8 * cube root of (8 * 1 * 1) = 16 mm.
    assert facts["effective_mm"].value == pytest.approx(16.0)


def test_without_a_spacing_there_are_pixels_and_no_millimetres(candidate: Candidate) -> None:
    facts = network.build(changed(read(candidate), spacing=None)).facts
    assert facts["stem_distance_pixels"].value == "2 × 2"
    assert facts["stem_distance_mm"].value is None
    assert facts["effective_mm"].value is None
