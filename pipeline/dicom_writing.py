"""DICOM objects that are made here: from keywords and values to the bytes of a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any

from pydicom.config import disable_value_validation
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.sequence import Sequence

Values = Mapping[str, Any]
"""What an object says, by keyword; the items of a sequence are a list of such values."""


def file_bytes(values: Values, syntax: str, *, writer: tuple[str, str]) -> bytes:
    """The whole file, preamble and meta group included; equal inputs give equal bytes.

    `writer` is the UID and the name of the program that writes.
    """
    with disable_value_validation():  # it warns of a value by quoting it, which may be a patient's
        return _bytes(_dataset(values), syntax, writer)


def _bytes(dataset: Dataset, syntax: str, writer: tuple[str, str]) -> bytes:
    dataset.file_meta = FileMetaDataset()
    meta = {
        "MediaStorageSOPClassUID": dataset.SOPClassUID,
        "MediaStorageSOPInstanceUID": dataset.SOPInstanceUID,
        "TransferSyntaxUID": syntax,
        "ImplementationClassUID": writer[0],
        "ImplementationVersionName": writer[1],
    }
    for keyword, value in meta.items():
        setattr(dataset.file_meta, keyword, value)
    if "PixelData" in dataset:
        dataset["PixelData"].VR = "OW" if dataset.BitsAllocated > 8 else "OB"
    stream = BytesIO()
    dcmwrite(stream, dataset, enforce_file_format=True)
    return stream.getvalue()


def decimals(values: Iterable[float]) -> list[str]:
    """The numbers as Decimal Strings."""
    return [decimal(value) for value in values]


def decimal(value: float) -> str:
    """The number as a Decimal String of at most 16 characters (PS3.5 6.2), as exactly as they allow.

    >>> decimal(-0.1234567890123456), decimal(2.5), decimal(-0.0)
    ('-0.1234567890123', '2.5', '0')
    """
    rounded = (f"{value + 0.0:.{digits}g}" for digits in range(15, 0, -1))
    return next(shown for shown in rounded if len(shown) <= 16)


def _dataset(values: Values) -> Dataset:
    dataset = Dataset()
    for keyword, value in values.items():
        is_sequence = isinstance(value, list) and value and isinstance(value[0], Mapping)
        setattr(dataset, keyword, Sequence(map(_dataset, value)) if is_sequence else value)
    return dataset
