from __future__ import annotations

import pytest

from pipeline.units import AIR_HU, fill_of


@pytest.mark.parametrize(
    ("modality", "unit", "fill"),
    [
        ("CT", "HU", AIR_HU),
        ("CT", "US", AIR_HU),  # a CT that names no other quantity
        ("CT", "Z_EFF", 0),
        ("MR", "arbitrary", 0),
        ("PT", "SUVbw", 0),
        ("OT", "HU", AIR_HU),
    ],
)
def test_what_no_scanner_measured_is_air_on_the_scale_of_a_ct_and_nothing_elsewhere(
    modality: str, unit: str, fill: int
) -> None:
    assert fill_of(modality, unit) == fill
