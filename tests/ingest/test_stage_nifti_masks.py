"""NIfTI label maps below `labelsTr`, as they lie beside their images."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from dicom_files import write
from ingesting import cases, config, ingested, voxels
from marked_series import stored
from nifti_files import OBLIQUE, nifti, packed, ramp
from numpy.typing import NDArray

from pipeline.ingest import run
from pipeline.workspace import Workspace

pytestmark = pytest.mark.usefixtures("own_key")

DATA = os.environ.get("SCANLOOM_DATA", "")
SETTINGS = {
    "unit": "series",
    "modalities": ("MR",),
    "formats": {"nifti": {"modality": "MR"}},
    "patient_from": {"pattern": r"imagesTr/(\w+?)(?:_0000)?[.]"},
    "masks": {"structures": {"anterior": 1, "posterior": [2, 3]}},
}
IMAGE, MASK = "imagesTr/h_1_0000.nii.gz", "labelsTr/h_1.nii.gz"


def labels(shape: tuple[int, ...] = (5, 4, 3), dtype: Any = np.uint8) -> NDArray[Any]:
    return (np.arange(int(np.prod(shape))) % 4).reshape(shape).astype(dtype)


def turned(array: NDArray[Any], affine: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """The same voxels at the same points, stored with other axes."""
    image = nib.Nifti1Image(array, affine)
    other = nib.orientations.axcodes2ornt(("S", "L", "A"))
    image = image.as_reoriented(
        nib.orientations.ornt_transform(nib.orientations.io_orientation(affine), other)
    )
    return np.asarray(image.dataobj), image.affine


def put(raw: Path, mask: bytes, image: bytes | None = None) -> None:
    write(raw / IMAGE, packed(nifti(ramp())) if image is None else image)
    write(raw / MASK, mask)


def test_labels_lie_at_the_points_of_their_image_whatever_the_order_of_axes(
    workspace: Workspace, raw: Path
) -> None:
    put(raw, packed(nifti(*turned(labels(), OBLIQUE))))
    run(config(**SETTINGS), workspace)
    (case,) = cases(workspace)
    image, found = voxels(workspace, case), stored(workspace)
    # The image is a ramp, so its values name its voxels.
    assert set(image[found[case.case_id, "anterior"] == 1].tolist()) == set(ramp()[labels() == 1].tolist())
    assert set(image[found[case.case_id, "posterior"] == 1].tolist()) == set(ramp()[labels() >= 2].tolist())


def test_each_slice_gets_its_labels_where_each_is_a_case(workspace: Workspace, raw: Path) -> None:
    put(raw, nifti(labels(dtype=np.float32)))
    run(config(**{**SETTINGS, "unit": "image"}), workspace)
    found = stored(workspace)
    assert len(cases(workspace)) == 3
    for case in cases(workspace):
        image = voxels(workspace, case)
        marked = set(image[found[case.case_id, "anterior"] == 1].tolist())
        assert marked == set(image.ravel().tolist()) & set(ramp()[labels() == 1].tolist())


def told(workspace: Workspace, **settings: Any) -> tuple[str, str, str]:
    return ingested(workspace, config(**{**SETTINGS, **settings}))[MASK]


@pytest.mark.parametrize(
    ("mask", "reason"),
    [
        (nifti(labels() + 5 * (labels() == 3)), "mask_values_invalid (the value 8 is of no structure)"),
        (nifti(np.minimum(labels(), 1)), "mask_values_invalid (the structure posterior is empty)"),
        (
            nifti(labels(dtype=np.float32) / 2),
            "mask_values_invalid (numbers that are not whole, where a label",
        ),
        (nifti(labels((4, 4, 3))), "mask_geometry_mismatch (covers 3 x 4 x 4 of 3 x 4 x 5 voxels)"),
        (
            nifti(labels(), OBLIQUE @ np.diag([1.0, 1, -1, 1])),
            "mask_geometry_mismatch (reaches 5.00 mm beyond",
        ),
        (nifti(labels())[:-9], "truncated_pixel_data"),
    ],
    ids=["undeclared", "empty", "fractions", "fewer columns", "upside down", "cut"],
)
def test_labels_that_do_not_fit_cost_no_scan(
    workspace: Workspace, raw: Path, mask: bytes, reason: str
) -> None:
    put(raw, mask)
    state, why, step = told(workspace)
    assert why.startswith(reason)
    assert state in ("quarantined", "failed")
    assert step
    assert stored(workspace) == {}
    assert len(cases(workspace)) == 1


def test_a_mask_of_other_voxels_is_resampled_where_the_settings_say_so_and_one_elsewhere_never(
    workspace: Workspace, raw: Path
) -> None:
    fine = OBLIQUE @ np.diag([1 / 3, 1, 0.2, 1])
    fine[:3, 3] = (OBLIQUE @ [-1 / 3, 0, -0.4, 1])[:3]
    put(raw, packed(nifti(np.repeat(np.repeat(labels(), 3, axis=0), 5, axis=2), fine)))
    assert told(workspace)[1].endswith(
        "; its voxels have 0.267 x 0.5 x 1 mm, those of the scan 0.8 x 1 x 2.5)"
    )
    allowed = {**SETTINGS, "masks": {**SETTINGS["masks"], "resample": "nearest"}}
    lines = run(config(**allowed), workspace).lines
    assert any("mask_resampled" in line for line in lines)
    (case,) = cases(workspace)
    image, found = voxels(workspace, case), stored(workspace)
    assert set(image[found[case.case_id, "anterior"] == 1].tolist()) == set(ramp()[labels() == 1].tolist())
    assert set(image[found[case.case_id, "posterior"] == 1].tolist()) == set(ramp()[labels() >= 2].tolist())
    aside = OBLIQUE.copy()
    aside[:3, 3] += OBLIQUE[:3, 0]
    put(raw, packed(nifti(labels(), aside)))
    reason = told(workspace, masks=allowed["masks"])[1]
    assert reason == "mask_geometry_mismatch (it ends 0.80 mm before the scan does)"


def test_a_mask_waits_for_its_image_and_follows_it(workspace: Workspace, raw: Path) -> None:
    write(raw / MASK, nifti(labels()))
    assert told(workspace)[1] == "mask_reference_missing (no image is paired with it)"
    put(raw, nifti(labels()))
    assert told(workspace)[1] == "ok"
    put(raw, nifti(labels()), nifti(ramp(start=7)))  # other bytes: another image, with the same mask
    assert told(workspace)[1] == "ok"
    (case,) = cases(workspace)
    assert {name for name, _ in stored(workspace)} == {case.case_id}


def test_masks_of_two_images_may_have_the_same_bytes_and_copies_of_a_pair_count_once(
    workspace: Workspace, raw: Path
) -> None:
    by_folder = {**SETTINGS, "patient_from": "folder"}
    for patient, start in (("a", 0), ("b", 7)):
        write(raw / patient / IMAGE, nifti(ramp(start=start)))
        write(raw / patient / MASK, nifti(labels()))
    outcomes = ingested(workspace, config(**by_folder))
    assert {row[1] for row in outcomes.values()} == {"ok"}
    assert len(stored(workspace)) == 4
    write(raw / "a/again/imagesTr/h_1.nii", nifti(ramp()))
    write(raw / "a/again/labelsTr/h_1.nii", nifti(labels()))
    outcomes = ingested(workspace, config(**by_folder))
    assert sorted(row[1] for row in outcomes.values()) == 2 * ["duplicate_identical"] + 4 * ["ok"]
    assert len(stored(workspace)) == 4


def test_a_mask_is_of_whom_the_table_names_with_its_image(workspace: Workspace, raw: Path) -> None:
    put(raw, nifti(labels()))
    (raw / "labels.csv").write_text(f"image,person,label\n{IMAGE},P1,a\n")
    settings = {**SETTINGS, "patient_from": {"column": "person"}}
    choices = {"labels": "raw/labels.csv", "id": {"column": "image", "names": "path"}}
    reasons = ingested(workspace, config(choices, **settings))
    assert reasons[MASK][:2] == ("accepted", "ok")
    assert len(stored(workspace)) == 2
    assert not run(config(choices, **settings), workspace).changed
    (raw / "labels.csv").write_text(f"image,person,label\n{IMAGE},P2,a\n")
    run(config(choices, **settings), workspace)
    assert len(stored(workspace)) == 2


@pytest.mark.skipif(not DATA, reason="real scans are found through SCANLOOM_DATA")
def test_the_hippocampus_of_the_decathlon_is_read_as_nibabel_reads_it(
    workspace: Workspace, raw: Path
) -> None:
    source = Path(DATA) / "hippocampus"
    names = [path.name for path in sorted((source / "labelsTr").glob("*.nii.gz"))[:4]]
    for name in names:
        for folder in ("imagesTr", "labelsTr"):
            write(raw / folder / name, (source / folder / name).read_bytes())
    write(raw / "dataset.json", json.dumps({"modality": {"0": "MRI"}}).encode())
    structures = {"structures": {"anterior": 1, "posterior": 2}}
    settings = {**SETTINGS, "formats": {}, "patient_from": {"pattern": r"_(\d+)"}, "masks": structures}
    run(config(**settings), workspace)
    found = stored(workspace)
    assert len(found) == 2 * len(names)
    counts = sorted(int(mask.sum()) for (_, structure), mask in found.items() if structure == "anterior")
    expected = [(np.asarray(nib.load(source / "labelsTr" / name).dataobj) == 1).sum() for name in names]
    assert counts == sorted(expected)
    for case in cases(workspace):
        image, mask = voxels(workspace, case), found[case.case_id, "anterior"]
        assert any(same_pair(image, mask, source, name) for name in names)


def same_pair(image: NDArray[Any], mask: NDArray[Any], source: Path, name: str) -> bool:
    """Whether image and mask are those of a file, both turned alike."""
    of_image = np.asarray(nib.load(source / "imagesTr" / name).dataobj)
    of_mask = np.asarray(nib.load(source / "labelsTr" / name).dataobj) == 1
    # RAS (i, j, k) to (slices, rows, columns): to the head, to the back, to the left.
    turned_image, turned_mask = (array.T[:, ::-1, ::-1] for array in (of_image, of_mask))
    return np.array_equal(image, turned_image) and np.array_equal(mask, turned_mask)
