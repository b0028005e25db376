"""Masks as the bytes of DICOM SEG files (PS3.3 A.51): a frame a plane of the series that they were drawn on.

A binary object has a frame for each structure and plane that it is on; a label map (Supplement 243) has one
for each plane, with the number of one structure a pixel. Frames without a mark are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydicom.datadict import tag_for_keyword
from pydicom.uid import ExplicitVRLittleEndian, SegmentationStorage

from pipeline.dicom_writing import Values, decimal, decimals, file_bytes

__all__ = ["ANATOMY", "Code", "Identity", "Plane", "Segment", "SourceSeries", "segmentation_bytes"]

Masks = NDArray[np.bool_]
Form = Literal["BINARY", "LABELMAP"]
LABEL_MAP_STORAGE: Final = "1.2.840.10008.5.1.4.1.1.66.7"
WRITER: Final = ("2.25.128559471759013397731575347889414975143", "SCANLOOM")
MOST_LABELS: Final = 255
"""Structures of a label map: their numbers are stored in eight bits, and 0 is none."""


@dataclass(frozen=True)
class Code:
    """A word of a coding scheme (PS3.3 8)."""

    value: str
    scheme: str
    meaning: str


ANATOMY: Final = Code("123037004", "SCT", "Anatomical Structure")
_SEGMENTED: Final = Code("113076", "DCM", "Segmentation")
_SOURCE: Final = Code("121322", "DCM", "Source image for image processing operation")


@dataclass(frozen=True)
class Segment:
    """A structure: its label, what kind of thing it is and which; `algorithm` is who drew it, "" a person."""

    label: str
    category: Code
    kind: Code
    algorithm: str = ""


@dataclass(frozen=True)
class Plane:
    """One image of the series, and where its first pixel's centre lies (LPS, mm).

    `frame` counts from 1 in an object of several frames, and is 0 for an image that is a file of its own.
    """

    sop_class: str
    sop_instance: str
    position: tuple[float, float, float]
    frame: int = 0


@dataclass(frozen=True)
class SourceSeries:
    """The series that is marked, plane by plane.

    `patient_and_study` holds what the mask shares with it, by keyword. `orientation` is the direction along a
    row, then along a column; `spacing_mm` lies between rows, then between columns.
    """

    patient_and_study: Mapping[str, Any]
    uid: str
    frame_of_reference: str
    orientation: tuple[float, ...]
    spacing_mm: tuple[float, float]
    thickness_mm: float
    planes: tuple[Plane, ...]


@dataclass(frozen=True)
class Identity:
    """What a new object is called, who made it and when."""

    instance_uid: str
    series_uid: str
    dimensions_uid: str
    series_number: int
    description: str
    made: datetime
    maker: Mapping[str, str] = field(default_factory=dict)


def segmentation_bytes(
    masks: Masks,
    segments: Sequence[Segment],
    source: SourceSeries,
    identity: Identity,
    *,
    form: Form = "BINARY",
) -> bytes:
    """The whole file; equal inputs give equal bytes.

    `masks` has shape (structures, planes, rows, columns), planes in the order of the source's. The first
    segment has the number 1. Where nothing is marked, a binary object has one empty frame for each structure,
    a label map one for each plane: an object without frames is none. Raises ValueError where a label map
    would have two structures in a voxel, or more than eight bits can tell apart.
    """
    if masks.shape[:2] != (len(segments), len(source.planes)):
        raise ValueError(f"expected {len(segments)} masks of {len(source.planes)} planes, not {masks.shape}")
    frames, places = _labels(masks) if form == "LABELMAP" else _bits(masks)
    values = {
        **source.patient_and_study,
        **_identified(source, identity),
        **_image(masks, form, frames=len(places)),
        **_dimensions(identity, form),
        "SegmentSequence": [_segment(number, segment) for number, segment in enumerate(segments, 1)],
        "ReferencedSeriesSequence": [_referenced(source)],
        "SharedFunctionalGroupsSequence": [_shared(source)],
        "PerFrameFunctionalGroupsSequence": [
            _group(source.planes[plane], plane + 1, number) for plane, number in places
        ],
        "PixelData": frames + b"\0" * (len(frames) % 2),  # of even length (PS3.5 7.1.1)
    }
    return file_bytes(values, ExplicitVRLittleEndian, writer=WRITER)


def _bits(masks: Masks) -> tuple[bytes, list[tuple[int, int]]]:
    """Bit after bit over the borders of frames, the lowest first (PS3.5 8.1.1), and each frame's place."""
    places = [
        (plane, structure + 1)
        for structure, mask in enumerate(masks)
        for plane in (np.flatnonzero(mask.any(axis=(1, 2))).tolist() or ([0] if not masks.any() else []))
    ]
    frames = np.concatenate([masks[number - 1, plane].ravel() for plane, number in places])
    return np.packbits(frames, bitorder="little").tobytes(), places


def _labels(masks: Masks) -> tuple[bytes, list[tuple[int, int]]]:
    """A byte a pixel, and each frame's place."""
    if len(masks) > MOST_LABELS or (masks.sum(axis=0, dtype=np.uint16) > 1).any():
        raise ValueError(f"a label map tells {MOST_LABELS} structures apart, one a voxel")
    labels = np.zeros(masks.shape[1:], np.uint8)
    for number, mask in enumerate(masks, 1):
        labels[mask] = number
    planes = np.flatnonzero(labels.any(axis=(1, 2))).tolist() or list(range(len(labels)))
    return labels[planes].tobytes(), [(plane, 0) for plane in planes]


def _identified(source: SourceSeries, identity: Identity) -> dict[str, Any]:
    day, time = f"{identity.made:%Y%m%d}", f"{identity.made:%H%M%S}"
    return {
        "SOPInstanceUID": identity.instance_uid,
        "SeriesInstanceUID": identity.series_uid,
        "Modality": "SEG",
        "SeriesNumber": identity.series_number,
        "SeriesDescription": identity.description,
        "InstanceNumber": 1,
        "ContentDate": day,
        "ContentTime": time,
        "FrameOfReferenceUID": source.frame_of_reference,
        "PositionReferenceIndicator": "",
        "ContentLabel": "SEGMENTATION",
        "ContentDescription": identity.description,
        "ContentCreatorName": "",
        **identity.maker,
    }


def _image(masks: Masks, form: Form, *, frames: int) -> dict[str, Any]:
    bits = 8 if form == "LABELMAP" else 1
    padding = {"PixelPaddingValue": 0} if form == "LABELMAP" else {}
    return {
        "SOPClassUID": LABEL_MAP_STORAGE if form == "LABELMAP" else SegmentationStorage,
        "ImageType": ["DERIVED", "PRIMARY"],
        "SegmentationType": form,
        "LossyImageCompression": "00",
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "NumberOfFrames": frames,
        "Rows": masks.shape[2],
        "Columns": masks.shape[3],
        "BitsAllocated": bits,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": 0,
        **padding,
    }


def _segment(number: int, segment: Segment) -> Values:
    return {
        "SegmentNumber": number,
        "SegmentLabel": segment.label,
        "SegmentedPropertyCategoryCodeSequence": [_coded(segment.category)],
        "SegmentedPropertyTypeCodeSequence": [_coded(segment.kind)],
        "SegmentAlgorithmType": "AUTOMATIC" if segment.algorithm else "MANUAL",
        **({"SegmentAlgorithmName": segment.algorithm} if segment.algorithm else {}),
    }


def _coded(code: Code) -> Values:
    return {
        "CodeValue": code.value,
        "CodingSchemeDesignator": code.scheme,
        "CodeMeaning": code.meaning,
    }


def _referenced(source: SourceSeries) -> Values:
    """The series and its objects, each once (PS3.3 C.12.4)."""
    objects = {plane.sop_instance: plane for plane in source.planes}
    return {
        "SeriesInstanceUID": source.uid,
        "ReferencedInstanceSequence": [_object(plane) for plane in objects.values()],
    }


def _object(plane: Plane) -> Values:
    return {"ReferencedSOPClassUID": plane.sop_class, "ReferencedSOPInstanceUID": plane.sop_instance}


def _dimensions(identity: Identity, form: Form) -> Values:
    """What frames are ordered by (PS3.3 C.7.6.17): the segment, where a frame has one, then the plane."""
    organization = {"DimensionOrganizationUID": identity.dimensions_uid}
    pointers = [("ReferencedSegmentNumber", "SegmentIdentificationSequence")] if form == "BINARY" else []
    pointers.append(("ImagePositionPatient", "PlanePositionSequence"))
    return {
        "DimensionOrganizationSequence": [organization],
        "DimensionIndexSequence": [
            {
                **organization,
                "DimensionIndexPointer": tag_for_keyword(element),
                "FunctionalGroupPointer": tag_for_keyword(group),
            }
            for element, group in pointers
        ],
    }


def _shared(source: SourceSeries) -> Values:
    step = _even_step(source)
    measures = {
        "SliceThickness": decimal(source.thickness_mm),
        "PixelSpacing": decimals(source.spacing_mm),
        **({"SpacingBetweenSlices": decimal(step)} if step else {}),
    }
    return {
        "PixelMeasuresSequence": [measures],
        "PlaneOrientationSequence": [{"ImageOrientationPatient": decimals(source.orientation)}],
    }


def _even_step(source: SourceSeries) -> float:
    """The distance of the planes from one another; 0 where there is but one."""
    if len(source.planes) < 2:
        return 0.0
    first, last = (np.array(source.planes[at].position) for at in (0, -1))
    return float(np.linalg.norm(last - first)) / (len(source.planes) - 1)


def _group(plane: Plane, at: int, number: int) -> Values:
    """The functional groups of a frame: `at` counts the planes from 1, `number` is its segment's, 0 none."""
    image = {
        **_object(plane),
        **({"ReferencedFrameNumber": plane.frame} if plane.frame else {}),
        "PurposeOfReferenceCodeSequence": [_coded(_SOURCE)],
    }
    segment = {"SegmentIdentificationSequence": [{"ReferencedSegmentNumber": number}]} if number else {}
    return {
        "FrameContentSequence": [{"DimensionIndexValues": [number, at] if number else at}],
        "PlanePositionSequence": [{"ImagePositionPatient": decimals(plane.position)}],
        "DerivationImageSequence": [
            {"SourceImageSequence": [image], "DerivationCodeSequence": [_coded(_SEGMENTED)]}
        ],
        **segment,
    }
