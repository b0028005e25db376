from __future__ import annotations

import gzip
from io import BytesIO

import nibabel as nib
import numpy as np
import pytest
import SimpleITK

from pipeline.export.nifti import nifti_bytes
from pipeline.records import Geometry

# RAS: slices 3 mm to the head, rows 0.5 mm to the back, columns 0.8 mm to the left.
AFFINE = ((0.0, 0.0, -0.8, 10.0), (0.0, -0.5, 0.0, 20.0), (3.0, 0.0, 0.0, 30.0), (0.0, 0.0, 0.0, 1.0))
SHEARED = ((0.0, 0.0, -0.8, 10.0), (0.02, -0.5, 0.0, 20.0), (3.0, 0.0, 0.0, 30.0), (0.0, 0.0, 0.0, 1.0))
VOLUME = Geometry((3.0, 0.5, 0.8), "patient", AFFINE)


def load(data: bytes) -> nib.Nifti1Image:
    return nib.Nifti1Image.from_stream(BytesIO(gzip.decompress(data)))


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "float32", "float64"])
def test_every_voxel_is_unchanged_and_at_its_place(dtype: str) -> None:
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)
    image = load(nifti_bytes(array, VOLUME))
    assert image.get_data_dtype() == np.dtype(dtype)
    assert image.dataobj.slope == 1 or np.isnan(image.dataobj.slope)
    stored = np.asarray(image.dataobj)
    assert stored.shape == (4, 3, 2)
    for slice_, row, column in np.ndindex(2, 3, 4):
        assert stored[column, row, slice_] == array[slice_, row, column]
        assert image.affine @ [column, row, slice_, 1] == pytest.approx(
            np.array(AFFINE) @ [slice_, row, column, 1]
        )
    assert image.header.get_xyzt_units()[0] == "mm"


def test_both_forms_say_the_same(tmp_path) -> None:
    path = tmp_path / "case.nii.gz"
    path.write_bytes(nifti_bytes(np.zeros((2, 3, 4), np.int16), VOLUME))
    image = nib.load(path)
    assert image.get_sform(coded=True)[1] == image.get_qform(coded=True)[1] == 1
    assert np.abs(image.get_sform() - image.get_qform()).max() < 1e-4
    # SimpleITK prefers the qform; its origin is LPS.
    assert SimpleITK.ReadImage(str(path)).GetOrigin() == pytest.approx((-10.0, -20.0, 30.0))


def test_a_lean_that_the_qform_can_t_hold_is_in_the_sform_alone() -> None:
    image = load(nifti_bytes(np.zeros((2, 3, 4), np.int16), Geometry((3.0, 0.5, 0.8), "patient", SHEARED)))
    assert image.get_qform(coded=True) == (None, 0)
    assert image.affine[:3, 2] == pytest.approx([0.0, 0.02, 3.0])


def test_a_single_image_is_one_slice() -> None:
    array = np.arange(12, dtype=np.int16).reshape(3, 4)
    image = load(nifti_bytes(array, Geometry((0.5, 0.8), "patient", AFFINE)))
    assert image.shape == (4, 3, 1)
    assert np.asarray(image.dataobj)[:, :, 0].T.tolist() == array.tolist()


def test_colours_are_a_vector_at_every_voxel() -> None:
    array = np.arange(72, dtype=np.uint8).reshape(2, 3, 4, 3)
    image = load(nifti_bytes(array, VOLUME))
    assert image.shape == (4, 3, 2, 1, 3)
    assert image.header.get_intent()[0] == "vector"
    assert np.asarray(image.dataobj)[3, 1, 0, 0].tolist() == array[0, 1, 3].tolist()


def test_the_same_case_gives_the_same_bytes() -> None:
    array = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)
    assert nifti_bytes(array, VOLUME) == nifti_bytes(array.copy(), VOLUME)


def test_a_case_without_a_place_has_no_nifti() -> None:
    with pytest.raises(ValueError, match="no position"):
        nifti_bytes(np.zeros((3, 4)), Geometry((1.0, 1.0), "pixels"))
