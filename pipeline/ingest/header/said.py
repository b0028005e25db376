"""A keyed digest of each element of a header, whatever it is: what goes with a label may stand in any.

Private elements, and those that are read for nothing else, are among them. Which value it is can't be told
from what is kept: only which scans have the same one.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.ingest.dicom.dataset import Dataset
from pipeline.ingest.dicom.dictionary import ELEMENTS
from pipeline.ingest.dicom.encoding import UNDEFINED
from pipeline.pseudonyms import Key
from pipeline.records import ELEMENTS as SAID
from pipeline.records import HOUR, MONTH, WHOLE, YEAR

_LONGEST = 64  # bytes, a choice: what is longer, and a sequence, is only said to be there
_MOST = 256  # elements, a choice: scanners write up to some two hundred
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
    asked = (tag for tag in dataset.elements if tag not in _OF_THE_SCAN_ALONE and tag < 0x7FE00000)
    for tag, _ in zip(asked, range(_MOST), strict=False):
        length = dataset.elements[tag][2]
        value = b"" if length == UNDEFINED or length > _LONGEST else dataset.value_of(tag) or b""
        value = value.strip(b" \0")
        for kept, length in _SHORTENED.get(tag, ((WHOLE, _LONGEST),)):
            yield f"{tag:08x}{kept}{key.content_digest(tag.to_bytes(4) + value[:length])[:_DIGITS]}"
