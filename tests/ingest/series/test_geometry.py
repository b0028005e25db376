from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.ingest.series.geometry import (
    affine_array,
    affine_from,
    canonical,
    geometry_of,
    image_geometry,
    normal_of,
    orientation_error,
)
from pipeline.records import Geometry

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)


def signed_axes() -> list[tuple[np.ndarray, np.ndarray]]:
    """All 24 pairs of directions (along a row, along a column) that lie on axes of the patient."""
    units = [sign * np.eye(3)[axis] for axis in range(3) for sign in (1.0, -1.0)]
    return [(row, column) for row, column in product(units, units) if row @ column == 0]


def random_orientation(numbers: list[float]) -> np.ndarray:
    """A right-handed frame (row, column, normal) from any nine numbers that span space."""
    frame, triangle = np.linalg.qr(np.array(numbers).reshape(3, 3))
    frame = frame * np.where(np.diag(triangle) < 0, -1.0, 1.0)
    return frame if np.linalg.det(frame) > 0 else frame * [1.0, 1.0, -1.0]


rotations = (
    st.lists(st.floats(-1.0, 1.0), min_size=9, max_size=9)
    .filter(lambda numbers: abs(np.linalg.det(np.array(numbers).reshape(3, 3))) > 1e-3)
    .map(random_orientation)
)


def test_the_normal_of_an_axial_plane_points_to_the_head() -> None:
    assert normal_of(AXIAL).tolist() == [0.0, 0.0, 1.0]


def test_the_orientation_error_is_the_largest_departure_from_unit_and_right_angle() -> None:
    assert orientation_error(SAGITTAL) == 0.0
    assert orientation_error((1.002, 0, 0, 0, 1, 0)) == pytest.approx(0.002)
    assert orientation_error((1, 0, 0, 0.6, 0.8, 0)) == pytest.approx(0.6)
    assert orientation_error((float("nan"), 0, 0, 0, 1, 0)) == float("inf")


def test_the_affine_maps_slice_row_column_to_ras_by_the_standard_s_formula() -> None:
    affine = affine_from((10.0, 20.0, 30.0), AXIAL, spacing_mm=(0.5, 0.8), step_mm=np.array([0, 0, 3.0]))
    # LPS of slice 1, row 2, column 3: (10 + 3 * 0.8, 20 + 2 * 0.5, 30 + 3) = (12.4, 21, 33).
    assert affine @ [1, 2, 3, 1] == pytest.approx([-12.4, -21.0, 33.0, 1.0])
    assert geometry_of(affine).spacing == pytest.approx((3.0, 0.5, 0.8))


def test_an_axial_head_first_supine_stack_stays_as_it_is() -> None:
    array = np.arange(24).reshape(2, 3, 4)
    geometry = geometry_of(
        affine_from((0, 0, 0), AXIAL, spacing_mm=(0.5, 0.8), step_mm=np.array([0, 0, 3.0]))
    )
    turned, kept = canonical(array, geometry)
    assert (turned == array).all()
    assert kept == geometry


def test_a_sagittal_stack_is_turned_voxel_by_voxel() -> None:
    # Columns run to the back, rows to the feet, slices to the right: 2 slices, 3 rows, 4 columns.
    array = np.arange(24).reshape(2, 3, 4)
    affine = affine_from((10, 20, 30), SAGITTAL, spacing_mm=(0.5, 0.8), step_mm=np.array([-3.0, 0, 0]))
    turned, geometry = canonical(array, geometry_of(affine))
    assert turned.shape == (3, 4, 2)
    for slice_, row, column in product(range(3), range(4), range(2)):
        assert turned[slice_, row, column] == array[1 - column, 2 - slice_, row]
    assert geometry.spacing == pytest.approx((0.5, 0.8, 3.0))
    # The first voxel is now the lowest, foremost, rightmost one: LPS (7, 20, 29), RAS (-7, -20, 29).
    assert affine_array(geometry)[:3, 3] == pytest.approx([-7.0, -20.0, 29.0])


def test_one_phantom_scanned_in_any_turn_of_the_patient_gives_one_volume() -> None:
    voxels = np.random.default_rng(0).normal(size=(3, 4, 5))  # (slices, rows, columns), spacing 3, 0.5, 0.8
    lps_spacing = np.array([0.8, 0.5, 3.0])
    results = []
    for row_direction, column_direction in signed_axes():
        directions = np.array([np.cross(row_direction, column_direction), column_direction, row_direction])
        axes = np.abs(directions).argmax(axis=1)  # which of x, y, z each array axis runs along
        spacings = lps_spacing[axes]
        array = np.transpose(voxels, 2 - axes)
        corner = np.zeros(3)
        for number, direction in enumerate(directions):
            if direction.sum() < 0:
                array = np.flip(array, number)
                corner[axes[number]] = lps_spacing[axes[number]] * (array.shape[number] - 1)
        affine = affine_from(
            corner,
            (*row_direction, *column_direction),
            spacing_mm=(spacings[1], spacings[2]),
            step_mm=directions[0] * spacings[0],
        )
        results.append(canonical(array, geometry_of(affine)))
    assert len(results) == 24
    for turned, geometry in results:
        assert (turned == voxels).all()
        assert geometry == results[0][1]
    assert results[0][1].spacing == (3.0, 0.5, 0.8)


@pytest.mark.parametrize(
    ("plane", "target"),
    [
        ("axial", ((0, 1, 0), (1, 0, 0))),  # LPS: rows to the back, columns to the left
        ("sagittal", ((0, 0, -1), (0, 1, 0))),  # rows to the feet, columns to the back
        ("coronal", ((0, 0, -1), (1, 0, 0))),  # rows to the feet, columns to the left
    ],
)
def test_a_single_image_keeps_its_plane_and_is_shown_the_usual_way(plane: str, target: tuple) -> None:
    normal_axis = {"sagittal": 0, "coronal": 1, "axial": 2}[plane]
    seen = 0
    for row_direction, column_direction in signed_axes():
        if np.abs(np.cross(row_direction, column_direction)).argmax() != normal_axis:
            continue
        seen += 1
        affine = affine_from(
            (0, 0, 0),
            (*row_direction, *column_direction),
            spacing_mm=(0.5, 0.8),
            step_mm=np.cross(row_direction, column_direction),
        )
        array = np.arange(12).reshape(3, 4)
        turned, geometry = canonical(array, image_geometry(affine))
        ras = affine_array(geometry)
        lps = np.diag([-1, -1, 1, 1]) @ ras
        assert lps[:3, 1] / geometry.spacing[0] == pytest.approx(target[0])
        assert lps[:3, 2] / geometry.spacing[1] == pytest.approx(target[1])
        assert np.linalg.det(lps[:3, [2, 1, 0]]) > 0
        for row, column in product(range(turned.shape[0]), range(turned.shape[1])):
            at = np.linalg.solve(affine, ras @ [0, row, column, 1])
            assert turned[row, column] == array[round(at[1]), round(at[2])]
    assert seen == 8


@given(rotations)
@settings(max_examples=60)
def test_any_oblique_volume_keeps_its_world_points_and_lands_on_the_nearest_axes(frame: np.ndarray) -> None:
    array = np.arange(24).reshape(2, 3, 4)
    row_direction, column_direction, normal = frame.T
    affine = affine_from(
        (5.0, -7.0, 11.0),
        (*row_direction, *column_direction),
        spacing_mm=(0.5, 0.8),
        step_mm=normal * 3.0,
    )
    turned, geometry = canonical(array, geometry_of(affine))
    ras = affine_array(geometry)
    to_stored = np.linalg.inv(affine) @ ras
    for index in np.ndindex(turned.shape):
        stored = to_stored @ [*index, 1]
        assert stored == pytest.approx(np.rint(stored), abs=1e-6)
        assert turned[index] == array[tuple(int(i) for i in np.rint(stored[:3]))]
    lps = np.diag([-1, -1, 1, 1]) @ ras
    assert np.linalg.det(lps[:3, [2, 1, 0]]) > 0
    cosines = lps[:3, [2, 1, 0]] / np.array(geometry.spacing)[::-1]
    assert (np.diag(cosines) > 0).all()
    best = max(np.abs(cosines[range(3), order]).sum() for order in permutations(range(3)))
    assert np.trace(cosines) == pytest.approx(best, abs=1e-5)
    assert sorted(geometry.spacing) == pytest.approx([0.5, 0.8, 3.0])


@given(rotations)
@settings(max_examples=30)
def test_turning_twice_changes_nothing_more(frame: np.ndarray) -> None:
    array = np.arange(24).reshape(2, 3, 4)
    affine = affine_from((0, 0, 0), frame.T.reshape(-1)[:6], spacing_mm=(0.5, 0.8), step_mm=frame.T[2])
    once = canonical(array, geometry_of(affine))
    twice = canonical(*once)
    assert (once[0] == twice[0]).all()
    assert affine_array(twice[1]) == pytest.approx(affine_array(once[1]))


@given(rotations)
@settings(max_examples=30)
def test_indices_to_millimetres_and_back_lose_less_than_a_ten_thousandth(frame: np.ndarray) -> None:
    row_direction, column_direction, normal = frame.T
    affine = affine_from(
        (250.0, -250.0, 1500.0),
        (*row_direction, *column_direction),
        spacing_mm=(0.4, 0.4),
        step_mm=normal * 0.6,
    )
    read_back = affine_array(Geometry.from_json(geometry_of(affine).to_json()))
    corner = np.array([900.0, 511.0, 511.0, 1.0])
    assert np.linalg.solve(read_back, affine @ corner) == pytest.approx(corner, abs=1e-4)
    assert read_back @ corner == pytest.approx(affine @ corner, abs=1e-4)


def test_the_turn_of_a_plane_halfway_between_axes_doesn_t_hang_on_the_last_bit() -> None:
    half = np.sqrt(0.5)
    array = np.arange(24).reshape(2, 3, 4)
    turns = []
    for jitter in (-1e-9, 0.0, 1e-9):
        orientation = (1, 0, 0, 0, half + jitter, half - jitter)
        affine = affine_from((0, 0, 0), orientation, spacing_mm=(1, 1), step_mm=normal_of(orientation))
        turns.append(canonical(array, geometry_of(affine))[0])
    assert (turns[0] == turns[1]).all()
    assert (turns[1] == turns[2]).all()


def test_channels_stay_the_last_axis() -> None:
    array = np.arange(72).reshape(2, 3, 4, 3)
    affine = affine_from((0, 0, 0), SAGITTAL, spacing_mm=(0.5, 0.8), step_mm=np.array([-3.0, 0, 0]))
    turned, _ = canonical(array, geometry_of(affine))
    assert turned.shape == (3, 4, 2, 3)
    assert turned[0, 0, 0].tolist() == array[1, 2, 0].tolist()
    flat, _ = canonical(array[0], image_geometry(affine))
    assert flat.shape == (3, 4, 3)


def test_without_a_position_nothing_is_turned() -> None:
    array = np.arange(12).reshape(3, 4)
    geometry = Geometry((1.0, 1.0), "pixels")
    turned, kept = canonical(array, geometry)
    assert turned is array
    assert kept is geometry
    with pytest.raises(ValueError, match="no position"):
        affine_array(geometry)
