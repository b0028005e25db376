"""What a mask was drawn on: the series and the images that a SEG or an RT structure set refers to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pipeline.ingest.dicom.dataset import Dataset
from pipeline.ingest.dicom.sop_classes import LABEL_MAP, SEGMENTATION, STRUCTURE_SET
from pipeline.ingest.header.header import Marks
from pipeline.pseudonyms import Key

CLASSES: Final = frozenset({SEGMENTATION, LABEL_MAP, STRUCTURE_SET})
"""The storage classes of objects that mark structures."""
_SEVERAL: Final = 2


def marks_of(dataset: Dataset, key: Key) -> Marks | None:
    """The series that the mask was drawn on, and the images of it that it names.

    Of several series that is the one with most of the images that its frames or contours name, else the one
    with most images. None where it names no series. Raises Refusal where what names them is damaged.
    """
    images = _images_of_series(dataset)
    if not images:
        return None
    drawn = _drawn_on(dataset) if len(images) > 1 else set()
    series = max(sorted(images), key=lambda one: (len(images[one] & drawn), len(images[one])))
    named = frozenset(key.pseudonym("sop", image) for image in images[series] if image)
    return Marks(key.pseudonym("series", series), named)


def may_be_of_another(dataset: Dataset) -> bool:
    """Whether a mask names several series, and not as drawn on one of them alone. Raises as `marks_of`."""
    images = _images_of_series(dataset)
    if len(images) < _SEVERAL:
        return False
    drawn = _drawn_on(dataset)
    return sum(not drawn.isdisjoint(named) for named in images.values()) != 1


def _images_of_series(dataset: Dataset) -> dict[str, set[str]]:
    """The images of each series that the mask names."""
    images: dict[str, set[str]] = {}
    for series, references in _references(dataset):
        if series:
            images.setdefault(series, set()).update(references)
    return images


def _drawn_on(dataset: Dataset) -> set[str]:
    """The images that the frames of a SEG, or the contours of a structure set, say that they are of."""
    groups = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
    frames = [frame for sequence in groups for frame in dataset.items(sequence)]
    derivations = [one for frame in frames for one in frame.items("DerivationImageSequence")]
    drawings = [
        region for roi in dataset.items("ROIContourSequence") for region in roi.items("ContourSequence")
    ]
    return {image for one in derivations for image in _images(one, "SourceImageSequence")} | {
        image for one in drawings for image in _images(one, "ContourImageSequence")
    }


def _references(dataset: Dataset) -> Iterator[tuple[str, list[str]]]:
    """Each series that is named, and the images of it (PS3.3 C.12.4, C.8.8.5)."""
    for item in dataset.items("ReferencedSeriesSequence"):
        yield item.text("SeriesInstanceUID"), _images(item, "ReferencedInstanceSequence")
    for frame in dataset.items("ReferencedFrameOfReferenceSequence"):
        for study in frame.items("RTReferencedStudySequence"):
            for item in study.items("RTReferencedSeriesSequence"):
                yield item.text("SeriesInstanceUID"), _images(item, "ContourImageSequence")


def _images(item: Dataset, sequence: str) -> list[str]:
    return [image.text("ReferencedSOPInstanceUID") for image in item.items(sequence)]
