from __future__ import annotations

import numpy as np
import pytest

from pipeline.ingest.cases.stacked_channels import with_channels
from pipeline.ingest.reasons import Refusal
from pipeline.ingest.series.geometry import geometry_of
from pipeline.records import Geometry

GRID = np.diag([2.0, -1.0, -1.0, 1.0])
"""2 mm between slices, 1 mm between rows and columns."""


def moved(slices: float = 0.0, step_mm: float = 2.0) -> Geometry:
    """The grid with other slices, moved by a number of its voxels."""
    affine = GRID.copy()
    affine[0, 0], affine[0, 3] = step_mm, slices * 2.0
    return geometry_of(affine)


def ramp(slices: int) -> np.ndarray:
    """10 times the number of the slice, everywhere."""
    return np.broadcast_to(10 * np.arange(slices)[:, None, None], (slices, 4, 5)).astype(np.uint8)


def stacked(
    other: np.ndarray, place: Geometry, *, resamples: bool = False
) -> tuple[np.ndarray, tuple[str, ...]]:
    return with_channels((ramp(6), moved()), [(other, place)], resamples=resamples, fill=0)


def test_channels_of_one_grid_stand_behind_each_other_in_the_smallest_dtype_of_all() -> None:
    array, notes = stacked(ramp(6) * 1.5, moved(0.09))
    assert (array.shape, array.dtype, notes) == ((6, 4, 5, 2), np.uint8, ())
    assert array[4, 0, 0].tolist() == [40, 60]


@pytest.mark.parametrize(
    ("slices", "place", "detail"),
    [
        (6, moved(0.2), "channel 1 lies 0.2 voxels off the first"),
        (7, moved(), "channel 1 has 7 x 4 x 5 voxels, the first 6 x 4 x 5"),
        (6, geometry_of(np.diag([2.0, 1.0, -1.0, 1.0])), "channel 1 lies 6 voxels off the first"),
    ],
)
def test_channels_that_lie_apart_are_refused_with_how_far(slices: int, place: Geometry, detail: str) -> None:
    with pytest.raises(Refusal) as caught:
        stacked(ramp(slices), place)
    assert str(caught.value) == f"channels_differ: {detail}"


def test_a_turn_about_the_diagonal_of_the_grid_is_seen() -> None:
    axis = np.array([5 * 2.0, 3.0, 4.0]) / np.linalg.norm([10.0, 3.0, 4.0])
    cross = np.cross(np.eye(3), axis)
    turn = np.eye(4)
    turn[:3, :3] = np.eye(3) + np.sin(0.2) * cross + (1 - np.cos(0.2)) * cross @ cross
    first, other = (
        geometry_of(affine) for affine in (np.diag([2.0, 1, 1, 1]), turn @ np.diag([2.0, 1, 1, 1]))
    )
    with pytest.raises(Refusal, match="channels_differ"):
        with_channels((ramp(6), first), [(ramp(6), other)], resamples=False, fill=0)


def test_a_channel_of_another_grid_is_resampled_by_its_place() -> None:
    array, notes = stacked(ramp(12), moved(step_mm=1.0), resamples=True)
    assert notes == ("channels_resampled",)
    assert array[:, 1, 1, 1].tolist() == [0, 20, 40, 60, 80, 100]  # 2 of its slices to one of the first's


def test_what_a_channel_does_not_reach_is_filled_and_less_than_half_is_no_channel() -> None:
    array, _ = with_channels((ramp(6), moved()), [(ramp(6) + 7, moved(2))], resamples=True, fill=-5)
    assert array[:, 0, 0, 1].tolist() == [-5, -5, 7, 17, 27, 37]
    with pytest.raises(Refusal, match="channels_differ: channel 1 lies 4 voxels off"):
        stacked(ramp(6), moved(4), resamples=True)


def test_pictures_that_lie_nowhere_are_channels_of_one_shape_and_spacing() -> None:
    picture = Geometry((1.0, 1.0), "pixels")
    array, _ = with_channels((ramp(6)[2], picture), [(ramp(6)[3], picture)], resamples=True, fill=0)
    assert array.shape == (4, 5, 2)
    with pytest.raises(Refusal, match="channels_differ"):
        other = Geometry((1.0, 2.0), "pixels")
        with_channels((ramp(6)[2], picture), [(ramp(6)[3], other)], resamples=True, fill=0)
