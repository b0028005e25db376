"""The ways out of the refusals of masks, as those of `ways_out`."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from mask_files import segmentation, slices, structure_set
from nifti_files import OBLIQUE, nifti, patched, ramp
from numpy.typing import NDArray
from packed import zipped
from picture_files import chunk, colours, grey, picture, png, with_orientation
from PIL import Image
from pydicom.dataset import Dataset
from ways_out import Way

_MARKED = np.zeros((5, 7, 5), bool)
_MARKED[1:4, 2:5, 1:3] = True
_OTHER = np.roll(_MARKED, 2, axis=2)
_MASKS = {"structures": {"anterior": 1, "posterior": 2}}
_NAMES = {"structures": {"front": "anterior", "rear": "posterior"}, "may_be_absent": ["front", "rear"]}
_NAMED = {"unit": "series", "masks": _NAMES}
_SETTINGS = {"unit": "series", "masks": _MASKS}


def _scan() -> dict[str, Dataset]:
    return {f"{number}.dcm": one for number, one in enumerate(slices())}


def _mask(kind: str = "BINARY", numbers: tuple[int, ...] = (1,), **elements: object) -> dict[str, Dataset]:
    marks = {number: mark for number, mark in {1: _MARKED, 2: _OTHER, 7: _OTHER}.items() if number in numbers}
    return {"mask.dcm": segmentation(slices(), marks, kind=kind, **elements)}


def _empty() -> dict[str, Dataset]:
    marks = {1: _MARKED, 2: np.zeros_like(_MARKED)}
    return {"mask.dcm": segmentation(slices(), marks, empty_frames=True)}


def _without_series() -> dict[str, Dataset]:
    ds = structure_set(slices(), {"1": []})
    del ds.ReferencedFrameOfReferenceSequence
    return {"mask.dcm": ds}


def _shifted() -> dict[str, Dataset]:
    files = _mask()
    for group in files["mask.dcm"].PerFrameFunctionalGroupsSequence:
        group.PlanePositionSequence[0].ImagePositionPatient[0] += 0.8
    return files


def _projection() -> Dataset:
    one = slices()[0]
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient"):
        delattr(one, keyword)
    one.Modality, one.SOPClassUID = "DX", "1.2.840.10008.5.1.4.1.1.1.1"
    return one


def _twice() -> dict[str, Dataset]:
    corner = np.array([[3, -4, 5], [4, -4, 5], [4, -2, 5]])
    return {"mask.dcm": structure_set(slices(), {"anterior": [corner, corner]})}


def _click() -> dict[str, Dataset]:
    return {"mask.dcm": structure_set(slices(), {"anterior": [("POINT", np.array([[3.4, -3, 5]]))]})}


def _of_one_number() -> dict[str, Dataset]:
    ds = structure_set(slices(), {"anterior": [], "posterior": []})
    ds.StructureSetROISequence[1].ROINumber = 1
    return {"mask.dcm": ds}


def _region(name: str) -> dict[str, Dataset]:
    return {"mask.dcm": structure_set(slices(), {name: []})}


def _pair(labels: NDArray[Any]) -> dict[str, bytes]:
    return {"imagesTr/a.nii": nifti(ramp()), "labelsTr/a.nii": nifti(labels)}


_LABELS = np.minimum(ramp(), 2).astype(np.uint8)
_RGB = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
_PAIR = _pair(_LABELS)
_NIFTI = {
    **_SETTINGS,
    "formats": {"nifti": {"modality": "MR"}},
    "patient_from": {"pattern": "Tr/(.)"},
}

_BIDS = {"sub-1/sub-1_T1w.nii": nifti(ramp()), "sub-1/sub-1_dseg.nii": _PAIR["labelsTr/a.nii"]}
_ONES = nifti(np.minimum(_LABELS, 1))
_LESION = {
    "sub-1/sub-1_T1w.nii": nifti(ramp()),
    "derivatives/x/sub-1/sub-1_label-lesion_mask.nii": _ONES,
}
_OF_BIDS = {**_SETTINGS, "formats": {"nifti": {"modality": "MR"}}}
_GREYS = (grey() % 3).astype(np.uint8)
_PICTURES = {**_NIFTI, "formats": {"png": {"modality": "DX"}, "tiff": {"modality": "DX"}}}


def _pictures(mask: bytes, image: bytes | None = None) -> dict[str, bytes]:
    return {"imagesTr/a_0000.png": image or picture(grey()), "labelsTr/a.png": mask}


_FOLDERS = {"images/a.png": picture(grey()), "masks/a_mask.png": picture(_GREYS)}
_IN_FOLDERS = {**_PICTURES, "patient_from": {"pattern": "images/(.)"}}
_ALONE = {
    **_LESION,
    "derivatives/x/sub-1/sub-1_label-lesion_mask.nii": nifti((255 * (_LABELS > 0)).astype(np.uint8)),
}
_LESIONS = {
    "sub-1/sub-1_T1w.nii": nifti(ramp()),
    "sub-1/sub-1_mask.nii": nifti((255 * (_LABELS > 0)).astype(np.uint8)),
}
_TUMOUR = {"structures": {"tumour": [1, "lesion"]}, "undeclared": "ignore", "may_be_absent": ["tumour"]}


def _of_greys() -> bytes:
    """Greys 0, 7 and 9 by the numbers 0, 3 and 4 of a palette."""
    table = np.repeat([0, 1, 2, 7, 9], 3).astype(np.uint8)
    return png(np.array([0, 3, 4])[_GREYS], depth=8, colour=3, before=chunk(b"PLTE", table.tobytes()))


def _inverted(data: bytes) -> tuple[int, bytes]:
    """Where in a TIFF its photometric interpretation stands, and the bytes that make 0 its white."""
    return data.index(struct.pack("<HHIH", 262, 3, 1, 1)) + 8, bytes(2)


def _fine() -> dict[str, bytes]:
    """A mask of eight voxels for one of its scan; it marks one of them, beside the middle of a scan's."""
    affine = OBLIQUE @ np.diag([0.5, 0.5, 0.5, 1.0])
    affine[:3, 3] = (OBLIQUE @ [-0.25, -0.25, -0.25, 1])[:3]
    labels = np.zeros((12, 12, 12), np.uint8)
    labels[4, 4, 4] = 1
    return {"imagesTr/a.nii": nifti(ramp((6, 6, 6))), "labelsTr/a.nii": nifti(labels, affine)}


def _coarse() -> dict[str, bytes]:
    """A mask of one voxel for eight of its scan."""
    affine = OBLIQUE @ np.diag([2.0, 2.0, 2.0, 1.0])
    affine[:3, 3] = (OBLIQUE @ [0.5, 0.5, 0.5, 1])[:3]
    labels = (np.arange(27).reshape(3, 3, 3) % 3).astype(np.uint8)
    return {"imagesTr/a.nii": nifti(ramp((6, 6, 6))), "labelsTr/a.nii": nifti(labels, affine)}


MASK_WAYS = [
    Way("mask_reference_missing", "", _mask(), _SETTINGS, then=_scan()),
    Way("mask_reference_missing", r"^it names no series", {**_scan(), **_without_series()}, _SETTINGS, then=_mask()),
    Way("mask_reference_missing", r"images may be its own$", _BIDS | {"sub-1/sub-1_T2w.nii": nifti(ramp(start=5))},
        _OF_BIDS, then={"sub-1/sub-1_dseg.nii": None, "sub-1/sub-1_T1w_dseg.nii": _PAIR["labelsTr/a.nii"]}),
    Way("mask_reference_missing", r"images are called as it is$", _FOLDERS | {"images/a.tif": picture(grey() + 1, "TIFF")},
        _IN_FOLDERS, then={"images/a.tif": None}),
    Way("mask_reference_missing", r"images are called as it is$", _FOLDERS | {"images/a.tif": picture(grey() + 1, "TIFF")},
        _IN_FOLDERS, then={"images/a.tif": None, "images/b.tif": picture(grey() + 1, "TIFF")}),
    Way("mask_reference_missing", r"^no image is paired", {**_FOLDERS, "images/a.png": None, "images/b.png": picture(grey())},
        _IN_FOLDERS, then={"masks/a_mask.png": None, "masks/b_mask.png": picture(_GREYS)}),
    Way("mask_reference_missing", r"^no image is paired", _BIDS | {"sub-1/sub-1_T1w.nii": None}, _OF_BIDS,
        then=_BIDS),
    Way("mask_reference_missing", r"^no image is paired",
        {"a.zip": zipped({"labelsTr/a.nii": _PAIR["labelsTr/a.nii"]})}, _NIFTI, then={"a.zip": zipped(_PAIR)}),
    Way("mask_geometry_mismatch", r"; its voxels have", _coarse(), _NIFTI,
        setting={"masks": {**_MASKS, "resample": "nearest"}}),
    Way("mask_geometry_mismatch", r"; its voxels have", _coarse(), _NIFTI,
        then={"labelsTr/a.nii": nifti(np.minimum(ramp((6, 6, 6)), 2).astype(np.uint8))}),
    Way("mask_geometry_mismatch", r"; its voxels have .*; each slice is a case$", _coarse(),
        {**_NIFTI, "unit": "image"}, setting={"unit": "series", "masks": {**_MASKS, "resample": "nearest"}}),
    Way("mask_geometry_mismatch", r"^none of its marks", _fine(),
        {**_NIFTI, "masks": {"structures": {"anterior": 1}, "may_be_absent": ["anterior"], "resample": "nearest"}},
        then={"labelsTr/a.nii": nifti((ramp((6, 6, 6)) == 9).astype(np.uint8))}),
    Way("mask_geometry_mismatch", r"^a picture has no place",
        {"sub-1/sub-1_T1w.nii": nifti(ramp((4, 3, 5))), "sub-1/sub-1_dseg.png": picture(_GREYS[:3, :4])},
        _OF_BIDS, then={"sub-1/sub-1_dseg.png": None,
            "sub-1/sub-1_dseg.nii": nifti(np.minimum(ramp((4, 3, 5)), 2).astype(np.uint8))}),
    Way("mask_values_invalid", r"has 1 alone$", _ALONE, {**_OF_BIDS, "masks": _TUMOUR}, then=_LESION),
    Way("mask_geometry_mismatch", r"where its picture has", _pictures(picture(_LABELS[..., 0])), _PICTURES,
        then=_pictures(picture(_GREYS))),
    Way("mask_geometry_mismatch", r"turned upright by its file$",
        _pictures(picture(_GREYS), picture(grey(), exif=with_orientation(3))), _PICTURES,
        then=_pictures(picture(_GREYS))),
    Way("mask_values_invalid", r"^a JPEG", {**_pictures(b""), "labelsTr/a.png": None,
        "labelsTr/a.jpg": picture(_GREYS, "JPEG")}, _PICTURES,
        then={"labelsTr/a.jpg": None, "labelsTr/a.tif": picture(_GREYS, "TIFF")}),
    Way("format_kind_unsupported", r"^a mask: (several pages", {**_pictures(b""), "labelsTr/a.png": None,
        "labelsTr/a.tif": picture(_GREYS, "TIFF", save_all=True, append_images=[Image.fromarray(_GREYS)])}, _PICTURES,
        then={"labelsTr/a.tif": picture(_GREYS, "TIFF")}),
    Way("format_kind_unsupported", r"^(a mask: )?transparency",
        _pictures(picture(np.dstack([_GREYS, 255 * (_GREYS > 0)]).astype(np.uint8))), _PICTURES,
        then=_pictures(picture(_GREYS))),
    Way("mask_values_invalid", r"^colours", {**_pictures(b""), "labelsTr/a.png": None,
        "labelsTr/a.tif": patched(picture(_GREYS, "TIFF"), *_inverted(picture(_GREYS, "TIFF")))}, _PICTURES,
        then={"labelsTr/a.tif": picture(_GREYS, "TIFF")}),
    Way("mask_values_invalid", r"^a palette of greys", _pictures(_of_greys()), _PICTURES,
        then=_pictures(picture(_GREYS))),
    Way("mask_values_invalid", r"^a palette of greys", _pictures(_of_greys()), _PICTURES,
        setting={"masks": {"structures": {"anterior": 7, "posterior": 9}}}),
    Way("mask_values_invalid", r"^compressed with loss", {**_pictures(b""), "labelsTr/a.png": None,
        "labelsTr/a.tif": picture(_GREYS, "TIFF", compression="jpeg")}, _PICTURES,
        then={"labelsTr/a.tif": picture(_GREYS, "TIFF")}),
    Way("mask_values_invalid", r"^compressed with loss", {**_scan(), **_mask(LossyImageCompression="01")}, _SETTINGS,
        then=_mask()),
    Way("mask_values_invalid", r"masks of the structure", {**_scan(), **_twice()}, _NAMED, then=_region("anterior")),
    Way("mask_values_invalid", r"masks of the structure", {**_scan(), **_of_one_number()}, _NAMED, then=_region("anterior")),
    Way("mask_values_invalid", r"^colours", _pictures(picture(colours())), _PICTURES, then=_pictures(picture(_GREYS))),
    Way("mask_values_invalid", r"^the label in its name", _LESION, _OF_BIDS,
        setting={"masks": {"structures": {"tumour": [1, "lesion"]}}}),
    Way("mask_values_invalid", r"^the label in its name",
        {"sub-1/sub-1_T1w.nii": nifti(ramp()), "derivatives/x/sub-1/sub-1_desc-brain_mask.nii": _ONES},
        {**_OF_BIDS, "masks": {"structures": {"tumour": [1, "lesion"]}}},
        setting={"masks": {"structures": {"tumour": [1, "lesion"], "head": "brain"}}}),
    Way("mask_not_image", r"^it marks no declared", _LESION,
        {**_OF_BIDS, "masks": {**_MASKS, "undeclared": "ignore"}}, left=True),
    Way("mask_reference_missing", r"^no image is paired", {"labelsTr/a.nii": _PAIR["labelsTr/a.nii"]}, _NIFTI,
        then={"imagesTr/a_0000.nii": _PAIR["imagesTr/a.nii"]}),
    Way("mask_geometry_mismatch", "", {**_scan(), **_shifted()}, _SETTINGS, then=_mask()),
    Way("mask_geometry_mismatch", r"^the scan has no place", {"0.dcm": _projection(), **_mask()},
        {**_SETTINGS, "unit": "image"}, then={"mask.dcm": None}),
    Way("mask_values_invalid", "", {**_scan(), **_empty()}, _SETTINGS, then=_mask(numbers=(1, 2))),
    Way("mask_values_invalid", "", {**_scan(), **_empty()}, _SETTINGS,
        setting={"masks": {**_MASKS, "may_be_absent": ["posterior"]}}),
    Way("mask_values_invalid", r"^fractional", {**_scan(), **_mask("FRACTIONAL")}, _SETTINGS,
        setting={"masks": {**_MASKS, "threshold": 0.5}}),
    Way("mask_values_invalid", r"has the number of",
        {**_scan(), **_mask(numbers=(1, 2), labels={1: "Posterior", 2: "Anterior"})}, _SETTINGS,
        setting={"masks": {"structures": {"anterior": "anterior", "posterior": "posterior"}}}),
    Way("mask_values_invalid", r"is of no structure$", {**_scan(), **_mask(numbers=(1, 7))}, _SETTINGS,
        setting={"masks": {"structures": {"anterior": 1, "posterior": 7}}}),
    Way("mask_values_invalid", r"is of no structure$", {**_scan(), **_mask(numbers=(1, 7))}, _SETTINGS,
        setting={"masks": {**_MASKS, "undeclared": "ignore"}}),
    Way("mask_values_invalid", r"masks of the structure",
        {**_scan(), **_mask(), "other.dcm": _mask(SOPInstanceUID="2.25.8")["mask.dcm"]}, _SETTINGS,
        then={"other.dcm": None}),
    Way("mask_values_invalid", r"masks of the structure", {**_scan(), **_mask(numbers=(1, 2))},
        {**_SETTINGS, "masks": {"structures": {"both": [1, 2]}}}, setting={"masks": _MASKS}),
    Way("mask_values_invalid", r"in quotes, a label", _PAIR,
        {**_NIFTI, "masks": {"structures": {"anterior": "1", "posterior": "2"}}}, setting={"masks": _MASKS}),
    Way("mask_values_invalid", r"in quotes, a label", {**_scan(), **_mask(numbers=(1, 2))},
        {**_SETTINGS, "masks": {"structures": {"anterior": "1", "posterior": "2"}}}, setting={"masks": _MASKS}),
    Way("mask_values_invalid", r"marks no pixel$", {**_scan(), **_click()}, _NAMED, then=_region("anterior")),
    Way("mask_values_invalid", r"though called much as", {**_scan(), **_mask()},
        {**_SETTINGS, "masks": {"structures": {"front": "segmen 1"}}},
        setting={"masks": {"structures": {"front": "segment 1"}}}),
    Way("mask_values_invalid", r"though called much as", {**_scan(), **_region("Anterior")},
        {**_SETTINGS, "masks": {"structures": {"front": "Anterier"}, "may_be_absent": ["front"]}},
        setting={"masks": {"structures": {"front": "Anterior"}, "may_be_absent": ["front"]}}),
    Way("mask_values_invalid", r"is of no structure$", _pair((255 * (_LABELS > 0)).astype(np.uint8)), _NIFTI,
        setting={"masks": {"structures": {"hippocampus": 255}}}),
    Way("mask_values_invalid", r"is of no structure$", _pair((65535 * (_LABELS > 0)).astype(np.uint16)), _NIFTI,
        setting={"masks": {"structures": {"hippocampus": 65535}}}),
    Way("mask_values_invalid", r"is of no structure$", _pair(150 * _LABELS.astype(np.uint16)), _NIFTI,
        setting={"masks": {"structures": {"anterior": 150, "posterior": 300}}}),
    Way("mask_values_invalid", r"^nothing but undeclared", _LESIONS, {**_OF_BIDS, "masks": _TUMOUR},
        setting={"masks": {**_TUMOUR, "structures": {"tumour": [1, 255]}}}),
    Way("mask_values_invalid", r"^nothing but undeclared", _LESIONS, {**_OF_BIDS, "masks": _TUMOUR},
        setting={"masks": {**_TUMOUR, "structures": {"tumour": 1, "organ": 255}}}),
    Way("mask_values_invalid", r"below 0 is", _pair(_LABELS.astype(np.int16) - 1), _NIFTI, then=_PAIR),
    Way("mask_values_invalid", r"below 0 is", _pair(_LABELS.astype(np.int32) * 40_000), _NIFTI, then=_PAIR),
    Way("mask_values_invalid", r"not finite$", _pair(np.where(_LABELS > 1, np.nan, _LABELS).astype(np.float32)), _NIFTI,
        then=_PAIR),
    Way("mask_values_invalid", r"not whole", _pair((_LABELS * 0.4).astype(np.float32)), _NIFTI, then=_PAIR),
    Way("mask_values_invalid", r"^colours", _pair(np.zeros(_LABELS.shape, _RGB)), _NIFTI, then=_PAIR),
    Way("format_kind_unsupported", r"^a mask: \d+ volumes", _pair(np.stack([_LABELS, _LABELS], axis=-1)), _NIFTI,
        then=_PAIR),
    Way("mask_not_image", r"^it marks no declared", {**_scan(), **_mask()},
        {**_SETTINGS, "masks": {"structures": {"front": 4}, "undeclared": "ignore"}}, left=True),
    Way("patient_conflict", r"^the mask and its scan", {**_scan(), **_mask(PatientID="PAT2")}, _SETTINGS,
        then=_mask()),
]  # fmt: skip
