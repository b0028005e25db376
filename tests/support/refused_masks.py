"""Scans with a mask of the lung each and another of a nodule, which is refused before its pixels are read."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from dicom_files import encoded
from marked_series import series
from mask_files import segmentation, structure_set
from nifti_files import nifti, packed, ramp
from numpy.typing import NDArray
from packed import zipped
from picture_files import grey, picture
from pydicom.dataset import Dataset

Files = dict[str, "bytes | Path | None"]
"""Bytes by path below RAW, the target of a link, or None for what is taken away."""
STRUCTURES = ("lung", "nodule")
NIFTI = {"nifti": {"modality": "MR"}}
_BY_NAME = {"structures": {"lung": "lung", "nodule": "nodule"}, "may_be_absent": ["lung", "nodule"]}
_BY_NUMBER = {
    "structures": {"lung": [1, "lung"], "nodule": [2, "nodule"]},
    "may_be_absent": ["lung", "nodule"],
}
_LIMITS = {"limits": {"file_mb": 1}}


@dataclass(frozen=True)
class Marked:
    """A scan with the mask of its lung, and the mask of its nodule that lies at `name`."""

    others: Mapping[str, bytes]
    name: str
    nodule: bytes

    @property
    def whole(self) -> Files:
        """All of them as they should be."""
        return self.with_nodule(self.nodule)

    def with_nodule(self, data: bytes | Path | None) -> Files:
        """All of them, with other bytes for the mask of the nodule."""
        return {**self.others, self.name: data}


def _sources(number: int) -> list[Dataset]:
    sources = series()
    for at, one in enumerate(sources):
        one.PatientID, one.StudyInstanceUID = f"PAT{number}", f"2.25.10{number}"
        one.SeriesInstanceUID, one.SOPInstanceUID = f"2.25.11{number}", f"2.25.12{number}{at}"
        one.PixelData = (np.arange(35, dtype=np.uint16) + 100 * at + number).tobytes()
    return sources


def _voxels(seed: int) -> NDArray[np.bool_]:
    return np.random.default_rng(seed).random((5, 7, 5)) < 0.4


def segment(number: int, name: str, *, kind: str = "BINARY", **elements: object) -> Dataset:
    """A segmentation of one structure of the scan of this number."""
    at = 1 + STRUCTURES.index(name)
    named = {"PatientID": f"PAT{number}", "SOPInstanceUID": f"2.25.13{number}{at}", **elements}
    return segmentation(_sources(number), {at: _voxels(at)}, kind=kind, labels={at: name}, **named)


def region(number: int, **elements: object) -> Dataset:
    """A structure set of the nodule of the scan of this number."""
    corner = np.array([[3, -4, 5], [5, -4, 5], [5, -2, 5]])
    named = {"PatientID": f"PAT{number}", "SOPInstanceUID": f"2.25.13{number}9", **elements}
    return structure_set(_sources(number), {"nodule": [corner]}, **named)


def _of_dicom(nodule: Callable[[int], Dataset]) -> Callable[[int], Marked]:
    def marked(number: int) -> Marked:
        files = {f"{number}/{at}.dcm": encoded(one) for at, one in enumerate(_sources(number))}
        files[f"{number}/lung.dcm"] = encoded(segment(number, "lung"))
        return Marked(files, f"{number}/nodule.dcm", encoded(nodule(number)))

    return marked


def _volume(number: int) -> bytes:
    return packed(nifti(ramp(start=number)))


_ONES = (np.arange(60) % 3 == 1).reshape(5, 4, 3).astype(np.uint8)
_TWOS = 2 * (np.arange(60) % 5 == 1).reshape(5, 4, 3).astype(np.uint8)
_PIXELS = (np.arange(480) % 7 == 1).reshape(20, 24).astype(np.uint8)
_LUNG, _ONE, _NODULE = (packed(nifti(one)) for one in (_ONES, _TWOS // 2, _TWOS))


def _of_bids(number: int) -> Marked:
    start = f"sub-{number}/sub-{number}"
    files = {f"{start}_T1w.nii.gz": _volume(number), f"{start}_label-lung_mask.nii.gz": _LUNG}
    return Marked(files, f"derivatives/x/{start}_label-nodule_mask.nii.gz", _ONE)


def _beside(number: int) -> Marked:
    files = {f"p{number}.nii.gz": _volume(number), f"p{number}_seg.nii.gz": _LUNG}
    return Marked(files, f"p{number}_mask.nii.gz", _NODULE)


def _alone(number: int) -> Marked:
    return Marked({f"imagesTr/p{number}_0000.nii.gz": _volume(number)}, f"labelsTr/p{number}.nii.gz", _NODULE)


def _in_folders(ending: str, kind: str) -> Callable[[int], Marked]:
    def marked(number: int) -> Marked:
        files = {
            f"images/p{number}.png": picture(grey() + number),
            f"segmentation/p{number}.png": picture(_PIXELS),
        }
        return Marked(files, f"masks/p{number}.{ending}", picture(2 * _PIXELS, kind))

    return marked


_BY_PATH = {"patient_from": {"pattern": r"(?:^|/)p(\d+)"}}
_VOLUMES = {"unit": "series", "modalities": ("MR",), **_LIMITS}
_DICOM = {**_VOLUMES, "masks": _BY_NAME}
_OF_NIFTI = {**_VOLUMES, "masks": _BY_NUMBER, "formats": NIFTI}
_PICTURES = {
    "modalities": ("DX",), "masks": _BY_NUMBER, **_LIMITS,
    "formats": {name: {"modality": "DX"} for name in ("png", "tiff", "jpeg")},
}  # fmt: skip

KINDS: Mapping[str, tuple[Callable[[int], Marked], Mapping[str, Any]]] = {
    "SEG": (_of_dicom(lambda number: segment(number, "nodule")), _DICOM),
    "label map": (_of_dicom(lambda number: segment(number, "nodule", kind="LABELMAP")), _DICOM),
    "RTSTRUCT": (_of_dicom(region), _DICOM),
    "BIDS": (_of_bids, _OF_NIFTI),
    "beside its scan": (_beside, {**_OF_NIFTI, **_BY_PATH}),
    "PNG in folders": (_in_folders("png", "PNG"), {**_PICTURES, **_BY_PATH}),
    "TIFF in folders": (_in_folders("tif", "TIFF"), {**_PICTURES, **_BY_PATH}),
}
"""Each kind of mask, in each layout that lets a scan have two: a scan by its number, and the settings."""
ALONE = (_alone, {**_OF_NIFTI, **_BY_PATH})
"""The layout in which the mask of the nodule is the only one."""


def _zipped(marked: Marked, *, bits: int = 0, spoilt: bool = False) -> Files:
    """All in an archive, in which the mask has these flags, or another checksum."""
    data = bytearray(zipped({marked.name: marked.nodule, **marked.others}))
    for magic, flags, checksum in ((b"PK\3\4", 6, 14), (b"PK\1\2", 8, 16)):
        at = data.index(magic)
        struct.pack_into("<H", data, at + flags, bits)
        data[at + checksum] ^= spoilt
    return {f"{marked.name.replace('/', ' ')}.zip": bytes(data)}


_NOISE = np.random.default_rng(1).bytes(2 << 20)
WAYS: Mapping[str, Callable[[Marked], Files]] = {
    "cut": lambda marked: marked.with_nodule(marked.nodule[:-9]),
    "too large": lambda marked: marked.with_nodule(marked.nodule + _NOISE),
    "cut early": lambda marked: marked.with_nodule(marked.nodule[: min(300, len(marked.nodule) // 2)]),
    "empty": lambda marked: marked.with_nodule(b""),
    "zeros": lambda marked: marked.with_nodule(bytes(3000)),
    "noise": lambda marked: marked.with_nodule(_NOISE[:5000]),
    "a link": lambda marked: marked.with_nodule(Path("/etc/hostname")),
    "locked": lambda marked: _zipped(marked, bits=1),
    "another checksum": lambda marked: _zipped(marked, spoilt=True),
}
"""What lies below RAW of a scan the mask of whose nodule is refused, in many ways."""
READ_SO_FAR = ("cut", "too large")
"""The ways in which a DICOM file still says which images it marks."""
