from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.ingest.series.frames import Frame
from pipeline.workspace import Workspace


@pytest.fixture(scope="session")
def plane() -> Frame:
    """An axial CT plane of 16 x 12 pixels of 0.5 x 0.8 mm at the origin; tests replace what they vary."""
    return Frame(
        source="a",
        index=0,
        patient_id="patient",
        study_id="study",
        series_id="series",
        modality="CT",
        sop_class="1.2.840.10008.5.1.4.1.1.2",
        image_type=("ORIGINAL", "PRIMARY", "AXIAL"),
        rows=16,
        columns=12,
        samples=1,
        photometric="MONOCHROME2",
        position_mm=(0.0, 0.0, 0.0),
        orientation=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0),
        spacing_mm=(0.5, 0.8),
        thickness_mm=5.0,
        unit="HU",
        frame_of_reference="frame",
    )


@pytest.fixture
def raw(workspace: Workspace) -> Path:
    """The folder of scans of the analysis, still empty."""
    folder = workspace.root / "raw"
    folder.mkdir()
    return folder
