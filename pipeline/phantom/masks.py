"""The masks of a study as DICOM files: segmentations of most, structure sets of some."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, RTStructureSetStorage

from pipeline.dicom_writing import Values, file_bytes
from pipeline.phantom.files import SCAN_SERIES, WRITER, decimal, patient_elements, study_elements
from pipeline.phantom.mask_trouble import Drawn, with_trouble
from pipeline.phantom.outlines import outlines
from pipeline.phantom.plan import Study
from pipeline.phantom.scans import Protocol, Scan, chest_in
from pipeline.phantom.structures import STRUCTURES, marks_in, vertebra_in
from pipeline.segmentation_objects import Identity, Plane, Segment, SourceSeries, segmentation_bytes

STRUCTURE_SET_SHARE: Final = 0.25
"""A choice: enough of both kinds in every part of a demo."""
_MASK_SERIES: Final = 300
_STUDY: Final = (
    "1.2.840.10008.3.1.2.3.1"  # Detached Study Management, retired, but what PS3.3 C.8.8.5 asks for
)
_MAKER: Final = {
    "Manufacturer": "Invented",
    "ManufacturerModelName": "Pen",
    "DeviceSerialNumber": "1",
    "SoftwareVersions": "1",
}


def is_structure_set(study: Study) -> bool:
    """Whether the masks of a study are contours."""
    return bool(study.generator("masks", study.visit).random() < STRUCTURE_SET_SHARE)


def mask_files(study: Study, protocol: Protocol, scan: Scan, *, faulty: bool) -> list[tuple[str, bytes]]:
    """The name and the bytes of each mask of a study; `faulty` plants the fault that it is to have."""
    chest, grid = chest_in(study, protocol)
    drawn = Drawn(STRUCTURES, marks_in(chest, grid), study.person, study.uid("series", SCAN_SERIES))
    all_drawn = with_trouble(study, drawn, vertebra=vertebra_in(chest, grid)) if faulty else [drawn]
    contours = is_structure_set(study)
    write, prefix = (_structure_set, "RS") if contours else (_segmentation, "SG")
    return [
        (f"{prefix}{number:04d}.dcm", write(study, scan, one, number))
        for number, one in enumerate(all_drawn, 1)
    ]


def _segmentation(study: Study, scan: Scan, drawn: Drawn, number: int) -> bytes:
    spacing = float(decimal(scan.grid.spacing_mm))
    source = SourceSeries(
        _shared_elements(study, drawn),
        uid=drawn.series,
        frame_of_reference=study.uid("frame"),
        orientation=(1, 0, 0, 0, 1, 0),
        spacing_mm=(spacing, spacing),
        thickness_mm=scan.grid.step_mm,
        planes=tuple(
            Plane(CTImageStorage, _image_uid(study, scan, index), _position(scan, index + drawn.raised))
            for index in range(len(scan.hu))
        ),
    )
    identity = Identity(
        instance_uid=study.uid("mask", number),
        series_uid=study.uid("series", _MASK_SERIES + number),
        dimensions_uid=study.uid("dimensions", number),
        series_number=_MASK_SERIES + number,
        description="Lungs and nodules",
        made=_made(study),
        maker=_MAKER,
    )
    segments = [Segment(one.label, one.category, one.kind) for one in drawn.structures]
    return segmentation_bytes(drawn.marks, segments, source, identity)


def _structure_set(study: Study, scan: Scan, drawn: Drawn, number: int) -> bytes:
    day, time = f"{study.day:%Y%m%d}", f"{_made(study):%H%M%S}"
    regions = list(enumerate(drawn.structures, 1))
    values = {
        **_shared_elements(study, drawn),
        "SOPClassUID": RTStructureSetStorage,
        "SOPInstanceUID": study.uid("mask", number),
        "SeriesInstanceUID": study.uid("series", _MASK_SERIES + number),
        "Modality": "RTSTRUCT",
        "SeriesNumber": _MASK_SERIES + number,
        "OperatorsName": "",
        "FrameOfReferenceUID": study.uid("frame"),
        "PositionReferenceIndicator": "",
        **_MAKER,
        "StructureSetLabel": "LUNGS",
        "StructureSetDate": day,
        "StructureSetTime": time,
        "ReferencedFrameOfReferenceSequence": [_frame_of_reference(study, scan, drawn)],
        "StructureSetROISequence": [_region(study, at, one.region) for at, one in regions],
        "ROIContourSequence": [_contours(study, scan, drawn, at) for at, _ in regions],
        "RTROIObservationsSequence": [_observed(at) for at, _ in regions],
    }
    return file_bytes(values, ExplicitVRLittleEndian, writer=WRITER)


def _shared_elements(study: Study, drawn: Drawn) -> dict[str, Any]:
    named = {"PatientID": drawn.person.patient_id, "PatientName": drawn.person.name}
    return patient_elements(study) | named | study_elements(study)


def _frame_of_reference(study: Study, scan: Scan, drawn: Drawn) -> Values:
    series = {
        "SeriesInstanceUID": drawn.series,
        "ContourImageSequence": [_image(study, scan, index) for index in range(len(scan.hu))],
    }
    visit = {
        "ReferencedSOPClassUID": _STUDY,
        "ReferencedSOPInstanceUID": study.uid(),
        "RTReferencedSeriesSequence": [series],
    }
    return {"FrameOfReferenceUID": study.uid("frame"), "RTReferencedStudySequence": [visit]}


def _region(study: Study, number: int, name: str) -> Values:
    return {
        "ROINumber": number,
        "ROIName": name,
        "ROIGenerationAlgorithm": "MANUAL",
        "ReferencedFrameOfReferenceUID": study.uid("frame"),
    }


def _contours(study: Study, scan: Scan, drawn: Drawn, number: int) -> Values:
    lines = [
        _contour(study, scan, index=index, corners=_corners(scan, line, index + drawn.raised))
        for index, plane in enumerate(drawn.marks[number - 1])
        for line in outlines(plane)
    ]
    return {"ReferencedROINumber": number, **({"ContourSequence": lines} if lines else {})}


def _corners(scan: Scan, line: Any, height: float) -> list[str]:
    """The corners of a line, rows and columns, as coordinates x, y, z after one another."""
    x, y, z = _position(scan, height)
    step = float(decimal(scan.grid.spacing_mm))
    points = [(x + column * step, y + row * step, z) for row, column in line.tolist()]
    return [decimal(value) for point in points for value in point]


def _contour(study: Study, scan: Scan, *, index: int, corners: Sequence[str]) -> Values:
    return {
        "ContourImageSequence": [_image(study, scan, index)],
        "ContourGeometricType": "CLOSED_PLANAR",
        "NumberOfContourPoints": len(corners) // 3,
        "ContourData": list(corners),
    }


def _observed(number: int) -> Values:
    return {
        "ObservationNumber": number,
        "ReferencedROINumber": number,
        "RTROIInterpretedType": "",
        "ROIInterpreter": "",
    }


def _image(study: Study, scan: Scan, index: int) -> Values:
    return {
        "ReferencedSOPClassUID": CTImageStorage,
        "ReferencedSOPInstanceUID": _image_uid(study, scan, index),
    }


def _image_uid(study: Study, scan: Scan, index: int) -> str:
    """The UID of a slice, counted from the feet; images are numbered from the head down."""
    return study.uid("image", SCAN_SERIES, len(scan.hu) - index)


def _position(scan: Scan, height: float) -> tuple[float, float, float]:
    """Where the first pixel of a plane lies, to the digits that its image says."""
    x, y, z = scan.position(height)
    return float(decimal(x)), float(decimal(y)), float(decimal(z))


def _made(study: Study) -> datetime:
    return datetime.strptime(f"{study.day:%Y%m%d}{study_elements(study)['StudyTime']}", "%Y%m%d%H%M%S")
