"""One person under several patient IDs: IDs that share a study or an accession number, or that a table links.

A study is of one person, so two IDs in it are an ID that was changed or mistyped.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pipeline.contracts.cohort import Notice
from pipeline.errors import DataError
from pipeline.tables import Table, line_numbers

MOST_IDS: Final = 3
"""An identifier that more patients share is a placeholder, such as an accession number of 0.

A choice: one person may well have the ID of an old system, of a new one and of a guest.
"""


@dataclass(frozen=True)
class Links:
    """Sets of patient ids that a table says are one person, and its lines with an ID that nobody has."""

    linked: tuple[frozenset[str], ...] = ()
    unknown: tuple[int, ...] = ()

    def notices(self) -> list[Notice]:
        """The lines that link nobody, by number: the IDs in them stay untold."""
        if not self.unknown:
            return []
        detail = f"links with a patient ID that no scan has: {line_numbers(self.unknown)}"
        return [Notice("link_without_scan", len(self.unknown), detail)]


def read_links(table: Table, name: str, *, patients_of: Callable[[str], Collection[str]]) -> Links:
    """The links of a table with two columns of patient IDs, under a header of any words.

    `patients_of` has the patient ids (pseudonyms) that an ID stands for; an ID that two issuers gave
    stands for both.

    Raises:
        DataError: not two columns, an empty value, or no header; with file and line.
    """
    if len(table.columns) != 2:
        raise DataError(f"{name}, line 1: {len(table.columns)} columns. A link is two patient IDs.")
    if any(patients_of(column) for column in table.columns):
        raise DataError(f"{name}, line 1: a patient ID in place of a header. Put one above the links.")
    rows = [
        ([patients_of(value) for value in row], line)
        for row, line in zip(table.rows, table.lines, strict=True)
    ]
    empty = [line for row, line in zip(table.rows, table.lines, strict=True) if not all(row)]
    if empty:
        raise DataError(
            f"{name}, {line_numbers(empty)}: a link needs two patient IDs. Fill in the other one."
        )
    return Links(
        tuple(frozenset().union(*patients) for patients, _ in rows if all(patients)),
        tuple(line for patients, line in rows if not all(patients)),
    )


def link_patients(
    patient_ids: Iterable[str], shared: Iterable[frozenset[str]], linked: Collection[frozenset[str]] = ()
) -> dict[str, str]:
    """The person of each patient id: the smallest of all ids that are linked, directly or by others.

    `shared` are sets of patient ids that stand under one study or accession number; `linked` are sets
    that are one person for certain.
    """
    person = {patient_id: patient_id for patient_id in itertools.chain(patient_ids, *linked)}
    for ids in (*(ids for ids in shared if len(ids) <= MOST_IDS), *linked):
        roots = {_root(person, patient_id) for patient_id in ids}
        person |= dict.fromkeys(roots, min(roots))
    return {patient_id: _root(person, patient_id) for patient_id in person}


def link_notices(
    person_of: Mapping[str, str], shared: Mapping[frozenset[str], Collection[str]]
) -> list[Notice]:
    """The linked ids, by what they share, and identifiers that were taken for placeholders."""
    linked = sorted(patient_id for patient_id, person in person_of.items() if patient_id != person)
    placeholders = [ids for ids in shared if len(ids) > MOST_IDS]
    notices = []
    if linked:
        counts = Counter(word for ids, words in shared.items() if len(ids) <= MOST_IDS for word in words)
        by = "; ".join(f"{word}: {count:,}" for word, count in sorted(counts.items()))
        detail = (
            "patient IDs that share something with another, or are linked to it, count as that one "
            f"({linked[0]} as {person_of[linked[0]]}, for instance{'; ' + by if by else ''})"
        )
        notices.append(Notice("linked_patients", len(linked), detail))
    if placeholders:
        detail = (
            "study or accession numbers, frames of reference, names with a birth date, or other IDs that "
            f"more than {MOST_IDS} patients share were not taken as links"
        )
        notices.append(Notice("placeholder_identifier", len(placeholders), detail))
    return notices


def _root(person: Mapping[str, str], patient_id: str) -> str:
    while person[patient_id] != patient_id:
        patient_id = person[patient_id]
    return patient_id
