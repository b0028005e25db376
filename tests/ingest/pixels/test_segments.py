"""Palettes in segments: steps worked out by hand, and whatever doesn't give a whole table refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_files import encoded, image, plane
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian

from pipeline.ingest.pixels.segments import expanded
from pipeline.ingest.reasons import Refusal


@pytest.mark.parametrize(
    ("segments", "entries"),
    [
        ([0, 3, 7, 8, 9], [7, 8, 9]),
        ([0, 1, 10, 1, 4, 20], [10, 12, 15, 18, 20]),  # 12.5 and 17.5 go to the even number
        ([0, 1, 20, 1, 2, 10, 0, 1, 3], [20, 15, 10, 3]),
        ([0, 1, 5, 1, 2, 5, 0], [5, 5, 5]),  # a NUL fills up
    ],
)
def test_segments_are_entries_and_equal_steps(segments: list[int], entries: list[int]) -> None:
    found = expanded(np.array(segments, np.uint16), len(entries))
    assert found.dtype == np.uint16
    assert found.tolist() == entries


@pytest.mark.parametrize(
    "segments",
    [
        [],
        [0, 2, 1, 2],  # too few
        [0, 4, 1, 2, 3, 4],  # too many
        [0, 3, 1, 2],  # cut off
        [0, 1, 1, 1, 2],
        [1, 3, 9],  # steps from nowhere
        [0, 1, 5, 2, 2, 0, 0],  # a copy
        [0, 0, 0, 3, 1, 2, 3],  # no entry
    ],
)
def test_segments_that_give_no_whole_table_are_refused(segments: list[int]) -> None:
    with pytest.raises(Refusal, match="inconsistent_pixel_attributes"):
        expanded(np.array(segments, np.uint16), 3)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ExplicitVRBigEndian])
@pytest.mark.parametrize("bits", [8, 16])
def test_an_image_with_a_palette_in_segments_has_its_colours(tmp_path: Path, syntax: str, bits: int) -> None:
    ds = image(pixels=np.full((16, 12), 2, np.uint8), PhotometricInterpretation="PALETTE COLOR")
    ds.PixelData = bytes([0, 1, 2, 3, 200]) + bytes(187)
    for colour, top in (("Red", 30), ("Green", 60), ("Blue", 90)):
        setattr(ds, f"{colour}PaletteColorLookupTableDescriptor", [4, 0, bits])
        ds[f"{colour}PaletteColorLookupTableDescriptor"].VR = "US"
        segments = [0, 1, 0, 1, 3, top] if bits == 8 else [0, 1, 0, 1, 3, top << 8]
        data = bytes(segments) if bits == 8 else np.array(segments, "<u2").tobytes()
        if syntax == ExplicitVRBigEndian:
            data = np.frombuffer(data, "<u2").astype(">u2").tobytes()
        setattr(ds, f"Segmented{colour}PaletteColorLookupTableData", data)
        ds[f"Segmented{colour}PaletteColorLookupTableData"].VR = "OW"
    found = plane(encoded(ds, syntax), tmp_path).array[0, :5]
    assert found.tolist() == [[0, 0, 0], [10, 20, 30], [20, 40, 60], [30, 60, 90], [30, 60, 90]]
