from __future__ import annotations

import pytest
from invented_case import invented_case

from pipeline.pixel_text import hidden_because
from pipeline.records import Case


@pytest.mark.parametrize(
    ("case", "reviewed", "shown"),
    [
        (invented_case(image_type="ORIGINAL\\PRIMARY\\AXIAL"), False, True),
        (invented_case(modality="PT", image_type="ORIGINAL\\PRIMARY"), False, True),
        (invented_case(image_type="DERIVED\\PRIMARY"), False, False),
        (invented_case(image_type="ORIGINAL\\SECONDARY"), False, False),
        (invented_case(image_type="ORIGINAL\\PRIMARY\\SCREEN SAVE"), False, False),
        (invented_case(), False, False),
        (
            invented_case(modality="DX", image_type="ORIGINAL\\PRIMARY", burned_in_annotation="NO"),
            False,
            False,
        ),
        (invented_case(modality="DX", image_type="ORIGINAL\\PRIMARY"), True, True),
        (invented_case(image_type="DERIVED\\SECONDARY"), True, True),
        (invented_case(image_type="ORIGINAL\\PRIMARY", burned_in_annotation="YES"), True, False),
    ],
)
def test_only_originals_of_ct_mr_pet_are_shown_unless_a_person_reviewed_the_pixels(
    case: Case, reviewed: bool, shown: bool
) -> None:
    reason = hidden_because(case, reviewed=reviewed)
    assert (reason is None) == shown
