"""Folders `images` and `masks`, as they are delivered: read as they lie, or refused with what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_files import write
from ingesting import cases, config, ingested, voxels, write_all
from marked_series import stored
from nifti_files import nifti, packed, ramp
from numpy.typing import NDArray
from packed import zipped
from picture_files import grey, picture

from pipeline.workspace import Workspace

pytestmark = pytest.mark.usefixtures("own_key")

SETTINGS = {
    "modalities": ("DX",),
    "formats": {name: {"modality": "DX"} for name in ("png", "tiff", "jpeg")},
    "patient_from": {"pattern": r"images/(?:\w+/)?(\w+)[.]"},
    "masks": {"structures": {"lesion": 255}, "may_be_absent": ["lesion"]},
}


def marks(number: int) -> NDArray[np.uint8]:
    array = np.zeros((20, 24), np.uint8)
    array[2 : 5 + number, 3:12] = 255
    return array


def outcome(workspace: Workspace, **settings: Any) -> dict[str, str]:
    return {path: row[1] for path, row in ingested(workspace, config(**{**SETTINGS, **settings})).items()}


@pytest.mark.parametrize(
    ("image", "mask", "kind"),
    [
        ("images/p{}.png", "masks/p{}.png", "PNG"),
        ("images/p{}.jpg", "masks/p{}_mask.png", "PNG"),
        ("train/images/p{}.png", "train/masks/p{}_seg.tif", "TIFF"),
        ("images/train/p{}.tif", "masks/train/p{}_segmentation.png", "PNG"),
        ("x/images/p{}.png", "x/masks/p{}_gt.png", "PNG"),
        ("x/images/p{}.png", "x/masks/p{}_label.png", "PNG"),
        ("images/p{}.png", "images/p{}_mask.png", "PNG"),
        ("images/p{}.jpg", "images/p{}_segmentation.png", "PNG"),
        ("images/p{}.tif", "images/p{} mask.tif", "TIFF"),
        ("images/p{}.png", "images/p{}_mask_1.png", "PNG"),
    ],
)
def test_masks_go_with_the_pictures_of_their_names(
    workspace: Workspace, raw: Path, image: str, mask: str, kind: str
) -> None:
    kinds = {"png": "PNG", "jpg": "JPEG", "tif": "TIFF"}
    for number in range(3):
        write(raw / image.format(number), picture(grey() + number, kinds[image[-3:]]))
        write(raw / mask.format(number), picture(marks(number), kind))
    assert set(outcome(workspace).values()) == {"ok"}
    assert len({case.patient_id for case in cases(workspace)}) == 3
    found = stored(workspace)
    for case in cases(workspace):
        number = round(float(voxels(workspace, case).mean()) - float(grey().mean()))
        np.testing.assert_array_equal(found[case.case_id, "lesion"], marks(number) == 255)


def test_volumes_and_archives_are_laid_out_alike(workspace: Workspace, raw: Path) -> None:
    labels = (ramp() % 3).astype(np.uint8)
    files = {"train/images/p1.nii.gz": packed(nifti(ramp())), "train/masks/p1_seg.nii": nifti(labels)}
    write(raw / "all.zip", zipped(files))
    write_all(raw, {name.replace("p1", "p2").replace("train", "test"): data for name, data in {
        "train/images/p1.nii.gz": packed(nifti(ramp(start=9))), "train/masks/p1_seg.nii": nifti(labels),
    }.items()})  # fmt: skip
    told = outcome(
        workspace,
        unit="series",
        modalities=("MR",),
        formats={"nifti": {"modality": "MR"}},
        masks={"structures": {"front": 1, "rear": 2}},
    )
    assert told.pop("all.zip") == "archive_read"
    assert set(told.values()) == {"ok"}
    assert len(stored(workspace)) == 4


def test_what_could_be_of_two_images_and_two_masks_of_one_are_refused(
    workspace: Workspace, raw: Path
) -> None:
    write_all(raw, {
        "images/a.png": picture(grey()), "images/a.tif": picture(grey() + 1, "TIFF"),
        "masks/a.png": picture(marks(1)),
        "images/b.png": picture(grey() + 2), "masks/b.png": picture(marks(1)), "masks/b_mask.png": picture(marks(2)),
        "masks/c.png": picture(marks(1)),
    })  # fmt: skip
    told = outcome(workspace)
    assert told["masks/a.png"] == "mask_reference_missing (2 images are called as it is)"
    assert told["masks/b.png"] == told["masks/b_mask.png"]
    assert told["masks/b.png"] == "mask_values_invalid (2 masks of the structure lesion)"
    assert told["masks/c.png"] == "mask_reference_missing (no image is paired with it)"
    assert {told[name] for name in told if name.startswith("images")} == {"ok"}
    assert stored(workspace) == {}


def test_masks_without_declared_structures_are_no_images(workspace: Workspace, raw: Path) -> None:
    write_all(raw, {"images/a.png": picture(grey()), "masks/a.png": picture(marks(1))})
    told = outcome(workspace, masks=None)
    assert told == {"images/a.png": "ok", "masks/a.png": "mask_not_image (by its place)"}


def test_a_folder_of_all_images_is_no_patient(workspace: Workspace, raw: Path) -> None:
    write_all(raw, {"images/a.png": picture(grey()), "masks/a.png": picture(marks(1))})
    told = ingested(workspace, config(**{**SETTINGS, "patient_from": "folder"}))
    reason = "missing_attribute (PatientID, and the folder is that of all images of a layout)"
    assert {row[1] for row in told.values()} == {reason}
    pattern = r"/([^/]+?)(?:_\d{4})?[.]"
    assert repr(pattern).replace("\\\\", "\\")[1:-1] in next(iter(told.values()))[2]
    assert set(outcome(workspace, patient_from={"pattern": pattern}).values()) == {"ok"}


def test_a_mask_beside_its_image_is_no_scan_where_masks_are_not_read(workspace: Workspace, raw: Path) -> None:
    write_all(raw, {"images/a.png": picture(grey()), "images/a_mask.png": picture(marks(0))})
    write_all(raw, {"images/b_mask.png": picture(grey() + 1)})  # of nothing that is here
    told = outcome(workspace, masks=None)
    assert told == {
        "images/a.png": "ok", "images/a_mask.png": "mask_not_image (by its place)", "images/b_mask.png": "ok"
    }  # fmt: skip
    write(raw / "images/b.png", picture(grey() + 2))
    assert outcome(workspace, masks=None)["images/b_mask.png"] == "mask_not_image (by its place)"


def test_two_masks_or_two_images_beside_one_another_are_refused(workspace: Workspace, raw: Path) -> None:
    write_all(raw, {"images/a.png": picture(grey()), "images/a_mask.png": picture(marks(0))})
    write_all(raw, {"images/a_mask_1.png": picture(marks(2)), "images/b.png": picture(grey() + 1)})
    write_all(raw, {"images/b.tif": picture(grey() + 2, "TIFF"), "images/b_mask.png": picture(marks(1))})
    told = outcome(workspace)
    assert told["images/a_mask.png"] == told["images/a_mask_1.png"]
    assert told["images/a_mask.png"] == "mask_values_invalid (2 masks of the structure lesion)"
    assert told["images/b_mask.png"] == "mask_reference_missing (2 images are called as it is)"
