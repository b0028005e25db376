from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from planes import reason_of, saying, verdict_of

from pipeline.ingest.series.fragments import without_fragments
from pipeline.ingest.series.frames import Frame, Group, Refused, Rules
from pipeline.ingest.series.stacking import volume_of


def stack(plane: Frame, heights: Sequence[float], name: str, **changes: object) -> list[Frame]:
    changed = saying(plane, thickness_mm=3.0, **changes)
    return [replace(changed, source=f"{name}{z}", position_mm=(0.0, 0.0, float(z))) for z in heights]


def volume(frames: Sequence[Frame]) -> Group:
    return volume_of(frames, Rules(unit="series"))


def left(frames: Sequence[Frame], reason: str = "too_few_slices") -> Group:
    return Refused(tuple(frames), reason)


def outcome(groups: list[Group]) -> list[tuple[str, str]]:
    return [verdict_of(made) for made in without_fragments(groups)]


NEAR = (1.0, 0.0, 0.0, 0.0, 0.99998, 0.006)


@pytest.mark.parametrize(
    ("changes", "keyword"),
    [
        ({"spacing_mm": (0.5, 0.81)}, "PixelSpacing"),
        ({"orientation": NEAR}, "ImageOrientationPatient"),
        ({"photometric": "MONOCHROME1"}, "PhotometricInterpretation"),
        ({"unit": "SUVbw"}, "Units or RescaleType"),
        ({"kernel": "B70f"}, "ConvolutionKernel"),
    ],
)
@pytest.mark.parametrize("heights", [[18, 21], [-3], [-6, -3]])
def test_a_tail_that_goes_on_where_a_volume_ends_makes_it_a_cut_one(
    plane: Frame, changes: dict, keyword: str, heights: list[float]
) -> None:
    whole = stack(plane, range(0, 18, 3), "a", kernel="B30f")
    tail = stack(plane, heights, "b", **{"kernel": "B30f", **changes})
    count = len(tail)
    detail = f"{count} of {6 + count} slices of one even stack differ from the others in {keyword}"
    for groups in ([volume(whole), left(tail)], [left(tail), volume(whole)]):
        assert outcome(groups) == [("inconsistent_series", detail)] * 2


@pytest.mark.parametrize("unit", ["US", "OTHER", "Z_EFF"])
def test_every_second_slice_of_another_unit_makes_no_two_volumes(plane: Frame, unit: str) -> None:
    ours = volume(stack(plane, range(0, 24, 6), "a"))
    theirs = volume(stack(plane, range(3, 27, 6), "b", unit=unit))
    detail = "4 of 8 slices of one even stack differ from the others in Units or RescaleType"
    assert outcome([ours, theirs]) == [("inconsistent_series", detail)] * 2


@pytest.mark.parametrize(("unit", "reason"), [("US", "inconsistent_series"), ("Z_EFF", "ok")])
def test_a_ct_that_no_longer_names_its_unit_part_way_is_a_cut_one(
    plane: Frame, unit: str, reason: str
) -> None:
    ours = volume(stack(plane, range(0, 12, 3), "a"))
    theirs = volume(stack(plane, range(12, 24, 3), "b", unit=unit))
    assert [name for name, _ in outcome([ours, theirs])] == [reason, reason]


TURNED = [
    (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0),
    (-1.0, 0.0, 0.0, 0.0, 1.0, 0.0),
    (1.0, 0.0, 0.0, 0.0, -1.0, 0.0),
]


@pytest.mark.parametrize("orientation", TURNED)
@pytest.mark.parametrize("turned", [range(18, 36, 3), range(3, 36, 6)])
def test_planes_turned_part_way_are_of_one_stack(plane: Frame, orientation: tuple, turned: range) -> None:
    rows, columns = plane.rows, plane.columns
    down, across = plane.spacing_mm
    corner = (
        (columns - 1) * across if orientation[0] < 0 else 0.0,
        (rows - 1) * down if orientation[4] < 0 else 0.0,
    )
    upright = stack(plane, [z for z in range(0, 36, 3) if z not in turned], "a")
    others = [
        replace(f, position_mm=(*corner, f.position_mm[2]))
        for f in stack(plane, turned, "b", orientation=orientation)
    ]
    detail = "6 of 12 slices of one even stack differ from the others in ImageOrientationPatient"
    assert outcome([volume(upright), volume(others)]) == [("inconsistent_series", detail)] * 2
    aside = [replace(f, position_mm=(40.0, 0.0, f.position_mm[2])) for f in others]
    assert outcome([volume(upright), volume(aside)]) == [("ok", "")] * 2


def test_what_lies_beside_the_grid_or_apart_or_twice_is_no_fragment(plane: Frame) -> None:
    whole = volume(stack(plane, range(0, 18, 3), "a"))
    other = {"photometric": "MONOCHROME1"}
    for heights in ([16.5], [24], [15], [18, 18.001]):
        assert outcome([whole, left(stack(plane, heights, "b", **other))])[0][0] == "ok", heights
    aside = [replace(frame, position_mm=(9.0, 0.0, 18.0)) for frame in stack(plane, [18], "b", **other)]
    turned = stack(plane, [18], "b", orientation=(0.0, 1.0, 0.0, 0.0, 0.0, -1.0))
    for frames in (aside, turned):
        assert outcome([whole, left(frames)])[0][0] == "ok"


def test_tails_of_several_kinds_are_found_one_after_the_other(plane: Frame) -> None:
    groups = [
        volume(stack(plane, range(0, 18, 3), "a")),
        left(stack(plane, [21], "b", photometric="MONOCHROME1")),
        left(stack(plane, [18], "c", spacing_mm=(0.5, 0.9))),
    ]
    assert {reason for reason, _ in outcome(groups)} == {"inconsistent_series"}


def test_a_finer_matrix_of_the_same_field_of_view_is_a_fragment_by_its_centre(plane: Frame) -> None:
    whole = volume(stack(plane, range(0, 18, 3), "a"))
    # 8 rows of 1 mm in place of 16 of 0.5 mm: the first centre lies 0.25 mm further.
    (tail,) = stack(plane, [18], "b", rows=8, spacing_mm=(1.0, 0.8))
    tail = replace(tail, position_mm=(0.0, 0.25, 18.0))
    assert outcome([whole, left([tail])])[0][0] == "inconsistent_series"


def test_a_missing_slice_is_looked_for_among_what_was_split_off(plane: Frame) -> None:
    holed = volume(stack(plane, [0, 3, 9, 12], "a"))
    assert reason_of(holed) == "missing_slices"
    lost = left(stack(plane, [6], "b", image_type=("ORIGINAL", "PRIMARY", "LOCALIZER")), "localizer")
    detail = "1 of 5 slices of one even stack differ from the others in ImageType"
    assert outcome([holed, lost]) == [("inconsistent_series", detail)] * 2
    assert outcome([holed])[0][0] == "missing_slices"


def test_two_volumes_at_twice_the_distance_are_one_stack_cut_by_a_detail(plane: Frame) -> None:
    halves = [
        volume(stack(plane, [0, 6, 12], "a")),
        volume(stack(plane, [3, 9, 15], "b", photometric="MONOCHROME1")),
    ]
    assert {reason for reason, _ in outcome(halves)} == {"inconsistent_series"}
    gapless = [
        volume(stack(plane, [0, 3, 6], "a")),
        volume(stack(plane, [1.5, 4.5, 7.5], "b", photometric="MONOCHROME1")),
    ]
    assert [reason for reason, _ in outcome(gapless)] == ["ok", "ok"]


def test_two_kinds_and_two_plans_end_to_end_are_two_volumes(plane: Frame) -> None:
    first = volume(stack(plane, [0, 3, 6], "a"))
    for changes in (
        {"unit": "ED"},
        {"sop_class": "capture"},
        {"rows": 32},
        {"spacing_mm": (0.25, 0.4)},
    ):
        second = volume(stack(plane, [9, 12, 15], "b", **changes))
        assert [reason for reason, _ in outcome([first, second])] == ["ok", "ok"], changes
    digits = volume(stack(plane, [9, 12, 15], "b", spacing_mm=(0.5, 0.82)))
    assert {reason for reason, _ in outcome([first, digits])} == {"inconsistent_series"}


def test_stacks_of_one_object_are_what_it_says_they_are(plane: Frame) -> None:
    first = volume(stack(plane, [0, 3, 6], "a", stack_id="1"))
    assert outcome([first, left(stack(plane, [9], "b", stack_id="2"))])[0][0] == "ok"
