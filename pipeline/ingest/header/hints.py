"""Words by which a label may be read from a file's path or its free texts, as keyed pseudonyms.

The network never sees them; but where a folder or a description tells the label, so may whatever the images
of that folder share. Which words they are can't be told from what is kept: only which scans have one in
common, and whether it is a word that someone who holds the key asks for.
"""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Iterator

from pipeline.ingest.dicom.dataset import Dataset
from pipeline.ingest.reasons import Refusal
from pipeline.pseudonyms import Key
from pipeline.records import HINT, PLACES

FOLDERS, FILE_NAME = "folders", "file_name"
"""The fields of a path, beside the keywords of free texts."""
_TEXTS = (
    "SeriesDescription", "StudyDescription", "ProtocolName", *PLACES, "AdmittingDiagnosesDescription",
    "DerivationDescription", "PatientComments", "ImageComments", "ReasonForStudy", "StudyComments",
    "RequestedProcedureDescription", "PerformedProcedureStepDescription",
    "CommentsOnThePerformedProcedureStep", "ReasonForTheRequestedProcedure", "RequestedProcedureComments",
    "AdditionalPatientHistory", "MedicalAlerts", "PatientState", "VisitComments", "AcquisitionComments",
    "ScheduledProcedureStepDescription", "InterpretationText", "Impressions", "StudyID", "AccessionNumber",
    "PatientID", "PatientName",
)  # fmt: skip
_PIECES = re.compile(r"[^\W\d_]+|\d+")
_MOST_PIECES, _MOST_DIGITS = 24, 2  # choices: what comes later is a report; longer numbers are somebody's
_MOST_ORDERS = 4  # a choice: an image answers one, seldom two

Hints = tuple[tuple[str, tuple[str, ...]], ...]
"""The pseudonyms of the words of each field."""


def hints_of_texts(dataset: Dataset, key: Key) -> Hints:
    """The words of the free texts of a header, those of the order that it answers among them."""
    texts = {field: dataset.text(field) for field in _TEXTS}
    with contextlib.suppress(Refusal):  # a damaged order is no reason to do without the image
        for item in dataset.items("RequestAttributesSequence")[:_MOST_ORDERS]:
            texts |= {field: f"{texts[field]} {text}" for field in _TEXTS if (text := item.text(field))}
    return tuple((field, words) for field, text in texts.items() if (words := _keyed(text, key)))


def hints_of_path(relative: str, key: Key) -> Hints:
    """The words of a path below RAW, of its folders and of its name; its ending is one of them."""
    folders, _, name = relative.rpartition("/")
    stem, dot, ending = name.rpartition(".") if "." in name[1:] else (name, "", "")
    of_folders = sorted({word for folder in folders.split("/") for word in _keyed(folder, key)})
    found = (
        (FOLDERS, tuple(of_folders)),
        (FILE_NAME, (*_keyed(stem, key), key.pseudonym(HINT, f"{dot}{ending}"))),
    )
    return tuple((field, words) for field, words in found if words)


def _keyed(text: str, key: Key) -> tuple[str, ...]:
    return tuple(sorted({key.pseudonym(HINT, word) for word in words_of(text)}))


def words_of(text: str) -> Iterator[str]:
    """The words of a text, short numbers with the word before them, of the last long one both ends.

    >>> list(words_of("ID_0042_CONTRAST_1_CT")), list(words_of("1"))
    (['id', 'contrast', 'contrast 1', 'ct', '4 digits 00', 'last digit 2'], ['1'])
    """
    before = number = ""
    for piece in _PIECES.findall(unicodedata.normalize("NFKC", text).casefold())[:_MOST_PIECES]:
        if not piece.isdigit():
            yield piece
            before = piece
        elif len(piece) <= _MOST_DIGITS:
            yield f"{before} {piece}".strip()
        else:
            number = piece
    if number:  # whole it is somebody's, or a day's
        yield f"{len(number)} digits {number[:_MOST_DIGITS]}"
        yield f"last digit {number[-1]}"
