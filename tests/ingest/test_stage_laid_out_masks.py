"""Masks that a layout pairs with their images: of pictures, in BIDS, and inside archives."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_files import write
from ingesting import cases, config, ingested, voxels, write_all
from marked_series import stored
from nifti_files import nifti, packed, ramp
from numpy.typing import NDArray
from packed import tarred, zipped
from picture_files import grey, picture, with_orientation
from PIL import Image

from pipeline.catalogue import Catalogue, masks
from pipeline.ingest import run
from pipeline.workspace import Workspace

pytestmark = pytest.mark.usefixtures("own_key")

PICTURES = {
    "modalities": ("DX",),
    "formats": {"png": {"modality": "DX"}, "tiff": {"modality": "DX"}, "jpeg": {"modality": "DX"}},
    "patient_from": {"pattern": r"Tr/(\w+?)(?:_0000)?[.]"},
    "masks": {"structures": {"lung": 255, "nodule": [128, 7]}, "may_be_absent": ["nodule", "lung"]},
}
VOLUMES = {
    "unit": "series",
    "modalities": ("MR",),
    "formats": {"nifti": {"modality": "MR"}},
    "masks": {"structures": {"front": 1, "rear": [2, "back"]}},
}
BY_PATH = {**VOLUMES, "patient_from": {"pattern": r"Tr/(\w+?)(?:_\d{4})?[.]"}}
T1 = "anat/sub-1_T1w.nii.gz"


def marks(number: int = 0) -> NDArray[np.uint8]:
    """Lung and nodule in a picture, nowhere symmetrical."""
    array = np.zeros((20, 24), np.uint8)
    array[2:9, 3 : 12 + number], array[12:15, 4:9] = 255, 128
    return array


def labels(shape: tuple[int, int, int] = (5, 4, 3)) -> NDArray[np.uint8]:
    return (np.arange(60) % 3).reshape(shape).astype(np.uint8)


def outcome(workspace: Workspace, **settings: Any) -> dict[str, str]:
    return {path: row[1] for path, row in ingested(workspace, config(**settings)).items()}


@pytest.mark.parametrize(
    ("name", "mask"),
    [
        ("a.png", picture(marks())),
        ("a.tif", picture(marks().astype(np.uint16), "TIFF")),
        ("a.png", picture(np.stack([marks()] * 3, axis=-1))),
        ("a.png", picture(marks(), mode="P")),
        ("a.png", picture(np.where(marks() == 128, 7, marks()).astype(np.uint16))),
    ],
    ids=["grey", "16 bits", "grey as colours", "palette of greys", "another number of the same structure"],
)
def test_a_picture_of_labels_marks_the_pixels_of_its_picture(
    workspace: Workspace, raw: Path, name: str, mask: bytes
) -> None:
    write(raw / "imagesTr/a_0000.png", picture(grey().astype(np.uint16)))
    write(raw / "labelsTr" / name, mask)
    assert set(outcome(workspace, **PICTURES).values()) == {"ok"}
    (case,) = cases(workspace)
    found = stored(workspace)
    np.testing.assert_array_equal(voxels(workspace, case), grey())
    np.testing.assert_array_equal(found[case.case_id, "lung"], marks() == 255)
    np.testing.assert_array_equal(found[case.case_id, "nodule"], marks() == 128)


def in_colours(numbers: NDArray[np.uint8], table: list[int], kind: str = "PNG", **settings: Any) -> bytes:
    """A picture by the numbers of a palette's colours, as programs for labels write it."""
    made, stream = Image.fromarray(numbers, "P"), io.BytesIO()
    made.putpalette(table)
    made.save(stream, kind, **settings)
    return stream.getvalue()


BY_NUMBER = np.where(marks() == 255, 1, np.where(marks() == 128, 2, 0)).astype(np.uint8)
NUMBERED = {**PICTURES, "masks": {"structures": {"lung": 1, "nodule": 2}}}
VOC = [0, 0, 0, 128, 0, 0, 0, 128, 0]
GREYS = [0, 0, 0, 255, 255, 255, 128, 128, 128]


@pytest.mark.parametrize(
    ("mask", "settings"),
    [
        (in_colours(BY_NUMBER, VOC), NUMBERED),
        (in_colours(BY_NUMBER, VOC, bits=2), NUMBERED),
        (in_colours(BY_NUMBER, VOC, transparency=0), NUMBERED),
        (in_colours(BY_NUMBER, VOC, "TIFF"), NUMBERED),
        (in_colours(BY_NUMBER, GREYS), NUMBERED),
        (in_colours(BY_NUMBER, GREYS), PICTURES),
        (in_colours(BY_NUMBER, GREYS, "TIFF"), PICTURES),
    ],
    ids=[
        "colours",
        "4 colours",
        "a background seen through",
        "TIFF",
        "greys by number",
        "greys by grey",
        "in TIFF",
    ],
)
def test_a_palettes_numbers_are_labels_and_its_greys_where_the_settings_say_those(
    workspace: Workspace, raw: Path, mask: bytes, settings: dict[str, Any]
) -> None:
    write_all(raw, {"imagesTr/a.png": picture(grey()), "labelsTr/a.png": mask})
    assert set(outcome(workspace, **settings).values()) == {"ok"}
    (case,) = cases(workspace)
    np.testing.assert_array_equal(stored(workspace)[case.case_id, "lung"], marks() == 255)
    np.testing.assert_array_equal(stored(workspace)[case.case_id, "nodule"], marks() == 128)


@pytest.mark.parametrize("structures", [{"lung": [1, 255], "nodule": [2, 128]}, {"lung": 7}])
def test_a_palette_of_greys_that_may_be_meant_by_number_or_by_grey_is_refused(
    workspace: Workspace, raw: Path, structures: dict[str, Any]
) -> None:
    write_all(raw, {"imagesTr/a.png": picture(grey()), "labelsTr/a.png": in_colours(BY_NUMBER, GREYS)})
    told = outcome(workspace, **{**PICTURES, "masks": {"structures": structures}})
    assert told["labelsTr/a.png"] == (
        "mask_values_invalid (a palette of greys: the number 2 is the grey 128, and either may be meant)"
    )


@pytest.mark.parametrize("compression", [None, "group4"])
def test_a_tiff_of_one_bit_marks_where_it_is_1(
    workspace: Workspace, raw: Path, compression: str | None
) -> None:
    mask = picture(marks() == 255, "TIFF", compression=compression)
    write_all(raw, {"imagesTr/a.png": picture(grey()), "labelsTr/a.tif": mask})
    told = outcome(workspace, **{**PICTURES, "masks": {"structures": {"lung": 1}}})
    assert set(told.values()) == {"ok"}
    (case,) = cases(workspace)
    np.testing.assert_array_equal(stored(workspace)[case.case_id, "lung"], marks() == 255)


def test_mask_and_picture_are_turned_upright_alike(workspace: Workspace, raw: Path) -> None:
    turned = with_orientation(6)  # shown a quarter turn clockwise
    write(raw / "imagesTr/a.jpg", picture(grey(), "JPEG", exif=turned))
    write(raw / "labelsTr/a.png", picture(marks(), exif=turned))
    assert set(outcome(workspace, **PICTURES).values()) == {"ok"}
    (case,) = cases(workspace)
    assert case.stored.shape == (24, 20)
    np.testing.assert_array_equal(stored(workspace)[case.case_id, "lung"], np.rot90(marks() == 255, -1))


def test_empty_masks_of_many_pictures_are_of_each_of_them(workspace: Workspace, raw: Path) -> None:
    for number in range(4):
        write(raw / f"imagesTr/p{number}.png", picture(grey() + number))
        write(raw / f"labelsTr/p{number}.png", picture(marks() * (number == 0)))
    assert set(outcome(workspace, **PICTURES).values()) == {"ok"}
    assert sorted(bool(mask.any()) for mask in stored(workspace).values()) == [False] * 6 + [True] * 2
    lines = run(config(**PICTURES), workspace).lines
    assert "masks: 4 scans with lung, 4 scans with nodule" in lines


def test_a_picture_of_another_size_or_of_colours_costs_no_picture(workspace: Workspace, raw: Path) -> None:
    write(raw / "imagesTr/a.png", picture(grey()))
    write(raw / "labelsTr/a.png", picture(marks().T.copy()))
    told = outcome(workspace, **PICTURES)
    assert told["labelsTr/a.png"] == (
        "mask_geometry_mismatch (24 x 20 pixels, where its picture has 20 x 24)"
    )
    write(raw / "labelsTr/a.png", picture(marks(), mode="RGBA"))
    assert outcome(workspace, **PICTURES)["labelsTr/a.png"] == "ok"
    colour = np.array(Image.fromarray(marks()).convert("RGB"))
    colour[0, 0] = (255, 0, 0)
    write(raw / "labelsTr/a.png", picture(colour))
    told = outcome(workspace, **PICTURES)
    assert told["labelsTr/a.png"].startswith("mask_values_invalid (colours")
    assert len(cases(workspace)) == 1


def test_masks_of_bids_mark_the_image_beside_them_or_that_they_are_derived_from(
    workspace: Workspace, raw: Path
) -> None:
    files = {
        f"sub-1/ses-1/{T1}": nifti(ramp()),
        f"sub-1/ses-2/{T1}": nifti(ramp(start=5)),
        "sub-2/anat/sub-2_acq-a_run-1_T1w.nii.gz": nifti(ramp(start=9)),
        "sub-2/anat/sub-2_acq-a_run-1_T2w.nii.gz": nifti(ramp(start=11)),
        "sub-1/ses-1/anat/sub-1_dseg.nii.gz": nifti(labels()),
        "derivatives/hand/sub-1/ses-2/anat/sub-1_space-orig_desc-x_dseg.nii.gz": nifti(labels()),
        "derivatives/a/b/sub-2/anat/sub-2_acq-a_run-1_T2w_desc-x_dseg.nii.gz": nifti(labels()),
    }
    write_all(raw, {name: packed(data) for name, data in files.items()})
    assert set(outcome(workspace, **VOLUMES).values()) == {"ok"}
    assert len({case.patient_id for case in cases(workspace)}) == 2
    found = stored(workspace)
    assert len(found) == 6
    marked = [sorted(voxels(workspace, case)[found[case.case_id, "front"] == 1].tolist()) for case in cases(workspace)
              if (case.case_id, "front") in found]  # fmt: skip
    expected = [sorted(ramp(start=start)[labels() == 1].tolist()) for start in (0, 5, 11)]
    assert sorted(marked) == expected


def test_the_label_in_a_name_of_bids_says_which_structure_a_mask_is_of(
    workspace: Workspace, raw: Path
) -> None:
    of_one = nifti(np.minimum(labels(), 1))
    of_other = nifti((labels() == 0).astype(np.uint8))
    write_all(raw, {
        "sub-1/sub-1_T1w.nii": nifti(ramp()),
        "sub-1/sub-1_label-Front_mask.nii": of_one,
        "sub-1/sub-1_label-back_mask.nii": of_other,
        "sub-1/sub-1_label-WM_mask.nii": of_other,
    })  # fmt: skip
    told = outcome(workspace, **VOLUMES)
    assert told.pop("sub-1/sub-1_label-WM_mask.nii") == (
        "mask_values_invalid (the label in its name is of no structure)"
    )
    assert set(told.values()) == {"ok"}
    (case,) = cases(workspace)
    image, found = voxels(workspace, case), stored(workspace)
    assert set(image[found[case.case_id, "front"] == 1].tolist()) == set(ramp()[labels() > 0].tolist())
    assert set(image[found[case.case_id, "rear"] == 1].tolist()) == set(ramp()[labels() == 0].tolist())
    lines = run(config(**VOLUMES), workspace).lines
    assert "WM" not in "".join(lines)


@pytest.mark.parametrize(
    ("name", "pack"),
    [("all.zip", zipped), ("all.tar", tarred), ("all.tgz", lambda files: tarred(files, mode="w:gz"))],
)
def test_masks_in_an_archive_are_those_of_the_folder_that_it_was(
    workspace: Workspace, raw: Path, name: str, pack: Any
) -> None:
    files = {f"labelsTr/c{number}.nii.gz": packed(nifti(labels())) for number in range(3)}
    files |= {f"imagesTr/c{number}_0000.nii.gz": packed(nifti(ramp(start=number))) for number in range(3)}
    write(raw / name, pack(files))
    told = outcome(workspace, **BY_PATH)
    assert told.pop(name) == "archive_read"
    assert set(told.values()) == {"ok"}
    in_archive = stored(workspace)
    (raw / name).unlink()
    write_all(raw, files)
    assert set(outcome(workspace, **BY_PATH).values()) == {"ok"}
    in_folder = stored(workspace)
    assert in_archive.keys() == in_folder.keys()
    assert all((in_archive[key] == in_folder[key]).all() for key in in_folder)


def test_channels_in_an_archive_are_one_case_with_its_mask(workspace: Workspace, raw: Path) -> None:
    files = {f"imagesTr/c_000{number}.nii": nifti(ramp(start=number)) for number in range(2)}
    write(raw / "all.zip", zipped({**files, "labelsTr/c.nii": nifti(labels())}))
    told = outcome(workspace, **BY_PATH)
    assert told == {
        "all.zip": "archive_read", "all.zip/imagesTr/c_0000.nii": "ok", "all.zip/imagesTr/c_0001.nii": "ok",
        "all.zip/labelsTr/c.nii": "ok",
    }  # fmt: skip
    (case,) = cases(workspace)
    assert case.channels == 2
    assert {name for name, _ in stored(workspace)} == {case.case_id}


def test_a_table_names_whose_a_mask_in_an_archive_is_by_its_image(workspace: Workspace, raw: Path) -> None:
    files = {"imagesTr/a.nii": nifti(ramp()), "labelsTr/a.nii": nifti(labels())}
    write(raw / "all.zip", zipped(files))
    (raw.parent / "labels.csv").write_text("image,person,label\nimagesTr/a.nii,P1,a\n")
    settings = {**VOLUMES, "patient_from": {"column": "person"}}
    told = ingested(workspace, config({"id": {"column": "image", "names": "path"}}, **settings))
    assert {row[1] for row in told.values()} == {"ok", "archive_read"}
    assert len(stored(workspace)) == 2


def test_masks_say_that_another_one_of_their_scan_was_refused_until_it_is_mended(
    workspace: Workspace, raw: Path
) -> None:
    whole, half = (np.arange(60).reshape(5, 4, 3) % step == 0 for step in (3, 4))
    lesion = "derivatives/m/sub-{0}/anat/sub-{0}_label-{1}_mask.nii.gz"
    for subject in (1, 2):
        write(raw / f"sub-{subject}/anat/sub-{subject}_T1w.nii.gz", packed(nifti(ramp(start=subject))))
        write(raw / lesion.format(subject, "front"), packed(nifti(whole.astype(np.uint8))))
    write(raw / lesion.format(1, "back"), packed(nifti(255 * half.astype(np.uint8))))
    settings = {**VOLUMES, "masks": {**VOLUMES["masks"], "may_be_absent": ["front", "rear"]}}
    told = outcome(workspace, **settings)
    assert told[lesion.format(1, "back")].startswith("mask_values_invalid")
    assert sorted(noted(workspace)) == [("front", ()), ("front", ("beside_refused_mask",))]
    write(raw / lesion.format(1, "back"), packed(nifti(half.astype(np.uint8))))
    assert set(outcome(workspace, **settings).values()) == {"ok"}
    assert sorted(noted(workspace)) == [("front", ()), ("front", ()), ("rear", ())]


def noted(workspace: Workspace) -> list[tuple[str, tuple[str, ...]]]:
    with Catalogue(workspace.catalogue) as catalogue:
        return [(mask.structure, mask.notes) for mask in masks.all_of(catalogue)]
