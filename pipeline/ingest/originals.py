"""What the files of a scan say of their own place and name, for masks that are to go with them.

Identifiers pass through here as they are: what is made of them belongs beside the scans, with the holder of
the key, and nowhere into the catalogue.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.config import RAISE
from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.valuerep import validate_value

from pipeline.ingest.cases.reader import SourceFile, opened_bytes
from pipeline.ingest.dicom.encoding import Buffer
from pipeline.ingest.formats import nifti
from pipeline.ingest.formats.description import Stated
from pipeline.ingest.formats.nifti_header import parse
from pipeline.ingest.formats.nifti_place import affine_of
from pipeline.ingest.formats.registry import format_of
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.series.geometry import ORIENTATION_TOLERANCE, affine_from, normal_of
from pipeline.ingest.source.discover import SourcePath
from pipeline.segmentation_objects import Plane, SourceSeries

__all__ = ["FileGrid", "Planes", "grid_of", "planes_of"]

Affine = NDArray[np.float64]

_SHARED: Final = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyInstanceUID",
    "StudyDate",
    "StudyTime",
    "ReferringPhysicianName",
    "StudyID",
    "AccessionNumber",
)
"""What a mask says as its scan does (PS3.3 C.7.1.1, C.7.2.1)."""
_CHECKED: Final = frozenset({"CS", "DA", "TM"})
"""Representations of what a mask may leave out, as it may not its patient's name and ID."""
_SAME_SPACING: Final = 1e-4  # of a length: planes of one series that are written with other digits
_UNREADABLE: Final = (
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, eq=False)
class Planes:
    """The planes of a scan as its DICOM files have them, along their normal.

    `affines` maps `(slice, row, column, 1)` of each plane, a volume of one slice, to RAS mm.
    """

    series: SourceSeries
    shape: tuple[int, int]
    affines: tuple[Affine, ...]


@dataclass(frozen=True, eq=False)
class FileGrid:
    """The grid of a NIfTI file: `affine` maps `(i, j, k, 1)` to RAS mm."""

    shape: tuple[int, int, int]
    affine: Affine


def grid_of(file: SourcePath, stated: Stated, limits: FileLimits) -> FileGrid | None:
    """The grid of a NIfTI file; None for any other file. Raises Refusal where it can't be read any more."""
    with _opened(file, limits) as data:
        if format_of(data) != "nifti":
            return None
        plain = nifti.unpacked(data, limits)
        affine = affine_of(parse(plain), form=stated.form, axes=stated.axes)
        return FileGrid(nifti.facts_of(plain, limits).shape, affine)


def planes_of(files: Sequence[SourcePath], limits: FileLimits) -> Planes | None:
    """The planes of a scan of these files.

    None where they are no planes of one DICOM series with places of their own: pictures, mosaics, other
    formats. Raises Refusal where a file can't be read any more.
    """
    found: list[tuple[Plane, dict[str, Any]]] = []
    header = Dataset()
    for file in files:
        with _opened(file, limits) as data:
            if format_of(data):
                return None
            header = dcmread(BytesIO(data), stop_before_pixels=True, force=True)
        try:
            found += _planes(header)
        except _UNREADABLE:
            return None
    if not found or not _alike([told for _, told in found]):
        return None
    return _sorted(found, header)


@contextlib.contextmanager
def _opened(file: SourcePath, limits: FileLimits) -> Iterator[Buffer]:
    with opened_bytes(SourceFile(file.path, file.size, file.mtime_ns, file.member), limits) as data:
        yield data


def _planes(header: Dataset) -> Iterator[tuple[Plane, dict[str, Any]]]:
    """Each plane of an object, and what all planes of a series must have alike."""
    if "MOSAIC" in header.get("ImageType", ()):
        raise ValueError("the tiles of a mosaic are no planes of their own")
    groups = header.get("PerFrameFunctionalGroupsSequence")
    for number in range(1, len(groups) + 1) if groups else (0,):
        position = _said(header, number, "PlanePositionSequence").ImagePositionPatient
        orientation = _said(header, number, "PlaneOrientationSequence").ImageOrientationPatient
        measures = _said(header, number, "PixelMeasuresSequence")
        x, y, z = map(float, position)
        yield (
            Plane(str(header.SOPClassUID), str(header.SOPInstanceUID), (x, y, z), frame=number),
            {
                "series": str(header.SeriesInstanceUID),
                "shape": (int(header.Rows), int(header.Columns)),
                "orientation": tuple(map(float, orientation)),
                "spacing": tuple(map(float, measures.PixelSpacing)),
                "thickness": float(measures.get("SliceThickness") or 0),
            },
        )


def _said(header: Dataset, number: int, sequence: str) -> Dataset:
    """The item of a functional group for a frame, counted from 1; of a classic image (0) the image itself."""
    if not number:
        return header
    groups = (
        header.PerFrameFunctionalGroupsSequence[number - 1],
        *header.get("SharedFunctionalGroupsSequence", ()),
    )
    item: Dataset = next(group[sequence][0] for group in groups if sequence in group)
    return item


def _alike(told: Sequence[dict[str, Any]]) -> bool:
    first = told[0]
    return all(
        one["series"] == first["series"]
        and one["shape"] == first["shape"]
        and np.allclose(one["orientation"], first["orientation"], rtol=0, atol=ORIENTATION_TOLERANCE)
        and np.allclose(one["spacing"], first["spacing"], rtol=_SAME_SPACING, atol=0)
        for one in told
    )


def _sorted(found: Sequence[tuple[Plane, dict[str, Any]]], header: Dataset) -> Planes:
    told = found[0][1]
    orientation, spacing = told["orientation"], told["spacing"]
    normal = normal_of(orientation)
    # Of frames in one place, as those of several times are, the first stands for all.
    by_place = {plane.position: plane for plane, _ in reversed(found)}
    planes = sorted(by_place.values(), key=lambda plane: float(np.dot(plane.position, normal)))
    shared = {keyword: _as_told(header, keyword) for keyword in _SHARED}
    series = SourceSeries(
        {"SpecificCharacterSet": "ISO_IR 192", **shared},
        uid=told["series"],
        frame_of_reference=str(header.get("FrameOfReferenceUID") or told["series"]),
        orientation=orientation,
        spacing_mm=spacing,
        thickness_mm=told["thickness"] or _step(planes),
        planes=tuple(planes),
    )
    affines = [
        affine_from(plane.position, orientation, spacing_mm=spacing, step_mm=normal) for plane in planes
    ]
    return Planes(series, told["shape"], tuple(affines))


def _as_told(header: Dataset, keyword: str) -> str:
    """What the header says, several values apart by backslashes, as they are stored.

    Dates and times are rid of the points and colons that the standard once had (PS3.5 6.2); one that still
    is none, or a word that can't be, is left out: it would make the mask an object that isn't one.
    """
    value = header.get(keyword)
    told = "\\".join(map(str, value)) if isinstance(value, MultiValue) else str(value or "")
    representation = dictionary_VR(keyword)
    if representation not in _CHECKED:
        return told
    plain = {"DA": told.replace(".", ""), "TM": told.replace(":", "")}.get(representation, told)
    try:
        validate_value(representation, plain, RAISE)
    except ValueError:
        return ""
    return plain


def _step(planes: Sequence[Plane]) -> float:
    """The distance of the first two planes, 1 mm where there is one."""
    if len(planes) < 2:
        return 1.0
    return float(np.linalg.norm(np.subtract(planes[1].position, planes[0].position)))
