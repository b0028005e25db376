from __future__ import annotations

import struct
from itertools import permutations, product

import nibabel
import numpy as np
import pytest
from nifti_files import OBLIQUE, nifti, patched, ramp
from numpy.typing import NDArray

from pipeline.ingest.formats.nifti import read
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.reasons import Refusal

LIMITS = FileLimits()


def place(data: bytes, **stated: str) -> NDArray[np.float64]:
    return read(data, LIMITS, **stated)[1]


def refusal(data: bytes, **stated: str) -> str:
    with pytest.raises(Refusal) as caught:
        place(data, **stated)
    return str(caught.value)


@pytest.mark.parametrize("codes", [(1, 0), (0, 1), (4, 2)])
@pytest.mark.parametrize("version", [1, 2])
def test_either_form_gives_the_place_that_nibabel_reads(codes: tuple[int, int], version: int) -> None:
    for order in permutations(range(3)):
        for signs in product((1, -1), repeat=3):
            affine = OBLIQUE.copy()
            affine[:3, :3] = OBLIQUE[:3, :3][:, order] * signs
            data = nifti(ramp(), affine, codes=codes, version=version)
            kind = {1: nibabel.Nifti1Image, 2: nibabel.Nifti2Image}[version]
            np.testing.assert_allclose(place(data), kind.from_bytes(data).affine, atol=2e-4)
            np.testing.assert_allclose(place(data), affine, atol=2e-4)


def test_forms_that_lie_apart_are_refused_with_the_distance_until_one_is_chosen() -> None:
    data = patched(nifti(ramp()), 268, struct.pack("<f", 70.0))  # qoffset_x: 20 before
    assert refusal(data) == "affine_conflict: sform and qform lie 50 mm apart"
    np.testing.assert_allclose(place(data, form="sform"), OBLIQUE, atol=1e-5)
    assert place(data, form="qform")[0, 3] == pytest.approx(70.0)


def test_forms_may_differ_by_a_tenth_of_a_millimetre_and_no_more() -> None:
    near, far = (patched(nifti(ramp()), 268, struct.pack("<f", 20.0 + off)) for off in (0.07, 0.12))
    np.testing.assert_allclose(place(near), OBLIQUE, atol=1e-5)  # the sform, not the qform
    assert refusal(far).startswith("affine_conflict")


def test_a_form_that_is_chosen_and_absent_leaves_the_other() -> None:
    np.testing.assert_allclose(place(nifti(ramp(), codes=(0, 1)), form="sform"), OBLIQUE, atol=1e-4)


def test_without_a_form_the_place_is_unknown_until_the_axes_are_stated() -> None:
    data = nifti(ramp(), codes=(0, 0))  # 5 x 4 x 3 voxels of 0.8 x 1 x 2.5 mm
    assert refusal(data) == "no_geometry: neither sform nor qform"
    affine = place(data, axes="LAS")
    assert affine[:3, :3] == pytest.approx(np.diag([-0.8, 1.0, 2.5]), abs=1e-6)
    middle = affine @ [2.0, 1.5, 1.0, 1.0]
    assert middle[:3] == pytest.approx([0.0, 0.0, 0.0], abs=1e-6)


@pytest.mark.parametrize(("units", "millimetres"), [(0, 1.0), (1, 1000.0), (2, 1.0), (3, 0.001), (10, 1.0)])
@pytest.mark.parametrize("codes", [(1, 0), (0, 1)])
def test_metres_and_micrometres_become_millimetres(
    units: int, millimetres: float, codes: tuple[int, int]
) -> None:
    small = np.vstack([OBLIQUE[:3] / 100, OBLIQUE[3:]])  # 8 mm at least, if these are metres
    affine = place(patched(nifti(ramp(), small, codes=codes), 123, bytes([units])))
    np.testing.assert_allclose(affine[:3], small[:3] * millimetres, rtol=1e-4, atol=1e-4 * millimetres)


def test_sheared_axes_are_refused() -> None:
    sheared = OBLIQUE.copy()
    sheared[:3, 2] += 0.01 * sheared[:3, 0]
    data = nifti(ramp(), codes=(1, 0))
    data = patched(data, 280, struct.pack("<12f", *sheared[:3].reshape(-1)))
    assert refusal(data).startswith("geometry_invalid: sheared: the cosine between two axes is 0.003")


@pytest.mark.parametrize(
    ("codes", "start", "new"),
    [
        ((1, 0), 280, struct.pack("<4f", 0, 0, 0, 0) * 3),
        ((1, 0), 280, struct.pack("<f", float("nan"))),
        ((1, 0), 280, struct.pack("<f", 3e38)),
        ((0, 1), 80, struct.pack("<f", 0.0)),
        ((0, 1), 80, struct.pack("<f", -1.0)),
        ((0, 1), 256, struct.pack("<f", 2.0)),
        ((0, 1), 256, struct.pack("<f", float("nan"))),
        ((0, 1), 268, struct.pack("<f", float("inf"))),
    ],
)
def test_a_place_that_cannot_be_is_refused(codes: tuple[int, int], start: int, new: bytes) -> None:
    assert refusal(patched(nifti(ramp(), codes=codes), start, new)).startswith("geometry_invalid")


ABSURD = [0.0, 1e-38, 1e-20, 1e19, 1e20, 3e38, -3e38, np.inf, -np.inf, np.nan]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("codes", [(1, 0), (0, 1), (1, 1), (0, 0)])
def test_absurd_numbers_are_refused_without_a_warning(codes: tuple[int, int]) -> None:
    # Sides, quaternion and offsets, rows of the affine.
    places = [start + 4 * at for start, count in ((80, 3), (256, 6), (280, 12)) for at in range(count)]
    for number, start in product(ABSURD, places):
        data = patched(nifti(ramp(), codes=codes), start, struct.pack("<f", number))
        assert np.abs(place_or_nowhere(data)).max() < 100


def place_or_nowhere(data: bytes) -> NDArray[np.float64]:
    """The affine, zeros where the file is refused for it."""
    try:
        return place(data, axes="RAS")
    except Refusal as refused:
        assert refused.reason in {"geometry_invalid", "affine_conflict"}
        return np.zeros((4, 4))


def test_forms_of_which_one_is_no_place_are_told_apart_without_a_distance() -> None:
    data = patched(nifti(ramp()), 268, struct.pack("<f", np.inf))
    assert refusal(data) == "affine_conflict: sform and qform lie immeasurably far apart"
    np.testing.assert_allclose(place(data, form="sform"), OBLIQUE, atol=1e-5)


def test_millimetres_that_a_file_calls_metres_are_refused_with_the_length_that_they_give() -> None:
    data = patched(nifti(ramp(), np.diag([0.8, 0.8, 2.5, 1.0])), 123, bytes([1]))
    assert refusal(data) == "geometry_invalid: the affine has voxels of 2500 mm along one side"


@pytest.mark.parametrize(("sides", "is_fine"), [(1e-5, True), (400, True), (1e-7, False), (1e12, False)])
def test_a_voxel_is_as_long_as_something_that_can_be_scanned(sides: float, is_fine: bool) -> None:
    data = nifti(ramp(), np.diag([sides, sides, sides, 1.0]), codes=(1, 0))
    if is_fine:
        np.testing.assert_allclose(place(data), np.diag([sides, sides, sides, 1.0]), rtol=1e-6)
    else:
        assert refusal(data) == "geometry_invalid: the affine holds no lengths of a voxel's sides"
