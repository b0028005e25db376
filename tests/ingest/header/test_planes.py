from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_files import header, image
from pydicom.dataset import Dataset

from pipeline.ingest.series.frames import Frame


def frames(ds: Dataset, folder: Path) -> tuple[Frame, ...]:
    return header(ds, folder).frames


def test_per_frame_values_come_before_shared_and_top_level_ones(tmp_path: Path) -> None:
    ds = image("MR", pixels=np.zeros((2, 16, 12), np.uint16), SliceThickness="9", EchoTime="1")
    shared, measures, echo = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = ["1", "2"], "3"
    echo.EffectiveEchoTime = 80.0
    shared.PixelMeasuresSequence, shared.MREchoSequence = [measures], [echo]
    ds.SharedFunctionalGroupsSequence = [shared]
    groups = []
    for number in range(2):
        group, place, content = Dataset(), Dataset(), Dataset()
        place.ImagePositionPatient = ["0", "0", f"{4 * number}"]
        content.StackID, content.TemporalPositionIndex = "1", number + 1
        group.PlanePositionSequence, group.FrameContentSequence = [place], [content]
        groups.append(group)
    ds.PerFrameFunctionalGroupsSequence = groups
    first, second = frames(ds, tmp_path)
    assert (first.spacing_mm, first.thickness_mm, first.orientation) == ((1.0, 2.0), 3.0, (1, 0, 0, 0, 1, 0))
    assert (first.position_mm, second.position_mm) == ((0.0, 0.0, 0.0), (0.0, 0.0, 4.0))
    assert second.acquisition.temporal_position == 2 and second.acquisition.stack_id == "1"
    assert second.acquisition.echo_time == 80.0
    ds.PerFrameFunctionalGroupsSequence = groups[:1]
    assert header(ds, tmp_path).reason == "inconsistent_pixel_attributes"


@pytest.mark.parametrize(
    ("written", "decimals"),
    [
        (["0", "-1.5", "27.35"], (0, 1, 2)),
        (["0.0000", "6.9000", "+7."], (4, 4, 0)),
        ([" 1.5", "2.25 ", "3"], (1, 2, 0)),
        (["1e-3", "2.5", "3"], ()),
        (["1.5", "2.5"], ()),
        (None, ()),
    ],
)
def test_the_decimals_of_a_position_are_those_written(
    tmp_path: Path, written: list | None, decimals: tuple
) -> None:
    ds = image("CT", ImagePositionPatient=None)
    if written is not None:
        ds.add_new(0x00200032, "UN", "\\".join(written).encode())
    assert frames(ds, tmp_path)[0].position_decimals == decimals
