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


def marks_of(dataset: Dataset, key: Key) -> Marks | None:
    """The series that most of the images are of that the mask was drawn on, and these images.

    None where it names no series. Raises Refusal where what names them is damaged.
    """
    images: dict[str, set[str]] = {}
    for series, references in _references(dataset):
        if series:
            images.setdefault(series, set()).update(references)
    if not images:
        return None
    series = max(sorted(images), key=lambda one: len(images[one]))
    named = frozenset(key.pseudonym("sop", image) for image in images[series] if image)
    return Marks(key.pseudonym("series", series), named)


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
