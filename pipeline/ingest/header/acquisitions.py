"""What a header says of how its planes were acquired: at its top level, and in functional groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from struct import Struct

from pipeline.ingest.dicom import vocabulary
from pipeline.ingest.dicom.csa import mosaic_weighting
from pipeline.ingest.dicom.dataset import Dataset, optional_number, optional_numbers
from pipeline.ingest.pixels.suv import moment_of, moment_of_datetime
from pipeline.ingest.pixels.transforms import FunctionalGroups
from pipeline.ingest.reasons import Refusal
from pipeline.ingest.series.acquisition import Acquisition

_EPOCH = moment_of("19000101", "000000")
_AMOUNTS = ("ContrastBolusVolume", "ContrastBolusTotalDose")
_OF_AN_AGENT = ("ContrastBolusIngredient", "ContrastBolusStartTime")
_PLACES = frozenset({0x00200032, 0x00209056, 0x00209057})
"""What dimensions of space point at: the position, the stack, the position in the stack."""


def acquisitions_of(groups: FunctionalGroups, frames: int) -> Sequence[Acquisition]:
    """The acquisition of each frame; one record for all where the object has no functional groups."""
    top = _of_top_level(groups.dataset)
    if groups.shared is None and not groups.frames:
        return [top] * frames
    dimensions = _dimensions(groups.dataset)
    return [_of_frame(top, groups, index, dimensions) for index in range(frames)]


def acquired_number(groups: FunctionalGroups, index: int) -> float | None:
    """The number of the acquisition that the frame is of."""
    top = optional_number(groups.dataset, "AcquisitionNumber")
    return _in_group(
        groups.item("FrameContentSequence", index), "FrameAcquisitionNumber", "AcquisitionNumber", top
    )


def acquired_seconds(dataset: Dataset, content: Dataset | None = None) -> float | None:
    """When a plane was acquired, in seconds since a fixed moment, by `content` (frame content) first.

    Used in memory only, to tell volumes of one series apart. A top level without a position is no plane's.
    """
    if content is None and "ImagePositionPatient" not in dataset:
        return None
    moment = None
    if content is not None:
        moment = moment_of_datetime(content.text("FrameAcquisitionDateTime"))
    if moment is None:
        moment = moment_of_datetime(dataset.text("AcquisitionDateTime"))
    if moment is None:
        moment = moment_of(dataset.text("AcquisitionDate"), dataset.text("AcquisitionTime"))
    return None if moment is None or _EPOCH is None else (moment - _EPOCH).total_seconds()


def _of_top_level(dataset: Dataset) -> Acquisition:
    b_value, gradient = _diffusion(dataset)
    return Acquisition(
        presentation_intent=dataset.text("PresentationIntentType") or None,
        intensity_relationship=dataset.text("PixelIntensityRelationship") or None,
        kernel=dataset.text("ConvolutionKernel") or None,
        contrast_given=_names_agent(dataset),
        component=dataset.text("ComplexImageComponent") or None,
        scanning_sequence=_sorted_words(dataset, "ScanningSequence"),
        sequence_variant=_sorted_words(dataset, "SequenceVariant"),
        scan_options=_sorted_words(dataset, "ScanOptions"),
        acquisition_type=dataset.text("MRAcquisitionType") or None,
        sequence_name=dataset.text("SequenceName") or None,
        phase_encoding=_phase_encoding(dataset),
        filter_type=dataset.text("FilterType") or None,
        patient_position=dataset.text("PatientPosition") or None,
        corrections=_sorted_words(dataset, "CorrectedImage"),
        decay_correction=dataset.text("DecayCorrection") or None,
        reconstruction=dataset.text("ReconstructionMethod") or None,
        series_type=_sorted_words(dataset, "SeriesType"),
        kvp=optional_number(dataset, "KVP"),
        cardiac_phase=optional_number(dataset, "NominalPercentageOfCardiacPhase"),
        respiratory_phase=optional_number(dataset, "NominalPercentageOfRespiratoryPhase"),
        echo_time=optional_number(dataset, "EchoTime"),
        echo_number=optional_number(dataset, "EchoNumbers"),
        inversion_time=optional_number(dataset, "InversionTime"),
        flip_angle=optional_number(dataset, "FlipAngle"),
        repetition_time=optional_number(dataset, "RepetitionTime"),
        echo_train=optional_number(dataset, "EchoTrainLength"),
        averages=optional_number(dataset, "NumberOfAverages"),
        b_value=b_value,
        gradient=gradient,
        temporal_position=optional_number(dataset, "TemporalPositionIdentifier"),
        trigger_time=optional_number(dataset, "TriggerTime"),
        frame_reference_time=optional_number(dataset, "FrameReferenceTime"),
        temporal_positions=_count(dataset, "NumberOfTemporalPositions"),
        time_slots=_count(dataset, "NumberOfTimeSlots"),
        time_slices=_count(dataset, "NumberOfTimeSlices"),
        part=_count(dataset, "InConcatenationNumber"),
        parts=_count(dataset, "InConcatenationTotalNumber"),
        announced_slices=_count(dataset, "NumberOfSlices"),
        announced_images=_count(dataset, "ImagesInAcquisition"),
        series_images=_count(dataset, "NumberOfSeriesRelatedInstances") or _count(dataset, "ImagesInSeries"),
    )


def _of_frame(
    top: Acquisition, groups: FunctionalGroups, index: int, dimensions: Sequence[int]
) -> Acquisition:
    """What the functional groups of a frame say, the top level where they are silent (PS3.3 C.7.6.16)."""
    echo = groups.item("MREchoSequence", index)
    modifier = groups.item("MRModifierSequence", index)
    timing = groups.item("MRTimingAndRelatedParametersSequence", index)
    diffusion = groups.item("MRDiffusionSequence", index)
    content = groups.item("FrameContentSequence", index)
    heart = groups.item("CardiacSynchronizationSequence", index)
    breath = groups.item("RespiratorySynchronizationSequence", index)
    view = groups.item("MRFOVGeometrySequence", index)
    tube = groups.item("CTXRayDetailsSequence", index)
    kernel = groups.item("CTReconstructionSequence", index)
    frame_type = groups.item("MRImageFrameTypeSequence", index)
    usage = groups.item("ContrastBolusUsageSequence", index)
    cardiac, respiratory = "NominalPercentageOfCardiacPhase", "NominalPercentageOfRespiratoryPhase"
    delay = "NominalCardiacTriggerDelayTime"
    return replace(
        top,
        kernel=_text(kernel, "ConvolutionKernel", top.kernel),
        contrast_given=(
            top.contrast_given if usage is None else usage.text("ContrastBolusAgentAdministered") == "YES"
        ),
        component=frame_type.text("ComplexImageComponent") or None if frame_type else top.component,
        phase_encoding=top.phase_encoding if view is None else _phase_encoding(view),
        stack_id=content.text("StackID") or None if content else None,
        stack_position=0 if content is None else _count(content, "InStackPositionNumber"),
        kvp=_in_group(tube, "KVP", "KVP", top.kvp),
        cardiac_phase=_in_group(heart, cardiac, cardiac, top.cardiac_phase),
        respiratory_phase=_in_group(breath, respiratory, respiratory, top.respiratory_phase),
        echo_time=_in_group(echo, "EffectiveEchoTime", "EchoTime", top.echo_time),
        inversion_time=_in_group(modifier, "InversionTimes", "InversionTime", top.inversion_time),
        flip_angle=_in_group(timing, "FlipAngle", "FlipAngle", top.flip_angle),
        repetition_time=_in_group(timing, "RepetitionTime", "RepetitionTime", top.repetition_time),
        b_value=_in_group(diffusion, "DiffusionBValue", "DiffusionBValue", top.b_value),
        gradient=top.gradient if diffusion is None else _direction(diffusion) or top.gradient,
        temporal_position=_in_group(
            content, "TemporalPositionIndex", "TemporalPositionIdentifier", top.temporal_position
        ),
        trigger_time=_in_group(heart, delay, "TriggerTime", top.trigger_time),
        dimension_index=None if content is None else _dimension_index(content, dimensions),
    )


def _in_group(item: Dataset | None, keyword: str, classic: str, top: float | None) -> float | None:
    """A number of a functional group, by its own keyword or that of classic objects, else the top level's."""
    if item is None:
        return top
    number = optional_number(item, keyword)
    if number is None and classic != keyword:
        number = optional_number(item, classic)
    return top if number is None else number


def _text(item: Dataset | None, keyword: str, top: str | None) -> str | None:
    """The text of a functional group that has the element, even if it is empty; else the top level's."""
    return item.text(keyword) or None if item is not None and keyword in item else top


def _count(dataset: Dataset, keyword: str) -> int:
    return int(optional_number(dataset, keyword) or 0)


def _sorted_words(dataset: Dataset, keyword: str) -> str | None:
    return "\\".join(sorted(set(dataset.words(keyword)))) or None


def _phase_encoding(dataset: Dataset) -> str | None:
    direction = dataset.text("InPlanePhaseEncodingDirection")
    return "COL" if direction == "COLUMN" else direction or None


def _names_agent(dataset: Dataset) -> bool:
    """Whether a contrast agent was given; which one is free text and stays here (PS3.3 C.7.6.4)."""
    agent = vocabulary.agent(dataset.text("ContrastBolusAgent"))
    if agent or "ContrastBolusAgentSequence" in dataset:
        return agent == vocabulary.GIVEN or "ContrastBolusAgentSequence" in dataset
    # Where de-identification took the agent out, what else is said of it is still there.
    amounts = (optional_number(dataset, keyword) for keyword in _AMOUNTS)
    return any(amounts) or any(dataset.text(keyword) for keyword in _OF_AN_AGENT)


def _diffusion(dataset: Dataset) -> tuple[float | None, tuple[float, ...] | None]:
    """The b-value and the gradient's direction; those of a mosaic's private header where it has no public."""
    b_value, gradient = optional_number(dataset, "DiffusionBValue"), _gradient(dataset)
    if "DiffusionBValue" in dataset:
        return b_value, gradient
    weighting, direction = mosaic_weighting(dataset)
    return weighting, gradient or _six_digits(direction)


def _direction(diffusion: Dataset) -> tuple[float, ...] | None:
    directions = diffusion.items("DiffusionGradientDirectionSequence")
    return _gradient(directions[0]) if directions else None


def _gradient(dataset: Dataset) -> tuple[float, ...] | None:
    return _six_digits(optional_numbers(dataset, "DiffusionGradientOrientation"))


def _six_digits(direction: Sequence[float]) -> tuple[float, ...] | None:
    # As many as writers of text give: what is the same must not differ by how a number was stored.
    return tuple(float(f"{value:.6g}") for value in direction) or None


def _dimensions(dataset: Dataset) -> tuple[int, ...]:
    """Which of the Dimension Index Values are of something else than the place (PS3.3 C.7.6.17)."""
    tag = Struct(f"{dataset.encoding.order}HH")
    try:
        pointers = [item.raw("DimensionIndexPointer") for item in dataset.items("DimensionIndexSequence")]
    except Refusal:
        return ()  # an image can be read without
    if any(len(pointer) != tag.size for pointer in pointers):
        return ()
    tags = [group << 16 | element for group, element in map(tag.unpack, pointers)]
    return tuple(place for place, pointer in enumerate(tags) if pointer not in _PLACES)


def _dimension_index(content: Dataset, dimensions: Sequence[int]) -> str | None:
    values = optional_numbers(content, "DimensionIndexValues")
    if not dimensions or len(values) <= max(dimensions):
        return None
    return "\\".join(f"{values[place]:.0f}" for place in dimensions)
