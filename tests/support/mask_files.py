"""Objects that mark structures in images, written with pydicom: segmentations and RT structure sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from dicom_files import image
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from pipeline.ingest.masks.grid import Grid
from pipeline.ingest.series.geometry import affine_from

SEGMENTATION, LABEL_MAP = "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"
STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"
ROWS, COLUMNS = 7, 5
"""35 bits a frame: but for the first, no frame begins at a byte."""
Marks = Mapping[int, NDArray]
"""An array `(slices, rows, columns)` in the order of the source images, by the number of its segment."""


def slices(count: int = 5, orientation: tuple[float, ...] = (1, 0, 0, 0, 1, 0)) -> list[Dataset]:
    """MR slices of 7 x 5 pixels of 0.5 x 0.8 mm, 2.5 mm apart."""
    normal = np.cross(orientation[:3], orientation[3:])
    return [
        image(
            "MR",
            pixels=np.zeros((ROWS, COLUMNS), np.uint16),
            SOPInstanceUID=f"2.25.5{number}",
            ImageOrientationPatient=[f"{x:.12g}" for x in orientation],
            ImagePositionPatient=[f"{x:.12g}" for x in np.array([3, -4, 5]) + 2.5 * number * normal],
        )
        for number in range(count)
    ]


def grid_of(sources: Sequence[Dataset]) -> Grid:
    """The grid of such slices, in their order."""
    first = sources[0]
    position, orientation = first.ImagePositionPatient, first.ImageOrientationPatient
    step = 2.5 * np.cross(orientation[:3], orientation[3:])
    affine = affine_from(position, orientation, spacing_mm=(0.5, 0.8), step_mm=step)
    return Grid(affine, (len(sources), ROWS, COLUMNS))


def segmentation(
    sources: Sequence[Dataset],
    marks: Marks,
    *,
    kind: str = "BINARY",
    labels: Mapping[int, str] | None = None,
    empty_frames: bool = False,
    **elements: object,
) -> Dataset:
    """A SEG drawn on single-frame images; `marks` are flags, or shares of 1 if FRACTIONAL.

    Frames without a mark are left out unless `empty_frames`; an element given as None is left out, too.
    """
    if kind == "LABELMAP":
        ds, frames, places = _label_map(sources, marks, empty_frames)
    else:
        ds, frames, places = _segments(sources, marks, kind, empty_frames)
    ds.SegmentSequence = Items([_segment(n, (labels or {}).get(n, f"segment {n}")) for n in sorted(marks)])
    ds.NumberOfFrames = len(frames)
    ds.Rows, ds.Columns = sources[0].Rows, sources[0].Columns
    ds.SharedFunctionalGroupsSequence = Items([_shared(sources[0])])
    ds.PerFrameFunctionalGroupsSequence = Items([_group(sources[at], number) for at, number in places])
    ds.ReferencedSeriesSequence = Items([_series(sources)])
    return _with(_identified(ds, sources[0], "SEG", "2.25.700"), elements)


def structure_set(
    sources: Sequence[Dataset], contours: Mapping[str, Sequence[Points]], **elements: object
) -> Dataset:
    """An RT structure set; contours of each ROI's name, each (points, 3) in LPS mm, or with its type."""
    ds = Dataset()
    ds.SOPClassUID = STRUCTURE_SET
    ds.StructureSetROISequence, ds.ROIContourSequence = Items(), Items()
    for number, (name, drawn) in enumerate(contours.items(), 1):
        region, shape = Dataset(), Dataset()
        region.ROINumber, region.ROIName = number, name
        region.ReferencedFrameOfReferenceUID = sources[0].FrameOfReferenceUID
        shape.ReferencedROINumber = number
        shape.ContourSequence = Items([_contour(points) for points in drawn])
        ds.StructureSetROISequence.append(region)
        ds.ROIContourSequence.append(shape)
    frame, study, series = Dataset(), Dataset(), _series(sources)
    series.ContourImageSequence = series.ReferencedInstanceSequence
    del series.ReferencedInstanceSequence
    frame.FrameOfReferenceUID = sources[0].FrameOfReferenceUID
    study.RTReferencedSeriesSequence = Items([series])
    frame.RTReferencedStudySequence = Items([study])
    ds.ReferencedFrameOfReferenceSequence = Items([frame])
    ds = _identified(ds, sources[0], "RTSTRUCT", "2.25.800")
    del ds.FrameOfReferenceUID
    return _with(ds, elements)


Points = NDArray | tuple[str, NDArray]


def _contour(points: Points) -> Dataset:
    kind, array = points if isinstance(points, tuple) else ("CLOSED_PLANAR", points)
    contour = Dataset()
    contour.ContourGeometricType = kind
    contour.NumberOfContourPoints = len(array)
    contour.ContourData = [f"{value:.10g}" for value in np.asarray(array).ravel()]
    return contour


def _segments(
    sources: Sequence[Dataset], marks: Marks, kind: str, empty_frames: bool
) -> tuple[Dataset, list[NDArray], list[tuple[int, int | None]]]:
    places: list[tuple[int, int | None]] = [
        (at, number)
        for number, array in sorted(marks.items())
        for at in range(len(sources))
        if empty_frames or array[at].any()
    ]
    frames = [marks[number][at] for at, number in places if number is not None]
    ds = Dataset()
    ds.SOPClassUID, ds.SegmentationType = SEGMENTATION, kind
    if kind == "BINARY":
        _bits(ds, 1)
        # Bit after bit over the borders of frames, the lowest first (PS3.5 8.1.1).
        packed = np.packbits(np.concatenate([f.ravel() for f in frames]).astype(bool), bitorder="little")
        ds.PixelData = packed.tobytes() + b"\0" * (packed.size % 2)
    else:
        _bits(ds, 8)
        ds.SegmentationFractionalType, ds.MaximumFractionalValue = "PROBABILITY", 200
        ds.PixelData = _padded(np.round(np.stack(frames) * 200).astype(np.uint8))
    return ds, frames, places


def _label_map(
    sources: Sequence[Dataset], marks: Marks, empty_frames: bool
) -> tuple[Dataset, list[NDArray], list[tuple[int, int | None]]]:
    labels = np.zeros(next(iter(marks.values())).shape, np.uint8)
    for number, array in marks.items():
        labels[array.astype(bool)] = number
    kept = [at for at in range(len(sources)) if empty_frames or labels[at].any()]
    ds = Dataset()
    ds.SOPClassUID, ds.SegmentationType = LABEL_MAP, "LABELMAP"
    ds.PixelPaddingValue = 0
    _bits(ds, 8)
    ds.PixelData = _padded(labels[kept])
    return ds, list(labels[kept]), [(at, None) for at in kept]


def _padded(array: NDArray) -> bytes:
    data = array.tobytes()
    return data + b"\0" * (len(data) % 2)


def _bits(ds: Dataset, bits: int) -> None:
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = bits, bits, bits - 1, 0


def _segment(number: int, label: str) -> Dataset:
    segment = Dataset()
    segment.SegmentNumber, segment.SegmentLabel = number, label
    segment.SegmentAlgorithmType = "MANUAL"
    return segment


def _shared(source: Dataset) -> Dataset:
    group, measures, orientation = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = source.PixelSpacing, source.SliceThickness
    orientation.ImageOrientationPatient = source.ImageOrientationPatient
    group.PixelMeasuresSequence, group.PlaneOrientationSequence = Items([measures]), Items([orientation])
    return group


def _group(source: Dataset, number: int | None) -> Dataset:
    group, position, derivation = Dataset(), Dataset(), Dataset()
    position.ImagePositionPatient = source.ImagePositionPatient
    derivation.SourceImageSequence = Items([_instance(source)])
    group.PlanePositionSequence, group.DerivationImageSequence = Items([position]), Items([derivation])
    if number is not None:
        segment = Dataset()
        segment.ReferencedSegmentNumber = number
        group.SegmentIdentificationSequence = Items([segment])
    return group


def _series(sources: Sequence[Dataset]) -> Dataset:
    series = Dataset()
    series.SeriesInstanceUID = sources[0].SeriesInstanceUID
    series.ReferencedInstanceSequence = Items([_instance(source) for source in sources])
    return series


def _instance(source: Dataset) -> Dataset:
    instance = Dataset()
    instance.ReferencedSOPClassUID = source.SOPClassUID
    instance.ReferencedSOPInstanceUID = source.SOPInstanceUID
    return instance


def _identified(ds: Dataset, source: Dataset, modality: str, uid: str) -> Dataset:
    ds.Modality, ds.SOPInstanceUID, ds.SeriesInstanceUID = modality, f"{uid}1", f"{uid}2"
    for keyword in ("PatientID", "StudyInstanceUID", "FrameOfReferenceUID", "StudyDate"):
        setattr(ds, keyword, source[keyword].value)
    return ds


def _with(ds: Dataset, elements: Mapping[str, object]) -> Dataset:
    for keyword, value in elements.items():
        if value is None:
            delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    return ds
