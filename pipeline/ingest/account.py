"""The account of all files: one state and one reason each, counted for people and for the next stage."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

from pipeline.catalogue import Catalogue
from pipeline.config import Ingest
from pipeline.errors import DataError
from pipeline.ingest.changes import Changes
from pipeline.ingest.reasons import NOTES, REASONS
from pipeline.pseudonyms import Key

_STATES = ("accepted", "excluded", "quarantined", "failed")


def account_lines(catalogue: Catalogue, difference: Changes, *, changed: int) -> list[str]:
    """A table of states and reasons with files and sentences, notes, and what changed since the last run."""
    counts = _counts(catalogue)
    files = sum(number for _, _, number in counts)
    cases, patients = catalogue.query("SELECT count(*), count(DISTINCT patient_id) FROM cases")[0]
    lines = [f"{files} files, {cases} cases of {patients} patients."]
    lines += [
        f"  {state:<12} {reason:<30} {number:>8}  {REASONS[reason].sentence}"
        for state, reason, number in counts
    ]
    lines += [f"  {'noted':<12} {note:<30} {number:>8}  {NOTES[note]}" for note, number in _noted(catalogue)]
    if difference.known and (changed or difference.gone):
        lines.append(f"{changed} files were new or changed, {len(difference.gone)} are gone.")
    if difference.again:
        lines.append(f"{len(difference.again)} files that could not be read the last time were tried again.")
    if difference.young:
        lines.append(f"{difference.young} files changed just now and wait for the next run.")
    return lines


def check_usable(catalogue: Catalogue, settings: Ingest, lines: Sequence[str]) -> None:
    """Raises DataError, with the table, when RAW holds no DICOM image or too many that can't be used."""
    images, bad = catalogue.query(
        "SELECT count(*), coalesce(sum(state IN ('failed', 'quarantined')), 0) FROM files WHERE image"
    )[0]
    table = "\n".join(lines)
    if not images:
        raise DataError(
            f"{table}\nThe folder {settings.raw} holds no DICOM image. Put the scans there, "
            "or set `ingest.raw` to where they are."
        )
    if bad > settings.failed_share * images:
        raise DataError(
            f"{table}\n{bad} of {images} images can't be used, more than `ingest.failed_share` "
            f"({settings.failed_share:g}) allows. See `scanloom files --state failed` and "
            "`--state quarantined` for which and what to do."
        )


def stamp(catalogue: Catalogue, key: Key) -> dict[str, Any]:
    """What later stages depend on: digests of the cases and of the account, and the counts."""
    flow: dict[str, dict[str, int]] = {state: {} for state in _STATES}
    for state, reason, number in _counts(catalogue):
        flow[state][reason] = number
    cases = "SELECT * FROM cases ORDER BY case_id"
    identifiers = (
        "SELECT i.kind, i.pseudonym, f.case_id FROM identifiers i JOIN case_files f ON f.token = i.token "
        "ORDER BY f.case_id, i.kind, i.pseudonym"
    )
    return {
        "schema": "ingest/1",
        "key_id": key.key_id,
        "cases": _digest(catalogue, cases),
        "identifiers": _digest(catalogue, identifiers),
        "files": flow,
    }


def _counts(catalogue: Catalogue) -> list[tuple[str, str, int]]:
    rows = catalogue.query("SELECT state, reason, count(*) FROM files GROUP BY state, reason")
    return sorted(rows, key=lambda row: (_STATES.index(row[0]), -row[2], row[1]))


def _noted(catalogue: Catalogue) -> list[tuple[str, int]]:
    """How many accepted files have each note."""
    rows = catalogue.query("SELECT notes, count(*) FROM files WHERE state = 'accepted' GROUP BY notes")
    counts: Counter[str] = Counter()
    for notes, number in rows:
        counts.update(dict.fromkeys(notes.split(), number))
    return sorted(counts.items())


def _digest(catalogue: Catalogue, sql: str) -> str:
    digest = hashlib.sha256()
    for row in catalogue.query(sql):
        digest.update(repr(row).encode())
    return digest.hexdigest()
