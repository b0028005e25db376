"""A keyed digest of each element of a header, whatever it is: what goes with a label may stand in any.

Private elements, and those that are read for nothing else, are among them. Which value it is can't be told
from what is kept: only which scans have the same one.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from pipeline.ingest.dicom.dataset import Dataset
from pipeline.ingest.dicom.dictionary import ELEMENTS
from pipeline.pseudonyms import Key
from pipeline.records import ELEMENTS as SAID
from pipeline.records import HOUR, MONTH, WHOLE, YEAR

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
        "OtherPatientIDs", "InstanceNumber", "ImagePositionPatient", "AcquisitionDateTime",
    )
) | {0x00201041}  # fmt: skip
"""No two scans share these, or they are asked for word by word; the last is where a slice lies."""
_SHORTENED = {
    **dict.fromkeys((0x00080012, 0x00080020, 0x00080021, 0x00080022, 0x00080023), ((YEAR, 4), (MONTH, 6))),
    **dict.fromkeys((0x00080013, 0x00080030, 0x00080031, 0x00080032, 0x00080033), ((HOUR, 2),)),
}
"""What is kept of dates and times, by the number of characters: of all of one hardly two scans are alike."""


def said_in(dataset: Dataset, syntax: str, *, key: Key) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The field of hints that has the elements of a data set, and its transfer syntax."""
    digest = key.content_digest(syntax.encode())[:_DIGITS]
    written = f"{ELEMENTS['TransferSyntaxUID'][0]:08x}{WHOLE}{digest}"
    return ((SAID, (written, *sorted(_words(dataset, key)))),)


def _words(dataset: Dataset, key: Key) -> Iterator[str]:
    data, left = dataset.data, _MOST
    for tag, (_, start, length) in dataset.elements.items():
        if tag in _OF_THE_SCAN_ALONE or tag >= _PIXELS or not left:
            continue
        left -= 1
        value = data[start : start + length] if length <= _LONGEST else b""
        yield from _words_of(key, tag, value)


@lru_cache(_REMEMBERED)
def _words_of(key: Key, tag: int, value: bytes) -> tuple[str, ...]:
    kept = _SHORTENED.get(tag, ((WHOLE, _LONGEST),))
    begin = f"{tag:08x}".encode()
    value = value.strip(b" \0")
    digests = ((what, key.content_digest(begin + value[:length])) for what, length in kept)
    return tuple(f"{tag:08x}{what}{digest[:_DIGITS]}" for what, digest in digests)
