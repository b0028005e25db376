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
    "ASIDES",
    "KINDS",
    "NUMBER_KINDS",
    "STACKS",
    "THICKNESS",
    "TIMES",
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
    `slack` plus the `share` of their size; `key` is the frame's key a volume is told by. Where all planes
    have one `source`, as most of a series do, what is read of it is one, and needn't be understood for that.
    """

    keyword: str
    read: Callable[[Frame], tuple[float, ...] | str | None]
    slack: float = 1e-3
    share: float = 0.0
    key: str = ""
    source: Callable[[Frame], Hashable] | None = None


def _alone(value: float | None) -> tuple[float] | None:
    return None if value is None else (value,)


def _number(key: str, keyword: str, share: float = 0.0) -> Trait:
    def read(frame: Frame) -> tuple[float, ...] | None:
        value = frame.keys.get(key)
        return None if value is None else (float(value),)

    return Trait(keyword, read, share=share, key=key)


def _word(key: str, keyword: str) -> Trait:
    def read(frame: Frame) -> str | None:
        return "\\".join(" ".join(part.upper().split()) for part in str(frame.keys.get(key, "")).split("\\"))

    return Trait(
        keyword, lambda frame: read(frame) or None, key=key, source=lambda frame: frame.keys.get(key)
    )


def _image_words(frame: Frame) -> Hashable:
    return frame.image_type, frame.keys.get("component")


def _gradient(frame: Frame) -> tuple[float, ...] | None:
    text = frame.keys.get("gradient")
    return None if text is None else tuple(float(part) for part in str(text).split("\\"))


WORD_KINDS = (
    _word("presentation_intent", "PresentationIntentType"),
    _word("intensity_relationship", "PixelIntensityRelationship"),
    _word("kernel", "ConvolutionKernel"),
    _word("stack_id", "StackID"),
    Trait("ImageType", lambda frame: meaning(frame) or None, key="image_type", source=_image_words),
    _word("scanning_sequence", "ScanningSequence"),
    _word("sequence_variant", "SequenceVariant"),
    # Silence is a statement here: the agent is named only where one was given.
    Trait("ContrastBolusAgent", lambda frame: str(frame.keys.get("contrast", "none")), key="contrast"),
)
"""These split a series wherever they differ, as a kernel does."""

# What scanners vary from slice to slice within one volume: echo, inversion and flip angle by rounding and
# limits of heating, some percent; the repetition time of a gated scan with the heart, by up to half.
_VARIES, _BEATS = 0.05, 0.5
NUMBER_KINDS = (
    _number("kvp", "KVP", _VARIES),
    _number("cardiac_phase", "NominalPercentageOfCardiacPhase"),
    _number("respiratory_phase", "NominalPercentageOfRespiratoryPhase"),
    _number("echo_time", "EchoTime", _VARIES),
    _number("echo_number", "EchoNumbers"),
    _number("inversion_time", "InversionTime", _VARIES),
    _number("flip_angle", "FlipAngle", _VARIES),
    _number("repetition_time", "RepetitionTime", _BEATS),
    _number("b_value", "DiffusionBValue", _VARIES),
    # 0.02 of a unit vector is one degree: directions are written in the patient's frame, with rounding.
    Trait("DiffusionGradientOrientation", _gradient, slack=0.02, key="gradient"),
    _number("temporal_position", "TemporalPositionIdentifier"),
)
KINDS = (*WORD_KINDS, *NUMBER_KINDS)

UNKNOWN_WORDS = Trait("ImageType", unknown_words, source=_image_words)
ASIDES = (
    Trait("StudyInstanceUID", lambda frame: frame.study_id),
    Trait("FrameOfReferenceUID", lambda frame: str(frame.keys.get("frame_of_reference", ""))),
    Trait("ImageType", lambda frame: "\\".join(spelled(frame)), key="image_type", source=_image_words),
)
THICKNESS = Trait("SliceThickness", lambda frame: _alone(frame.thickness_mm), share=_VARIES)
# Slices of one pass follow each other within seconds; phases of contrast are some 20 s apart and more.
_PASS_SECONDS = 10.0
TIMES = (
    _number("acquisition_number", "AcquisitionNumber"),
    Trait("AcquisitionTime", _number("acquisition_time", "").read, slack=_PASS_SECONDS),
    _number("frame_reference_time", "FrameReferenceTime"),
)
STACKS = (
    Trait("Rows", lambda frame: str(frame.rows)),
    Trait("Columns", lambda frame: str(frame.columns)),
    Trait("PixelSpacing", lambda frame: frame.spacing_mm, slack=1e-4),
    Trait("ImageOrientationPatient", lambda frame: frame.orientation),
    Trait("PhotometricInterpretation", lambda frame: frame.photometric),
    Trait("SOPClassUID", lambda frame: frame.sop_class),
    Trait("Units or RescaleType", lambda frame: str(frame.keys.get("unit", ""))),
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
    if not silent and len(sets) == 2 and _SILENT in sets:
        return [list(frames)]
    return [sets[label] for label in sorted(sets)]


_SILENT = -1


def labels_of(frames: Sequence[Frame], trait: Trait) -> list[int]:
    """A label for each plane, the same where they say the same, growing with the value; -1 for silence."""
    told = [trait.read(frame) for frame in frames]
    numbers = sorted({value for value in told if isinstance(value, tuple)})
    texts = sorted({value for value in told if isinstance(value, str)})
    label_of: dict[Hashable, int] = {None: _SILENT}
    if numbers:
        values = np.array(numbers, dtype=np.float64)
        # One unit of this scale is the slack plus the share of a number's size.
        scale = values / trait.slack
        if trait.share:
            scale = np.sign(values) * np.log1p(np.abs(values) * trait.share / trait.slack) / trait.share
        label_of |= dict(zip(numbers, clusters(scale, 1.0).tolist(), strict=True))
    label_of |= {text: len(numbers) + place for place, text in enumerate(texts)}
    return [label_of[value] for value in told]


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
