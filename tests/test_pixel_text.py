from __future__ import annotations

import pytest

from pipeline.pixel_text import hidden_because
from pipeline.records import Case, Geometry, Stored


def _case(**attributes: str) -> Case:
    modality = attributes.pop("modality", "CT")
    return Case(
        "c",
        "p",
        "s",
        "r",
        modality,
        "HU",
        1,
        Geometry((1.0, 1.0)),
        Stored("", 0, 0, "f2", (2, 2), 0),
        "",
        "",
        attributes,
    )


@pytest.mark.parametrize(
    ("case", "reviewed", "shown"),
    [
        (_case(image_type="ORIGINAL\\PRIMARY\\AXIAL"), False, True),
        (_case(modality="PT", image_type="ORIGINAL\\PRIMARY"), False, True),
        (_case(image_type="DERIVED\\PRIMARY"), False, False),
        (_case(image_type="ORIGINAL\\SECONDARY"), False, False),
        (_case(image_type="ORIGINAL\\PRIMARY\\SCREEN SAVE"), False, False),
        (_case(), False, False),
        (_case(modality="DX", image_type="ORIGINAL\\PRIMARY", burned_in_annotation="NO"), False, False),
        (_case(modality="DX", image_type="ORIGINAL\\PRIMARY"), True, True),
        (_case(image_type="DERIVED\\SECONDARY"), True, True),
        (_case(image_type="ORIGINAL\\PRIMARY", burned_in_annotation="YES"), True, False),
    ],
)
def test_only_originals_of_ct_mr_pet_are_shown_unless_a_person_reviewed_the_pixels(
    case: Case, reviewed: bool, shown: bool
) -> None:
    reason = hidden_because(case, reviewed=reviewed)
    assert (reason is None) == shown
