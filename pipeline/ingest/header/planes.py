"""The image planes of a file as the grouping wants them: where they lie and what tells them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.ingest.dicom.csa import mosaic_layout
from pipeline.ingest.dicom.dataset import Dataset, optional_number
from pipeline.ingest.header.acquisitions import acquired_number, acquired_seconds, acquisitions_of
from pipeline.ingest.header.nuclear import Place, places_of
from pipeline.ingest.header.places import decimals_in, orientation_in, position_in
from pipeline.ingest.header.spacing import spacing_of
from pipeline.ingest.pixels.pixel_format import PixelFormat
from pipeline.ingest.pixels.transforms import FunctionalGroups
from pipeline.ingest.pixels.values import Transform
from pipeline.ingest.series.acquisition import Acquisition
from pipeline.ingest.series.frames import Frame

_FRAME_TYPES = ("CTImageFrameTypeSequence", "MRImageFrameTypeSequence", "PETFrameTypeSequence")


@dataclass(frozen=True)
class Identity:
    """Whose image it is, in pseudonyms."""

    patient_id: str
    study_id: str
    series_id: str
    sop_id: str
    frame_of_reference: str
    series_words: str = ""


def frames_of(
    groups: FunctionalGroups, form: PixelFormat, identity: Identity, transforms: Sequence[Transform]
) -> tuple[Frame, ...]:
    """One `Frame` for each plane of the object. Raises Refusal for a malformed spacing or position."""
    dataset = groups.dataset
    modality, sop_class = dataset.word("Modality"), dataset.text("SOPClassUID")
    tiles, normal = mosaic_layout(dataset)
    nuclear = places_of(dataset, form.frames)
    acquisitions = acquisitions_of(groups, form.frames)
    return tuple(
        Frame(
            source=identity.sop_id,
            index=index,
            patient_id=identity.patient_id,
            study_id=identity.study_id,
            series_id=identity.series_id,
            modality=modality,
            sop_class=sop_class,
            image_type=_image_type(groups, index),
            rows=form.rows,
            columns=form.columns,
            samples=form.samples,
            photometric=form.photometric,
            position_mm=place.position_mm,
            position_decimals=_position_decimals(groups, index),
            orientation=place.orientation,
            spacing_mm=spacing,
            spacing_kind=kind,
            thickness_mm=_measure(groups, index, "SliceThickness"),
            spacing_between_mm=_measure(groups, index, "SpacingBetweenSlices"),
            frame_of_reference=identity.frame_of_reference,
            series_words=identity.series_words,
            tiles=tiles,
            tile_normal=normal,
            unit=transform.unit,
            names_unit=transform.names_unit,
            uptake=transform.uptake,
            acquisition=_at(place, acquisitions[index]),
            acquisition_number=acquired_number(groups, index),
            acquisition_time=acquired_seconds(dataset, groups.item("FrameContentSequence", index)),
            instance_number=optional_number(dataset, "InstanceNumber"),
        )
        for index in range(form.frames)
        for transform in [transforms[index if len(transforms) > 1 else 0]]
        for place in [nuclear[index] if nuclear else _place(groups, index)]
        for spacing, kind in [spacing_of(groups, index, modality)]
    )


def renewed_frame(known: Frame, dataset: Dataset, sop_id: str) -> Frame:
    """The plane of a data set that says the same as the known one, but for what is a slice's own."""
    return replace(
        known,
        source=sop_id,
        position_mm=position_in(dataset) if "ImagePositionPatient" in dataset else known.position_mm,
        position_decimals=decimals_in(dataset),
        acquisition_number=optional_number(dataset, "AcquisitionNumber"),
        acquisition_time=acquired_seconds(dataset),
        instance_number=optional_number(dataset, "InstanceNumber"),
    )


def _at(place: Place, acquisition: Acquisition) -> Acquisition:
    """The acquisition of a frame, with what the vectors of a nuclear medicine object say of it."""
    if place.temporal_position is None and place.dimension_index is None:
        return acquisition
    position = place.temporal_position
    return replace(
        acquisition,
        temporal_position=acquisition.temporal_position if position is None else position,
        dimension_index=place.dimension_index or acquisition.dimension_index,
    )


def _place(groups: FunctionalGroups, index: int) -> Place:
    return Place(
        position_in(groups.holder("PlanePositionSequence", index, "ImagePositionPatient")),
        orientation_in(groups.holder("PlaneOrientationSequence", index, "ImageOrientationPatient")),
    )


def _position_decimals(groups: FunctionalGroups, index: int) -> tuple[int, ...]:
    return decimals_in(groups.holder("PlanePositionSequence", index, "ImagePositionPatient"))


def _measure(groups: FunctionalGroups, index: int, keyword: str) -> float | None:
    holder = groups.holder("PixelMeasuresSequence", index, keyword)
    return optional_number(holder, keyword) if holder is not None else None


def _image_type(groups: FunctionalGroups, index: int) -> tuple[str, ...]:
    for sequence in _FRAME_TYPES:
        item = groups.item(sequence, index)
        if item is not None and (words := item.words("FrameType")):
            return words
    return groups.dataset.words("ImageType")
