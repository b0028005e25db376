"""The image planes of a file as the grouping wants them: where they lie and what tells them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from struct import Struct

from pipeline.ingest.dicom import vocabulary
from pipeline.ingest.dicom.csa import mosaic_layout, mosaic_weighting
from pipeline.ingest.dicom.dataset import Dataset, optional_number, optional_numbers
from pipeline.ingest.header.nuclear import Place, places_of
from pipeline.ingest.header.places import decimals_in, orientation_in, position_in
from pipeline.ingest.header.spacing import spacing_of
from pipeline.ingest.pixels.pixel_format import PixelFormat
from pipeline.ingest.pixels.suv import moment_of, moment_of_datetime
from pipeline.ingest.pixels.transforms import FunctionalGroups
from pipeline.ingest.pixels.values import Transform
from pipeline.ingest.reasons import Refusal
from pipeline.ingest.series.frames import Frame

_EPOCH = moment_of("19000101", "000000")

_RESPIRATORY = "NominalPercentageOfRespiratoryPhase"
_NUMBER_KEYS = (
    # (key, functional group, keyword in it, keyword at the top level)
    ("echo_time", "MREchoSequence", "EffectiveEchoTime", "EchoTime"),
    ("inversion_time", "MRModifierSequence", "InversionTimes", "InversionTime"),
    ("flip_angle", "MRTimingAndRelatedParametersSequence", "FlipAngle", "FlipAngle"),
    ("b_value", "MRDiffusionSequence", "DiffusionBValue", "DiffusionBValue"),
    ("temporal_position", "FrameContentSequence", "TemporalPositionIndex", "TemporalPositionIdentifier"),
    ("trigger_time", "CardiacSynchronizationSequence", "NominalCardiacTriggerDelayTime", "TriggerTime"),
    ("repetition_time", "MRTimingAndRelatedParametersSequence", "RepetitionTime", "RepetitionTime"),
    ("kvp", "CTXRayDetailsSequence", "KVP", "KVP"),
    ("cardiac_phase", "CardiacSynchronizationSequence", *2 * ("NominalPercentageOfCardiacPhase",)),
    ("respiratory_phase", "RespiratorySynchronizationSequence", *2 * (_RESPIRATORY,)),
    ("acquisition_number", "FrameContentSequence", "FrameAcquisitionNumber", "AcquisitionNumber"),
)
_OWN_NUMBER_KEYS = (("instance_number", "InstanceNumber"), ("acquisition_number", "AcquisitionNumber"))
_OWN_KEYS = frozenset({"acquisition_time", *(key for key, _ in _OWN_NUMBER_KEYS)})
_CLASSIC_KEYS = tuple((key, keyword) for key, _, _, keyword in _NUMBER_KEYS if key not in _OWN_KEYS)
_TOP_NUMBER_KEYS = (
    ("echo_number", "EchoNumbers"),
    ("temporal_positions", "NumberOfTemporalPositions"),
    ("announced_slices", "NumberOfSlices"),
    ("announced_images", "ImagesInAcquisition"),
    ("frame_reference_time", "FrameReferenceTime"),
)
_PLACES = frozenset({0x00200032, 0x00209056, 0x00209057})
"""What dimensions of space point at: the position, the stack, the position in the stack."""
_TOP_TEXT_KEYS = (
    ("presentation_intent", "PresentationIntentType"),
    ("intensity_relationship", "PixelIntensityRelationship"),
)
_TOP_WORD_KEYS = (
    ("scanning_sequence", "ScanningSequence"),
    ("sequence_variant", "SequenceVariant"),
    ("series_type", "SeriesType"),
)
_FRAME_TYPES = ("CTImageFrameTypeSequence", "MRImageFrameTypeSequence", "PETFrameTypeSequence")


@dataclass(frozen=True)
class Identity:
    """Whose image it is, in pseudonyms."""

    patient_id: str
    study_id: str
    series_id: str
    sop_id: str
    frame_of_reference: str


def frames_of(
    groups: FunctionalGroups, form: PixelFormat, identity: Identity, transforms: Sequence[Transform]
) -> tuple[Frame, ...]:
    """One `Frame` for each plane of the object. Raises Refusal for a malformed spacing or position."""
    dataset = groups.dataset
    modality, sop_class = dataset.word("Modality"), dataset.text("SOPClassUID")
    shared_keys = _shared_keys(dataset, identity)
    tiles, normal = mosaic_layout(dataset)
    dimensions = _dimensions(dataset)
    nuclear = places_of(dataset, form.frames)
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
            tiles=tiles,
            tile_normal=normal,
            unit_told=transform.unit_told,
            uptake=transform.uptake,
            keys={
                **shared_keys,
                **_frame_keys(groups, index, dimensions),
                **place.keys,
                "unit": transform.unit,
            },
        )
        for index in range(form.frames)
        for transform in [transforms[index if len(transforms) > 1 else 0]]
        for place in [nuclear[index] if nuclear else _place(groups, index)]
        for spacing, kind in [spacing_of(groups, index, modality)]
    )


def renewed_frame(known: Frame, dataset: Dataset, sop_id: str) -> Frame:
    """The plane of a data set that says the same as the known one, but for what is a slice's own."""
    keys = {key: value for key, value in known.keys.items() if key not in _OWN_KEYS}
    return replace(
        known,
        source=sop_id,
        position_mm=position_in(dataset) if "ImagePositionPatient" in dataset else known.position_mm,
        position_decimals=decimals_in(dataset),
        keys={**keys, **_own_keys(dataset)},
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


def _shared_keys(dataset: Dataset, identity: Identity) -> dict[str, str | float]:
    keys = {**_series_keys(dataset), **_own_keys(dataset)}
    if identity.frame_of_reference:
        keys["frame_of_reference"] = identity.frame_of_reference
    return keys


def _own_keys(dataset: Dataset) -> dict[str, str | float]:
    """Those keys of the top level that differ from slice to slice of most series."""
    keys: dict[str, str | float] = {}
    for key, keyword in _OWN_NUMBER_KEYS:
        if (number := optional_number(dataset, keyword)) is not None:
            keys[key] = number
    if "ImagePositionPatient" in dataset and (seconds := _acquired(dataset)) is not None:
        keys["acquisition_time"] = seconds
    return keys


def _series_keys(dataset: Dataset) -> dict[str, str | float]:
    texts = {key: dataset.text(keyword) for key, keyword in _TOP_TEXT_KEYS}
    numbers = {key: optional_number(dataset, keyword) for key, keyword in _TOP_NUMBER_KEYS}
    words = {key: "\\".join(sorted(set(dataset.words(keyword)))) for key, keyword in _TOP_WORD_KEYS}
    return {
        **{key: text for key, text in (texts | words).items() if text},
        **{key: number for key, number in numbers.items() if number is not None},
        **_mosaic_keys(dataset),
    }


def _frame_keys(groups: FunctionalGroups, index: int, dimensions: Sequence[int]) -> dict[str, str | float]:
    keys = _classic_keys(groups.dataset)
    for key, sequence, keyword, top in _NUMBER_KEYS:
        if (item := groups.item(sequence, index)) is not None:
            told = optional_number(item, keyword), optional_number(item, top)
            keys |= next(({key: number} for number in told if number is not None), {})
    kernel = groups.holder("CTReconstructionSequence", index, "ConvolutionKernel")
    if kernel is not None and (text := kernel.text("ConvolutionKernel")):
        keys["kernel"] = text
    keys |= _contrast_key(groups, index) | _component_key(groups, index)
    gradient = _gradient(groups, index)
    if gradient:
        keys["gradient"] = _gradient_text(gradient)
    if (content := groups.item("FrameContentSequence", index)) is not None:
        if stack := content.text("StackID"):
            keys["stack_id"] = stack
        if (seconds := _acquired(groups.dataset, content)) is not None:
            keys["acquisition_time"] = seconds
        values = optional_numbers(content, "DimensionIndexValues")
        if dimensions and len(values) > max(dimensions):
            keys["dimension_index"] = "\\".join(f"{values[place]:.0f}" for place in dimensions)
    return keys


def _contrast_key(groups: FunctionalGroups, index: int) -> dict[str, str | float]:
    """Whether a contrast agent was given; which one is free text and stays here (PS3.3 C.7.6.4)."""
    usage = groups.item("ContrastBolusUsageSequence", index)
    if usage is not None:
        given = usage.text("ContrastBolusAgentAdministered") == "YES"
    else:
        agent = vocabulary.agent(groups.dataset.text("ContrastBolusAgent"))
        given = agent == vocabulary.GIVEN or "ContrastBolusAgentSequence" in groups.dataset
    return {"contrast": "given"} if given else {}


def _component_key(groups: FunctionalGroups, index: int) -> dict[str, str | float]:
    """Magnitude, phase, real or imaginary part, where an enhanced object says it apart."""
    item = groups.item("MRImageFrameTypeSequence", index) or groups.dataset
    component = item.text("ComplexImageComponent")
    return {"component": component} if component else {}


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


def _classic_keys(dataset: Dataset) -> dict[str, str | float]:
    numbers = {key: optional_number(dataset, keyword) for key, keyword in _CLASSIC_KEYS}
    return {key: number for key, number in numbers.items() if number is not None}


def _mosaic_keys(dataset: Dataset) -> dict[str, str | float]:
    """The diffusion weighting that only the private header of a mosaic tells; public elements come first."""
    if "DiffusionBValue" in dataset:
        return {}
    weighting, gradient = mosaic_weighting(dataset)
    keys: dict[str, str | float] = {} if weighting is None else {"b_value": weighting}
    return {**keys, "gradient": _gradient_text(gradient)} if gradient else keys


def _gradient_text(gradient: Sequence[float]) -> str:
    return "\\".join(f"{value:.6g}" for value in gradient)


def _gradient(groups: FunctionalGroups, index: int) -> tuple[float, ...]:
    diffusion = groups.item("MRDiffusionSequence", index)
    if diffusion is None:
        return optional_numbers(groups.dataset, "DiffusionGradientOrientation")
    directions = diffusion.items("DiffusionGradientDirectionSequence")
    return optional_numbers(directions[0], "DiffusionGradientOrientation") if directions else ()


def _acquired(dataset: Dataset, content: Dataset | None = None) -> float | None:
    """Seconds since a fixed moment; used in memory only, to tell volumes of one series apart."""
    moment = None
    if content is not None:
        moment = moment_of_datetime(content.text("FrameAcquisitionDateTime"))
    if moment is None:
        moment = moment_of_datetime(dataset.text("AcquisitionDateTime"))
    if moment is None:
        moment = moment_of(dataset.text("AcquisitionDate"), dataset.text("AcquisitionTime"))
    return None if moment is None or _EPOCH is None else (moment - _EPOCH).total_seconds()
