"""A study's images as the bytes of DICOM files: CT Image Storage (PS3.3 A.3), one image a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom.uid import CTImageStorage

from pipeline.dicom_writing import file_bytes
from pipeline.phantom.encoding import bits_stored, encode
from pipeline.phantom.people import age_in_years
from pipeline.phantom.plan import Study
from pipeline.phantom.scanner import LOWEST_HU
from pipeline.phantom.scans import SCOUT_MM, Scan

WRITER: Final = ("2.25.243406327106407428217962917263113087325", "PHANTOM")
_SCOUT_SERIES, SCAN_SERIES = 1, 2


@dataclass(frozen=True)
class Plane:
    """One image of whole HU `(rows, columns)` and its place in the scanner's frame (LPS, mm).

    `position` is the centre of the first pixel; `orientation` the direction along a row, then along
    a column; `kind` the third value of ImageType.
    """

    hu: NDArray[np.int16]
    position: tuple[float, float, float]
    orientation: tuple[int, int, int, int, int, int]
    spacing_mm: float
    thickness_mm: float
    kind: str
    series: int
    number: int


def slice_planes(scan: Scan) -> list[Plane]:
    """The axial slices of a scan in the order of acquisition: from the head down."""
    return [
        Plane(
            hu=hu,
            position=scan.position(index),
            orientation=(1, 0, 0, 0, 1, 0),
            spacing_mm=scan.grid.spacing_mm,
            thickness_mm=scan.grid.step_mm,
            kind="AXIAL",
            series=SCAN_SERIES,
            number=len(scan.hu) - index,
        )
        for index, hu in reversed(list(enumerate(scan.hu)))
    ]


def scout_plane(hu: NDArray[np.int16], *, couch_mm: float) -> Plane:
    """The planning view `(rows, columns)` seen from the front."""
    half = 0.5 * (len(hu) - 1) * SCOUT_MM
    return Plane(
        hu=hu,
        position=(-half, 0.0, half + couch_mm),
        orientation=(1, 0, 0, 0, 0, -1),
        spacing_mm=SCOUT_MM,
        thickness_mm=SCOUT_MM,
        kind="LOCALIZER",
        series=_SCOUT_SERIES,
        number=1,
    )


def dicom_bytes(study: Study, plane: Plane) -> bytes:
    """The whole file, preamble and meta group included; equal inputs give equal bytes."""
    values = {
        **patient_elements(study),
        **study_elements(study),
        **_equipment(study),
        **_series(study, plane),
        **_geometry(study, plane),
        **_pixels(study, plane),
    }
    return file_bytes(values, study.syntax, writer=WRITER)


def patient_elements(study: Study) -> dict[str, Any]:
    """What every file of a study says of the person, by keyword."""
    person = study.person
    return {
        "SpecificCharacterSet": study.site.character_set,
        "PatientName": person.name,
        "PatientID": person.patient_id,
        "PatientBirthDate": f"{person.birth_date:%Y%m%d}",
        "PatientSex": person.sex,
        "PatientAge": f"{age_in_years(person, study.day):03d}Y",
        "QualityControlSubject": "YES",
        "PatientComments": "Invented person, synthetic image",
    }


def study_elements(study: Study) -> dict[str, Any]:
    """What every file of a study says of the visit, by keyword."""
    rng = study.generator("papers", study.visit)
    return {
        "StudyInstanceUID": study.uid(),
        "StudyDate": f"{study.day:%Y%m%d}",
        "StudyTime": f"{rng.integers(7, 19):02d}{rng.integers(60):02d}{rng.integers(60):02d}",
        "AccessionNumber": f"A{study.uid('accession')[-9:]}",
        "StudyID": f"{rng.integers(10**5)}",
        "ReferringPhysicianName": str(rng.choice(study.site.physicians)),
        "StudyDescription": "CT chest",
    }


def _equipment(study: Study) -> dict[str, Any]:
    scanner, site = study.scanner, study.site
    return {
        "Manufacturer": scanner.manufacturer,
        "ManufacturerModelName": scanner.model,
        "DeviceSerialNumber": scanner.serial_number,
        "StationName": f"{site.code.upper()}CT{scanner.serial_number[-1]}",
        "InstitutionName": site.institution,
        "InstitutionAddress": site.address,
    }


def _series(study: Study, plane: Plane) -> dict[str, Any]:
    return {
        "SOPClassUID": CTImageStorage,
        "SOPInstanceUID": study.uid("image", plane.series, plane.number),
        "SeriesInstanceUID": study.uid("series", plane.series),
        "Modality": "CT",
        "SeriesNumber": plane.series,
        "SeriesDescription": "Scout" if plane.series == _SCOUT_SERIES else "Chest axial",
        "BodyPartExamined": "CHEST",
        "PatientPosition": "HFS",
        "ImageType": ["ORIGINAL", "PRIMARY", plane.kind],
        "InstanceNumber": plane.number,
        "AcquisitionNumber": plane.series,
        "KVP": study.scanner.kvp,
        "ConvolutionKernel": study.scanner.kernel,
    }


def _geometry(study: Study, plane: Plane) -> dict[str, Any]:
    return {
        "FrameOfReferenceUID": study.uid("frame"),
        "ImagePositionPatient": [decimal(value) for value in plane.position],
        "ImageOrientationPatient": list(plane.orientation),
        "PixelSpacing": [decimal(plane.spacing_mm)] * 2,
        "SliceThickness": decimal(plane.thickness_mm),
        "PositionReferenceIndicator": "",
    }


def _pixels(study: Study, plane: Plane) -> dict[str, Any]:
    """Twelve unsigned bits that mean HU after the intercept, whatever the photometric interpretation."""
    stored = (plane.hu - LOWEST_HU).astype(np.uint16)
    bits = bits_stored(study.syntax)
    return {
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": study.photometric,
        "Rows": stored.shape[0],
        "Columns": stored.shape[1],
        "BitsAllocated": 16,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": 0,
        "RescaleIntercept": LOWEST_HU,
        "RescaleSlope": 1,
        "RescaleType": "HU",
        "WindowCenter": -500,
        "WindowWidth": 1500,
        "PixelData": encode(stored, study.syntax),
    }


def decimal(value: float) -> str:
    """The number as a Decimal String (at most 16 characters), to a tenth of a micrometre."""
    return f"{value:.4f}".rstrip("0").rstrip(".")
