"""Which kind of DICOM object a file is, and whether the study wants its kind of image."""

from __future__ import annotations

import re
from collections.abc import Collection

from pipeline.ingest import vocabulary
from pipeline.ingest.dataset import Dataset
from pipeline.ingest.pixels import pixel_keyword
from pipeline.ingest.reasons import Refusal

_PREFIX = "1.2.840.10008.5.1.4.1.1."
_STANDARD_CLASS = re.compile(r"1\.2\.840\.10008\.[0-9.]{1,50}")
_DICOMDIR = "1.2.840.10008.1.3.10"
_NON_IMAGES = {
    "4.2": "spectroscopy", "9": "waveform", "11": "presentation state",
    "66": "raw data", "66.1": "registration", "66.2": "fiducials", "66.3": "registration",
    "66.4": "segmentation", "66.5": "surface segmentation", "66.7": "segmentation",
    "67": "real world value mapping", "68": "surface scan", "78": "ophthalmic measurements",
    "88": "report", "91": "annotations", "104": "document",
    "481": "radiotherapy plan or record", "481.2": "radiotherapy dose", "481.3": "radiotherapy structures",
}  # fmt: skip
_PROCESSING_PREFIXES = tuple(f"{_PREFIX}1.{number}.1" for number in ("1", "2", "3"))
_CAPTURED_WORDS = frozenset({"SCREEN", "SCREENSHOT", "SCREENSAVE", "SAVE"})


def check_kind(dataset: Dataset) -> None:
    """Raises Refusal `dicomdir`, `non_image_object`, or `missing_attribute` for an image without pixels."""
    sop_class = dataset.text("SOPClassUID")
    if sop_class == _DICOMDIR or 0x00041220 in dataset.elements:
        raise Refusal("dicomdir")
    name = _non_image_name(sop_class)
    if name:
        raise Refusal("non_image_object", name)
    if not pixel_keyword(dataset) and dataset.truncation is None:
        if "Rows" in dataset and "PhotometricInterpretation" in dataset:
            raise Refusal("missing_attribute", "PixelData")
        known = _STANDARD_CLASS.fullmatch(sop_class)
        raise Refusal(
            "non_image_object", f"no pixels, SOP class {sop_class if known else 'private or unknown'}"
        )


def check_selected(dataset: Dataset, modalities: Collection[str]) -> None:
    """Raises Refusal `modality_not_selected`, `derived_not_selected` or `rule_not_selected`."""
    modality = dataset.word("Modality")
    if modality not in modalities:
        raise Refusal("modality_not_selected", vocabulary.word("Modality", modality) or "no modality")
    words = {word for value in dataset.words("ImageType")[1:] for word in value.replace("_", " ").split()}
    if words & _CAPTURED_WORDS:
        raise Refusal("derived_not_selected", "a captured screen")
    processing = dataset.text("SOPClassUID").startswith(_PROCESSING_PREFIXES)
    if processing or dataset.text("PresentationIntentType") == "FOR PROCESSING":
        raise Refusal("rule_not_selected", "FOR PROCESSING")


def check_text(dataset: Dataset) -> None:
    """Raises Refusal `burned_in_text` where the header says that the pixels show text about the patient."""
    if dataset.word("BurnedInAnnotation") == "YES":
        raise Refusal("burned_in_text", "BurnedInAnnotation is YES")


def _non_image_name(sop_class: str) -> str:
    """The kind of an object that is no image, by the longest known beginning of its class; "" for images."""
    if not sop_class.startswith(_PREFIX):
        return ""
    parts = sop_class.removeprefix(_PREFIX).split(".")
    for length in range(len(parts), 0, -1):
        beginning = ".".join(parts[:length])
        if beginning in _NON_IMAGES:
            return "" if beginning == "481" and parts[1:2] == ["1"] else _NON_IMAGES[beginning]
    return ""
