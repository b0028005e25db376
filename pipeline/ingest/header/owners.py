"""Whose a file is where its header has no PatientID: by study, folder, path or the table of labels.

What stands in the ID's place becomes pseudonyms at once, of a kind of its own: a folder and a PatientID of
the same name are two patients, unless they share a series, which is then refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from pipeline.ingest.reasons import Refusal
from pipeline.ingest.source.layouts import IMAGE_FOLDERS
from pipeline.ingest.source.paired_folders import IMAGES
from pipeline.pseudonyms import Key

KINDS = ("study", "folder", "pattern", "column")
OWNER = "owner"
"""The kind under which a file's identifiers have a patient that its header doesn't name."""
_ORDER = ("sop", "path", "name", "stem", "series", "accession", "study")
"""What a row of a table may name, the most specific first: one file goes before its study."""
_LACKS = "PatientID"


class Owner(NamedTuple):
    """Pseudonyms of the patient, and of the text by which tables and `forget` know the patient."""

    patient_id: str
    word: str


@dataclass(frozen=True)
class Owners:
    """How the patient of a file without PatientID is found; `dummies` are IDs that name nobody.

    `by` is one of KINDS, "" for not at all. `rows` is the file in which the table's answers lie.
    """

    by: str = ""
    pattern: str = ""
    rows: str = ""
    dummies: frozenset[str] = frozenset()

    def named(self, patient: str) -> str:
        """The PatientID, "" if it names nobody."""
        return "" if patient in self.dummies else patient


NOBODY = Owners()
"""A file without PatientID is nobody's."""


def owner_of(
    owners: Owners, relative: str, study: str, *, identifiers: Iterable[tuple[str, str]], key: Key
) -> Owner:
    """The patient of a file without PatientID.

    `relative` is its path below RAW, `study` its StudyInstanceUID, `identifiers` its pseudonyms by kind, the
    most specific first. Raises Refusal `missing_attribute` where it can't be told.
    """
    if owners.by == "column":
        return _by_row(_rows(owners.rows), identifiers)
    texts = {"study": study, "folder": relative.rpartition("/")[0].partition("/")[0]}
    text = _matched(owners.pattern, relative) if owners.by == "pattern" else texts.get(owners.by, "")
    if owners.by == "folder" and (text in IMAGE_FOLDERS or text.lower() in IMAGES):
        raise Refusal("missing_attribute", f"{_LACKS}, and the folder is that of all images of a layout")
    if text:
        return owner(key, owners.by, text)
    lacks = {
        "folder": ", and the file lies in no folder",
        "pattern": ", and the path doesn't fit the pattern",
    }
    raise Refusal("missing_attribute", f"{_LACKS}{lacks.get(owners.by, '')}")


def owner(key: Key, by: str, text: str) -> Owner:
    """The pseudonyms of a patient whom `text` names, found by one of KINDS."""
    return Owner(key.pseudonym(f"patient by {by}", text), key.pseudonym("patient", text))


def ordered(words: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """A file's identifiers, kind and pseudonym, in the order in which rows are sought by them."""
    return sorted((pair for pair in words if pair[0] in _ORDER), key=lambda pair: _ORDER.index(pair[0]))


def answer(rows: Mapping[str, Owner | None], identifiers: Iterable[tuple[str, str]]) -> Owner | None:
    """The owner that rows name by the first kind of identifier that they know, None where they differ."""
    for _, same in groupby(identifiers, key=lambda pair: pair[0]):
        owners = {rows[word] for _, word in same if word in rows}
        if owners:
            return owners.pop() if len(owners) == 1 else None
    return None


def write_rows(path: Path, rows: Mapping[str, Owner | None]) -> None:
    """Writes what a table says of files, by their pseudonyms, for the processes that read them."""
    path.write_text(json.dumps(rows))


def _by_row(rows: Mapping[str, Owner | None], identifiers: Iterable[tuple[str, str]]) -> Owner:
    known = list(identifiers)
    # A row for the very file goes before one for its study: the more specific one was written for a reason.
    owner = answer(rows, known)
    if owner is None:
        named = any(word in rows for _, word in known)
        why = "and its rows name several patients" if named else "and no row names the file"
        raise Refusal("missing_attribute", f"{_LACKS}, {why}")
    return owner


@lru_cache(1)
def _rows(path: str) -> dict[str, Owner | None]:
    if not path:  # no row names anything
        return {}
    stored = json.loads(Path(path).read_text())
    return {word: None if found is None else Owner(*found) for word, found in stored.items()}


def _matched(pattern: str, relative: str) -> str:
    match = re.search(pattern, relative)
    return (match[1] or "") if match else ""
