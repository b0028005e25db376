"""What a plane says of itself that makes it another kind of image than its neighbour, by class.

A volume is of one kind: `KINDS` never differ within one. `ASIDES` may: they decide no voxel, but where a
series holds two scans they can be all that tells them apart. `TIMES` differ within one volume, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.series.frames import Frame
from pipeline.ingest.series.image_words import meaning, spelled, unknown_words

__all__ = [
    "ACQUISITION_NUMBER",
    "ASIDES",
    "B_VALUE",
    "CARDIAC_PHASE",
    "ECHO_NUMBER",
    "ECHO_TIME",
    "FLIP_ANGLE",
    "GRADIENT",
    "INVERSION_TIME",
    "KINDS",
    "KVP",
    "NUMBER_KINDS",
    "REFERENCE_TIME",
    "REPETITION_TIME",
    "RESPIRATORY_PHASE",
    "SEQUENCE_NAME",
    "SERIES_WORDS",
    "STACKS",
    "TEMPORAL_POSITION",
    "THICKNESS",
    "TIMES",
    "TRIGGER_TIME",
    "UNKNOWN_WORDS",
    "WORD_KINDS",
    "Trait",
    "clusters",
    "differing",
    "labels_of",
    "sets_of",
]


@dataclass(frozen=True)
class Trait:
    """Something that planes say, by the keyword under which a person finds it in a header.

    `read` gives numbers or a text, None where the plane is silent. Numbers are one where they chain within
    `slack` plus the `share` of their size. Where all planes have one `source`, as most of a series do, what
    is read of it is one, and needn't be understood for that.
    """

    keyword: str
    read: Callable[[Frame], tuple[float, ...] | str | None]
    slack: float = 1e-3
    share: float = 0.0
    source: Callable[[Frame], Hashable] | None = None


def _number(
    keyword: str, value: Callable[[Frame], float | None], *, slack: float = 1e-3, share: float = 0.0
) -> Trait:
    def read(frame: Frame) -> tuple[float, ...] | None:
        number = value(frame)
        return None if number is None else (number,)

    return Trait(keyword, read, slack, share, source=value)


def _word(keyword: str, value: Callable[[Frame], str | None]) -> Trait:
    def read(frame: Frame) -> str | None:
        text = value(frame) or ""
        return "\\".join(" ".join(part.upper().split()) for part in text.split("\\")) or None

    return Trait(keyword, read, source=value)


def _image_words(frame: Frame) -> Hashable:
    return frame.image_type, frame.acquisition.component


def _contrast(frame: Frame) -> str:
    # Silence is a statement here: the agent is named only where one was given.
    return "given" if frame.acquisition.contrast_given else "none"


SEQUENCE_NAME = _word("SequenceName", lambda frame: frame.acquisition.sequence_name)
WORD_KINDS = (
    _word("PresentationIntentType", lambda frame: frame.acquisition.presentation_intent),
    _word("PixelIntensityRelationship", lambda frame: frame.acquisition.intensity_relationship),
    _word("ConvolutionKernel", lambda frame: frame.acquisition.kernel),
    _word("StackID", lambda frame: frame.acquisition.stack_id),
    Trait("ImageType", lambda frame: meaning(frame) or None, source=_image_words),
    _word("ScanningSequence", lambda frame: frame.acquisition.scanning_sequence),
    _word("SequenceVariant", lambda frame: frame.acquisition.sequence_variant),
    _word("ScanOptions", lambda frame: frame.acquisition.scan_options),
    _word("MRAcquisitionType", lambda frame: frame.acquisition.acquisition_type),
    SEQUENCE_NAME,
    _word("InPlanePhaseEncodingDirection", lambda frame: frame.acquisition.phase_encoding),
    _word("FilterType", lambda frame: frame.acquisition.filter_type),
    _word("PatientPosition", lambda frame: frame.acquisition.patient_position),
    _word("CorrectedImage", lambda frame: frame.acquisition.corrections),
    _word("DecayCorrection", lambda frame: frame.acquisition.decay_correction),
    _word("ReconstructionMethod", lambda frame: frame.acquisition.reconstruction),
    Trait("ContrastBolusAgent", _contrast),
)
"""These split a series wherever they differ, as a kernel does."""

# What scanners vary from slice to slice within one volume: echo, inversion and flip angle by rounding and
# limits of heating, some percent; the repetition time of a gated scan with the heart, by up to half.
_VARIES, _BEATS = 0.05, 0.5
KVP = _number("KVP", lambda frame: frame.acquisition.kvp, share=_VARIES)
CARDIAC_PHASE = _number("NominalPercentageOfCardiacPhase", lambda frame: frame.acquisition.cardiac_phase)
RESPIRATORY_PHASE = _number(
    "NominalPercentageOfRespiratoryPhase", lambda frame: frame.acquisition.respiratory_phase
)
ECHO_TIME = _number("EchoTime", lambda frame: frame.acquisition.echo_time, share=_VARIES)
ECHO_NUMBER = _number("EchoNumbers", lambda frame: frame.acquisition.echo_number)
INVERSION_TIME = _number("InversionTime", lambda frame: frame.acquisition.inversion_time, share=_VARIES)
FLIP_ANGLE = _number("FlipAngle", lambda frame: frame.acquisition.flip_angle, share=_VARIES)
REPETITION_TIME = _number("RepetitionTime", lambda frame: frame.acquisition.repetition_time, share=_BEATS)
ECHO_TRAIN = _number("EchoTrainLength", lambda frame: frame.acquisition.echo_train)
AVERAGES = _number("NumberOfAverages", lambda frame: frame.acquisition.averages)
B_VALUE = _number("DiffusionBValue", lambda frame: frame.acquisition.b_value, share=_VARIES)
# 0.02 of a unit vector is one degree: directions are written in the patient's frame, with rounding.
GRADIENT = Trait("DiffusionGradientOrientation", lambda frame: frame.acquisition.gradient, slack=0.02)
TEMPORAL_POSITION = _number("TemporalPositionIdentifier", lambda frame: frame.acquisition.temporal_position)
NUMBER_KINDS = (
    KVP,
    CARDIAC_PHASE,
    RESPIRATORY_PHASE,
    ECHO_TIME,
    ECHO_NUMBER,
    INVERSION_TIME,
    FLIP_ANGLE,
    REPETITION_TIME,
    ECHO_TRAIN,
    AVERAGES,
    B_VALUE,
    GRADIENT,
    TEMPORAL_POSITION,
)
KINDS = (*WORD_KINDS, *NUMBER_KINDS)

UNKNOWN_WORDS = Trait("ImageType", unknown_words, source=_image_words)
ASIDES = (
    Trait("StudyInstanceUID", lambda frame: frame.study_id),
    Trait("FrameOfReferenceUID", lambda frame: frame.frame_of_reference),
    Trait("ImageType", lambda frame: "\\".join(spelled(frame)), source=_image_words),
)
SERIES_WORDS = Trait(
    "SeriesNumber, SeriesDescription or ProtocolName", lambda frame: frame.series_words or None
)
"""All images of one series say these alike (PS3.3 C.7.3.1): where they don't, series were put together."""
THICKNESS = _number("SliceThickness", lambda frame: frame.thickness_mm, share=_VARIES)
# Slices of one pass follow each other within seconds; phases of contrast are some 20 s apart and more.
_PASS_SECONDS = 10.0
ACQUISITION_NUMBER = _number("AcquisitionNumber", lambda frame: frame.acquisition_number)
REFERENCE_TIME = _number("FrameReferenceTime", lambda frame: frame.acquisition.frame_reference_time)
TRIGGER_TIME = _number("TriggerTime", lambda frame: frame.acquisition.trigger_time)
TIMES = (
    ACQUISITION_NUMBER,
    _number("AcquisitionTime", lambda frame: frame.acquisition_time, slack=_PASS_SECONDS),
    REFERENCE_TIME,
)
STACKS = (
    Trait("Rows", lambda frame: str(frame.rows)),
    Trait("Columns", lambda frame: str(frame.columns)),
    # In mm: a difference that moves no pixel of a plane of 500 by a tenth of its size.
    Trait("PixelSpacing", lambda frame: frame.spacing_mm, slack=1e-4),
    Trait("ImageOrientationPatient", lambda frame: frame.orientation),
    Trait("PhotometricInterpretation", lambda frame: frame.photometric),
    Trait("SOPClassUID", lambda frame: frame.sop_class),
    Trait("Units or RescaleType", lambda frame: frame.unit),
    THICKNESS,
)


def sets_of(frames: Sequence[Frame], trait: Trait, *, silent: bool = False) -> list[list[Frame]]:
    """The frames in sets of one value each, in the order of the values.

    Planes that say nothing make a set of their own, the first, if `silent`, or if two values differ anyway.
    """
    source = trait.source or trait.read
    if len({source(frame) for frame in frames}) == 1:
        return [list(frames)]
    labels = labels_of(frames, trait)
    sets: dict[int, list[Frame]] = defaultdict(list)
    for label, frame in zip(labels, frames, strict=True):
        sets[label].append(frame)
    # One value and silence: an element that some writers leave out is no other kind.
    if not silent and len(sets) == 2 and _SILENT in sets:
        return [list(frames)]
    return [sets[label] for label in sorted(sets)]


_SILENT = -1


def labels_of(frames: Sequence[Frame], trait: Trait) -> list[int]:
    """A label for each plane, the same where they say the same, growing with the value; -1 for silence."""
    values_read = [trait.read(frame) for frame in frames]
    numbers = sorted({value for value in values_read if isinstance(value, tuple)})
    texts = sorted({value for value in values_read if isinstance(value, str)})
    label_of: dict[Hashable, int] = {None: _SILENT}
    if numbers:
        values = np.array(numbers, dtype=np.float64)
        # One unit of this scale is the slack plus the share of a number's size.
        # Distances on this scale are in tolerances, so that one rule clusters all kinds of numbers.
        scale = values / trait.slack
        if trait.share:
            scale = np.sign(values) * np.log1p(np.abs(values) * trait.share / trait.slack) / trait.share
        label_of |= dict(zip(numbers, clusters(scale, 1.0).tolist(), strict=True))
    label_of |= {text: len(numbers) + place for place, text in enumerate(texts)}
    return [label_of[value] for value in values_read]


def differing(first: Sequence[Frame], second: Sequence[Frame]) -> list[str]:
    """The keywords in which the planes of two sets differ: those of which they share no value."""
    names = []
    for trait in (*STACKS, *KINDS, *ASIDES, UNKNOWN_WORDS):
        together = [*first, *second]
        labels = labels_of(together, trait)
        if set(labels[: len(first)]).isdisjoint(labels[len(first) :]):
            names.append(trait.keyword)
    return list(dict.fromkeys(names))


def clusters(values: NDArray[np.float64], tolerance: float) -> NDArray[np.int64]:
    """A number for each row of `values` (rows, columns): equal where they chain within `tolerance`.

    Doesn't depend on the order of the rows, and no value sits on an edge as it would with rounding.
    """
    labels = np.zeros(len(values), dtype=np.int64)
    while True:
        finer = labels
        for column in values.T:
            finer = _cut(finer, column, tolerance)
        if (finer == labels).all():
            return labels
        labels = finer


def _cut(labels: NDArray[np.int64], column: NDArray[np.float64], tolerance: float) -> NDArray[np.int64]:
    """The labels with each set cut where its sorted values leave a gap."""
    order = np.lexsort((column, labels))
    cuts = (np.diff(labels[order]) != 0) | (np.diff(column[order]) > tolerance)
    finer = np.empty_like(labels)
    finer[order] = np.concatenate([[0], np.cumsum(cuts)])
    return finer
