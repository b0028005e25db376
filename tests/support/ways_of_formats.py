"""The ways out of refusals of NIfTI volumes and pictures, as `ways_out.WAYS` has those of DICOM files."""

from __future__ import annotations

import struct

import numpy as np
from nifti_files import OBLIQUE, nifti, patched, ramp
from picture_files import grey, picture
from PIL import Image
from ways_out import ANYTHING, Way

_MR, _DX = {"modality": "MR"}, {"modality": "DX"}
_NIFTI = {"unit": "series", "patient_from": "folder", "formats": {"nifti": _MR}}
_CHANNELS = {**_NIFTI, "patient_from": {"pattern": r"/(\w)_\d{4}"}}
_PICTURES = {"patient_from": "folder", "formats": {"png": _DX, "tiff": _DX}}
_VOLUME, _PICTURE = nifti(ramp()), picture(grey())
_SEVERAL = {"save_all": True, "append_images": [Image.fromarray(255 - grey())]}


def _nifti(**changed: object) -> dict[str, object]:
    return {**_NIFTI, "formats": {"nifti": {**_MR, **changed}}}


def _sheared() -> bytes:
    affine = OBLIQUE.copy()
    affine[:3, 2] += 0.1 * affine[:3, 0]
    return patched(nifti(ramp(), codes=(1, 0)), 280, struct.pack("<12f", *affine[:3].reshape(-1)))


def _with_nan(instead: float = np.nan) -> bytes:
    numbers = ramp(dtype=np.float32)
    numbers[0] = instead
    return nifti(numbers)


def _of_opacity() -> bytes:
    return picture(np.dstack([grey()[..., None], grey()[..., None]]))


FORMAT_WAYS = [
    Way("format_not_read", "", {"a.pdf": b"%PDF-1.7", **ANYTHING}, then={"a.pdf": None}),
    Way("format_not_read", r"a kind of picture$", {"p/a.bmp": picture(grey(), "BMP"), **ANYTHING}, _PICTURES,
        then={"p/a.bmp": None, "p/a.png": _PICTURE}),
    Way("format_not_read", r"a kind of volume$", {"p/a.nrrd": b"NRRD0004\ntype: short\n", **ANYTHING}, _NIFTI,
        then={"p/a.nrrd": None, "p/a.nii": _VOLUME}),
    Way("format_not_selected", "", {"p/a.png": _PICTURE, **ANYTHING}, {"patient_from": "folder"},
        setting={"formats": {"png": _DX}}),
    Way("format_not_selected", "", {"p/a.nii": _VOLUME, **ANYTHING}, {"patient_from": "folder"},
        setting={"formats": {"nifti": _MR}}),
    Way("mask_not_image", "", {"labelsTr/a.nii": _VOLUME, **ANYTHING}, _NIFTI, left=True),
    Way("derived_not_selected", "", {"derivatives/x/sub-1/a.nii": _VOLUME}, _NIFTI, setting={"include": ["derived"]}),
    Way("missing_attribute", r"^PatientID, and the folder is", {"imagesTr/c7_0000.nii": _VOLUME}, _NIFTI,
        setting={"patient_from": {"pattern": r"/([^/]+?)(?:_\d{4})?[.]"}}),
    Way("missing_attribute", r"^PatientID", {"p/a.nii": _VOLUME}, {**_NIFTI, "patient_from": None},
        setting={"patient_from": "folder"}),
    Way("missing_attribute", r"^PatientID", {"p/a.nii": _VOLUME}, {**_NIFTI, "patient_from": None},
        setting={"patient_from": "study"}),
    Way("no_geometry", r"^neither sform", {"p/a.nii": nifti(ramp(), codes=(0, 0))}, _NIFTI, setting=_nifti(axes="RAS")),
    Way("no_geometry", r"^neither sform", {"p/a.nii": nifti(ramp(), codes=(0, 0))}, _NIFTI, then={"p/a.nii": _VOLUME}),
    Way("geometry_invalid", r"^the affine",
        {"p/a.nii": patched(nifti(ramp(), codes=(1, 0)), 280, struct.pack("<f", 1e20))}, _NIFTI,
        then={"p/a.nii": _VOLUME}),
    Way("implausible_values", r"which nothing measures$", {"p/a.nii": _with_nan(3e38)}, _NIFTI,
        then={"p/a.nii": _VOLUME}),
    Way("geometry_invalid", r"^sheared", {"p/a.nii": _sheared()}, _NIFTI, then={"p/a.nii": _VOLUME}),
    Way("affine_conflict", r"^sform and qform", {"p/a.nii": patched(_VOLUME, 268, struct.pack("<f", 9.0))}, _NIFTI,
        setting=_nifti(form="sform")),
    Way("implausible_values", r"not finite$", {"p/a.nii": _with_nan()}, _NIFTI, then={"p/a.nii": _VOLUME}),
    Way("implausible_values", r"no unit is told$", {"p/a.nii": _VOLUME}, _nifti(modality="CT"),
        setting=_nifti(modality="CT", unit="HU")),
    Way("channels_incomplete", "", {"imagesTr/c_0000.nii": _VOLUME}, {**_CHANNELS, "formats": {"nifti": {**_MR, "channels": 2}}},
        then={"imagesTr/c_0001.nii": nifti(ramp(start=9))}),
    Way("channels_incomplete", "", {"imagesTr/c_0000.nii": _VOLUME, "imagesTr/c_0001.nii": nifti(ramp(start=9))[:-9]},
        _CHANNELS, then={"imagesTr/c_0001.nii": nifti(ramp(start=9))}),
    Way("channels_differ", "", {"imagesTr/c_0000.nii": _VOLUME, "imagesTr/c_0001.nii": nifti(ramp((6, 5, 4)))},
        _CHANNELS, setting={"channels": {"resample": "linear"}}),
    Way("format_kind_unsupported", "", {"p/a.nii": patched(_VOLUME, 70, struct.pack("<2h", 32, 64))}, _NIFTI,
        then={"p/a.nii": _VOLUME}),
    Way("format_kind_unsupported", r"volumes or values", {"p/a.nii": nifti(ramp((5, 4, 3, 2)))}, _NIFTI,
        then={"p/a.nii": _VOLUME}),
    Way("format_kind_unsupported", r"in another file$", {"p/a.nii": patched(_VOLUME, 344, b"ni1\0")}, _NIFTI,
        then={"p/a.nii": _VOLUME}),
    Way("format_kind_unsupported", r"^several pages", {"p/a.tif": picture(grey(), "TIFF", **_SEVERAL)}, _PICTURES,
        then={"p/a.tif": picture(grey(), "TIFF")}),
    Way("format_kind_unsupported", r"^an animation", {"p/a.png": picture(grey(), **_SEVERAL)}, _PICTURES,
        then={"p/a.png": _PICTURE}),
    Way("format_kind_unsupported", r"^(a mask: )?transparency", {"p/a.png": _of_opacity()}, _PICTURES,
        then={"p/a.png": _PICTURE}),
    Way("patient_conflict", r"^its folder and its name", {"sub-1/anat/sub-2_T1w.nii": nifti(ramp())},
        {"unit": "series", "formats": {"nifti": {"modality": "MR"}}},
        then={"sub-1/anat/sub-2_T1w.nii": None, "sub-2/anat/sub-2_T1w.nii": nifti(ramp())}),
]  # fmt: skip
