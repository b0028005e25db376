"""Words by which a label may be read from a file's path or its free texts, as keyed pseudonyms.

The network never sees them; but where a folder or a description tells the label, so may whatever the images
of that folder share. Which words they are can't be told from what is kept: only which scans have one in
common, and whether it is a word that someone who holds the key asks for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from pipeline.ingest.dicom.dataset import Dataset
from pipeline.pseudonyms import Key
from pipeline.records import HINT, PLACES

FOLDERS, FILE_NAME = "folders", "file_name"
"""The fields of a path, beside the keywords of free texts."""
_TEXTS = (
    "SeriesDescription", "StudyDescription", "ProtocolName", *PLACES, "AdmittingDiagnosesDescription",
    "DerivationDescription", "PatientComments", "ImageComments", "ReasonForStudy", "StudyComments",
    "RequestedProcedureDescription", "PerformedProcedureStepDescription",
    "CommentsOnThePerformedProcedureStep",
)  # fmt: skip
_PIECES = re.compile(r"[^\W\d_]+|\d+")
_MOST_PIECES, _MOST_DIGITS = (
    12,
    2,
)  # choices: longer texts are reports, longer numbers are somebody's or a day's

Hints = tuple[tuple[str, tuple[str, ...]], ...]
"""The pseudonyms of the words of each field."""


def hints_of_texts(dataset: Dataset, key: Key) -> Hints:
    """The words of the free texts of a header."""
    return tuple((field, words) for field in _TEXTS if (words := _keyed(dataset.text(field), key)))


def hints_of_path(relative: str, key: Key) -> Hints:
    """The words of a path below RAW, of its folders and of its name without an ending."""
    folders, _, name = relative.rpartition("/")
    stem = name[: name.rindex(".")] if "." in name[1:] else name
    of_folders = sorted({word for folder in folders.split("/")[-3:] for word in _keyed(folder, key)})
    found = ((FOLDERS, tuple(of_folders)), (FILE_NAME, _keyed(stem, key)))
    return tuple((field, words) for field, words in found if words)


def _keyed(text: str, key: Key) -> tuple[str, ...]:
    return tuple(sorted({key.pseudonym(HINT, word) for word in words_of(text)}))


def words_of(text: str) -> Iterator[str]:
    """The words of a text, short numbers with the word before them.

    >>> list(words_of("ID_0042_CONTRAST_1_CT")), list(words_of("1"))
    (['id', 'contrast', 'contrast 1', 'ct'], ['1'])
    """
    before = ""
    for piece in _PIECES.findall(unicodedata.normalize("NFKC", text).casefold())[:_MOST_PIECES]:
        if not piece.isdigit():
            yield piece
            before = piece
        elif len(piece) <= _MOST_DIGITS:
            yield f"{before} {piece}".strip()
