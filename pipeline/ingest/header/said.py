"""A keyed digest of each element of a header, whatever it is: what goes with a label may stand in any.

Private elements, and those that are read for nothing else, are among them; dates, times of day and ages
aren't. Which value it is can't be told from what is kept: only which scans have the same one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from pipeline.ingest.dicom.dataset import Dataset
from pipeline.ingest.dicom.dictionary import ELEMENTS
from pipeline.pseudonyms import Key
from pipeline.records import ELEMENTS as SAID

_LONGEST = 64  # bytes, a choice: what is longer, and a sequence, is only said to be there
_MOST = 256  # elements, a choice: scanners write up to some two hundred
_REMEMBERED = 8192  # values: most stand in many headers
_PIXELS = 0x7FE00000  # from here on are pixel data and what pads them
_DIGITS = 6  # of a digest: of the values of one element, no more than some thousands, hardly two are alike
_OF_THE_SCAN_ALONE = frozenset(
    ELEMENTS[keyword][0]
    for keyword in (
        "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID",
        "FrameOfReferenceUID", "AccessionNumber", "PatientID", "PatientName", "PatientBirthDate",
        "OtherPatientIDs", "InstanceNumber", "ImagePositionPatient",
    )
) | {0x00201041}  # fmt: skip
"""No two scans share these, or they are asked for word by word; the last is where a slice lies."""
_TIMES_OF_DAY = frozenset((0x00080013, *range(0x00080030, 0x00080036), 0x00100032))
_OF_TIME = frozenset((b"DA", b"DT", b"TM", b"AS"))
_A_DATE = re.compile(rb"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d*(?:\.\d+)?(?:[+-]\d{4})?")
_A_TIME_OR_AGE = re.compile(rb"(?:[01]\d|2[0-3])[0-5]\d[0-5]\d(?:\.\d+)?|\d{3}[DWMY]")


def said_in(dataset: Dataset, syntax: str, *, key: Key) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The field of hints that has the elements of a data set, and its transfer syntax."""
    written = f"{ELEMENTS['TransferSyntaxUID'][0]:08x}{key.content_digest(syntax.encode())[:_DIGITS]}"
    return ((SAID, (written, *sorted(_words(dataset, key)))),)


def _words(dataset: Dataset, key: Key) -> Iterator[str]:
    data, left = dataset.data, _MOST
    for tag, (representation, start, length) in dataset.elements.items():
        if tag in _OF_THE_SCAN_ALONE or tag in _TIMES_OF_DAY or tag >= _PIXELS or not left:
            continue
        value = bytes(data[start : start + length]).strip(b" \0") if length <= _LONGEST else b""
        if not _is_of_time(representation, value):
            left -= 1
            yield _word(key, tag, value)


def _is_of_time(representation: bytes, value: bytes) -> bool:
    """Whether a value is a date, a time of day or an age, of which nothing is kept here, in any form.

    Where no representation is written, a value that looks like one is taken for one (and times of four
    digits are known by their tags).
    """
    if representation in _OF_TIME or _A_DATE.fullmatch(value):
        return True
    return representation in (b"", b"UN") and _A_TIME_OR_AGE.fullmatch(value) is not None


@lru_cache(_REMEMBERED)
def _word(key: Key, tag: int, value: bytes) -> str:
    return f"{tag:08x}{key.content_digest(f'{tag:08x}'.encode() + value)[:_DIGITS]}"
