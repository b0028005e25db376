"""Where a plane lies: its position and the directions of its rows and columns, as read from one data set."""

from __future__ import annotations

from pipeline.ingest.dicom.dataset import Dataset, optional_numbers
from pipeline.ingest.series.frames import Sextuple, Triple


def position_in(dataset: Dataset | None) -> Triple | None:
    """ImagePositionPatient, LPS mm; None when absent or malformed."""
    values = () if dataset is None else optional_numbers(dataset, "ImagePositionPatient")
    return (values[0], values[1], values[2]) if len(values) == 3 else None


def orientation_in(dataset: Dataset | None) -> Sextuple | None:
    """ImageOrientationPatient: along a row, then along a column; None when absent or malformed."""
    values = () if dataset is None else optional_numbers(dataset, "ImageOrientationPatient")
    if len(values) != 6:
        return None
    return (values[0], values[1], values[2], values[3], values[4], values[5])


def decimals_in(dataset: Dataset | None) -> tuple[int, ...]:
    """How many decimals each coordinate of ImagePositionPatient is written with; () if not plainly so."""
    coordinates = b"" if dataset is None else dataset.raw("ImagePositionPatient").rstrip(b" \0")
    texts = coordinates.replace(b",", b".").split(b"\\")
    if len(texts) != 3 or any(b"e" in text or b"E" in text for text in texts):
        return ()
    return tuple([len(text.strip().partition(b".")[2]) for text in texts])
