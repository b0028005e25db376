"""Which kind of DICOM object a file is, and whether the study wants its kind of image.

A Secondary Capture is judged by what it has: with a place, a spacing and a rescale it is as good as any
derived image of its modality; what lacks one of them is a picture of a screen or of paper.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from pipeline.ingest.dicom import vocabulary
from pipeline.ingest.dicom.dataset import Dataset, pixel_keyword
from pipeline.ingest.dicom.sop_classes import PREFIX, SECONDARY_CAPTURE, SLIDES, VIDEOS, non_image_name
from pipeline.ingest.reasons import Refusal

_STANDARD_CLASS = re.compile(r"1\.2\.840\.10008\.[0-9.]{1,50}")
_DICOMDIR = "1.2.840.10008.1.3.10"
_PROCESSING_PREFIXES = tuple(f"{PREFIX}1.{number}.1" for number in ("1", "2", "3"))
_CAPTURED_WORDS = frozenset({"SCREEN", "SCREENSHOT", "SCREENSAVE", "SAVE"})
_OF_A_SLIDE = frozenset({"LABEL", "OVERVIEW", "THUMBNAIL"})
"""What value 3 of ImageType says of a slide's pictures that are not its tiles (PS3.3 C.8.12.4.1.1)."""
_CUTS = frozenset({"CT", "MR", "NM", "PT"})
_CAPTURES_NEED = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "RescaleSlope")


def check_kind(dataset: Dataset) -> None:
    """Raises Refusal `dicomdir`, `non_image_object`, or `missing_attribute` for an image without pixels."""
    sop_class = dataset.text("SOPClassUID")
    if sop_class == _DICOMDIR or 0x00041220 in dataset.elements:
        raise Refusal("dicomdir")
    name = non_image_name(sop_class)
    if name:
        raise Refusal("non_image_object", name)
    if not pixel_keyword(dataset) and dataset.truncation is None:
        if "Rows" in dataset and "PhotometricInterpretation" in dataset:
            raise Refusal("missing_attribute", "PixelData")
        known = _STANDARD_CLASS.fullmatch(sop_class)
        raise Refusal(
            "non_image_object", f"no pixels, SOP class {sop_class if known else 'private or unknown'}"
        )


def check_selected(dataset: Dataset, modalities: Collection[str], include: Collection[str] = ()) -> None:
    """Raises Refusal `modality_not_selected`, `derived_not_selected` or `rule_not_selected`.

    `include` are the words of `ingest.include`: kinds that are read all the same.
    """
    derived = _derived_because(dataset)
    if derived and _is_slide(dataset) and "derived" not in include:
        raise Refusal("derived_not_selected", derived)
    modality = dataset.word("Modality")
    if modality not in modalities:
        named = vocabulary.word("Modality", modality) or "no modality"
        sop_class = dataset.text("SOPClassUID")
        name = SLIDES.get(sop_class) or VIDEOS.get(sop_class)
        raise Refusal("modality_not_selected", f"{named}, {name}" if name else named)
    if derived and "derived" not in include:
        raise Refusal("derived_not_selected", derived)
    if "for_processing" not in include and _for_processing(dataset):
        raise Refusal("rule_not_selected", "FOR PROCESSING")


def check_text(dataset: Dataset) -> None:
    """Raises Refusal `burned_in_text` where the header says that the pixels show text about the patient."""
    if dataset.word("BurnedInAnnotation") == "YES":
        raise Refusal("burned_in_text", "BurnedInAnnotation is YES")
    if _is_slide(dataset) and "LABEL" in dataset.words("ImageType")[2:]:
        raise Refusal("burned_in_text", "the label of a slide")


def lacking_of_capture(dataset: Dataset) -> str:
    """What a Secondary Capture lacks to be a slice of its modality; "" for nothing, or another class."""
    sop_class = dataset.text("SOPClassUID")
    captured = sop_class == SECONDARY_CAPTURE or sop_class.startswith(f"{SECONDARY_CAPTURE}.")
    if not captured or dataset.word("Modality") not in _CUTS:
        return ""
    if dataset.whole("SamplesPerPixel") not in (None, 1):
        return "one sample a pixel"
    if "PerFrameFunctionalGroupsSequence" in dataset or "SharedFunctionalGroupsSequence" in dataset:
        return ""  # what its frames lack is found where they are read
    return next((keyword for keyword in _CAPTURES_NEED if not dataset.raw(keyword).strip(b" \0")), "")


def _derived_because(dataset: Dataset) -> str:
    """What says that it is a picture of a screen, of paper, or of a slide as a whole; "" if nothing does."""
    kinds = dataset.words("ImageType")
    words = {word for value in kinds[1:] for word in value.replace("_", " ").split()}
    if telling := min(words & _CAPTURED_WORDS, default=""):
        return f"ImageType has {telling}"
    if _is_slide(dataset) and (telling := min(_OF_A_SLIDE.intersection(kinds[2:]), default="")):
        return f"ImageType has {telling}"
    lacking = lacking_of_capture(dataset)
    return f"Secondary Capture without {lacking}" if lacking else ""


def _is_slide(dataset: Dataset) -> bool:
    return dataset.text("SOPClassUID") in SLIDES


def _for_processing(dataset: Dataset) -> bool:
    processing = dataset.text("SOPClassUID").startswith(_PROCESSING_PREFIXES)
    return processing or dataset.text("PresentationIntentType") == "FOR PROCESSING"
