"""What a case record may say of its scan: numbers, and words of shipped vocabularies.

The list is closed; what it doesn't name doesn't exist behind the reader (PS3.15 annex E). Names are
DICOM's keywords in snake case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Set

from pipeline.ingest.dicom import vocabulary
from pipeline.ingest.dicom.dataset import Dataset, optional_number, optional_numbers
from pipeline.ingest.dicom.dictionary import ELEMENTS
from pipeline.ingest.dicom.templates import OWN
from pipeline.ingest.header.quantities import age_years, field_strength
from pipeline.records import Attribute

_WORDS = (
    "BodyPartExamined", "Laterality", "ImageLaterality", "ViewPosition", "PatientPosition",
    "PresentationIntentType", "PhotometricInterpretation", "PixelIntensityRelationship", "RescaleType",
    "Units", "DecayCorrection", "LossyImageCompression", "BurnedInAnnotation", "PatientSex",
    "MRAcquisitionType",
)  # fmt: skip
_LISTS = ("ImageType", "CorrectedImage", "ScanningSequence", "SequenceVariant")
_NUMBERS = (
    "KVP", "SliceThickness", "SpacingBetweenSlices", "RepetitionTime", "EchoTime", "InversionTime",
    "FlipAngle", "GantryDetectorTilt", "BitsStored", "LossyImageCompressionRatio",
    "WindowCenter", "WindowWidth", "ExposureTime", "XRayTubeCurrent", "Exposure", "RelativeXRayExposure",
    "DistanceSourceToDetector", "DistanceSourceToPatient", "ReconstructionDiameter", "NumberOfAverages",
    "EchoTrainLength", "PixelBandwidth",
)  # fmt: skip
_CLASSIC = {
    "EffectiveEchoTime": "EchoTime", "InversionTimes": "InversionTime", "ExposureTimeInms": "ExposureTime",
    "XRayTubeCurrentInmA": "XRayTubeCurrent", "ExposureInmAs": "Exposure",
}  # fmt: skip
"""What functional groups call by another name (PS3.3 C.8.13.5 and C.8.15.3.8)."""
_SPECIAL: dict[str, Callable[[str], str]] = {
    "Manufacturer": vocabulary.maker,
    "ManufacturerModelName": vocabulary.model,
    "ConvolutionKernel": vocabulary.kernel,
    "ContrastBolusAgent": vocabulary.agent,
}
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def attributes_of(dataset: Dataset) -> dict[str, Attribute]:
    """What the data set has of the allow-list, by snake-case name; malformed values are left out."""
    values = _read(dataset, _LISTED.keys())
    age = age_years(dataset)
    if age is not None:
        values["patient_age"] = age
    # Two numbers under one keyword: a case holds single values only.
    detector = optional_numbers(dataset, "ImagerPixelSpacing")
    if len(detector) == 2:
        values["imager_pixel_spacing_rows"], values["imager_pixel_spacing_columns"] = detector
    return values


def renewed_attributes(known: Mapping[str, Attribute], dataset: Dataset) -> Mapping[str, Attribute]:
    """The attributes of a data set that says the same as the known one, but for what is a slice's own."""
    shared = {name: value for name, value in known.items() if name not in _OWN_NAMES}
    attributes = {**shared, **_read(dataset, _OWN_TAGS)}
    return known if attributes == known else attributes


def _read(dataset: Dataset, tags: Set[int]) -> dict[str, Attribute]:
    values: dict[str, Attribute] = {}
    for tag in tags & dataset.elements.keys():
        keyword, name, read = _LISTED[tag]
        value = read(dataset, keyword)
        if value is not None and value != "":
            values[name] = value
    return values


def canonical_word(name: str, text: str) -> str:
    """The word that the attribute `name` (of WORD_NAMES) has in a case whose header says `text`.

    >>> canonical_word("convolution_kernel", "b30f")
    'B30F'
    """
    keyword = _KEYWORDS[name]
    return _SPECIAL[keyword](text) if keyword in _SPECIAL else vocabulary.word(keyword, text.upper())


def _word(dataset: Dataset, keyword: str) -> str:
    return vocabulary.word(keyword, dataset.text(keyword))


def _word_list(dataset: Dataset, keyword: str) -> str:
    return "\\".join([vocabulary.word(keyword, value) for value in dataset.words(keyword)])


def _designation(dataset: Dataset, keyword: str) -> str:
    return _SPECIAL[keyword](dataset.text(keyword))


Reader = Callable[[Dataset, str], Attribute | None]
_READERS: tuple[tuple[Iterable[str], Reader], ...] = (
    (_WORDS, _word),
    (_LISTS, _word_list),
    (_SPECIAL, _designation),
    (_NUMBERS, optional_number),
    (_CLASSIC, optional_number),
    (("MagneticFieldStrength",), field_strength),
)
_NUMBER_READERS = (optional_number, field_strength)
_LISTED: dict[int, tuple[str, str, Reader]] = {
    ELEMENTS[keyword][0]: (keyword, _CAMEL.sub("_", _CLASSIC.get(keyword, keyword)).lower(), read)
    for keywords, read in _READERS
    for keyword in keywords
}
"""Keyword, snake-case name and reader by tag."""
_OWN_TAGS = _LISTED.keys() & {ELEMENTS[keyword][0] for keyword in OWN}
_OWN_NAMES = frozenset(_LISTED[tag][1] for tag in _OWN_TAGS)

WORD_NAMES = frozenset(name for _, name, read in _LISTED.values() if read not in _NUMBER_READERS)
"""The attributes whose values are words."""
NUMBER_NAMES = frozenset(name for _, name, read in _LISTED.values() if read in _NUMBER_READERS) | {
    "b_value", "cardiac_phase", "echo_number", "patient_age", "respiratory_phase", "temporal_position",
    "time_index", "variant_index",
}  # fmt: skip
"""The attributes whose values are numbers, those of single planes and a volume's rank in time included."""
_KEYWORDS = {name: keyword for keyword, name, _ in _LISTED.values()}
