"""One person under several patient IDs: IDs that share a study or an accession number.

A study is of one person, so two IDs in it are an ID that was changed or mistyped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from pipeline.cohort.findings import Finding

MOST_IDS: Final = 3
"""An identifier that more patients share is a placeholder, such as an accession number of 0."""


def link_patients(patient_ids: Iterable[str], shared: Iterable[frozenset[str]]) -> dict[str, str]:
    """The person of each patient id: the smallest of all ids that are linked, directly or by others.

    `shared` are sets of patient ids that stand under one study or accession number.
    """
    person = {patient_id: patient_id for patient_id in patient_ids}
    for ids in shared:
        if 1 < len(ids) <= MOST_IDS:
            roots = {_root(person, patient_id) for patient_id in ids}
            person |= dict.fromkeys(roots, min(roots))
    return {patient_id: _root(person, patient_id) for patient_id in person}


def link_findings(person_of: Mapping[str, str], shared: Iterable[frozenset[str]]) -> list[Finding]:
    """The linked ids, and identifiers that were taken for placeholders."""
    linked = sorted(patient_id for patient_id, person in person_of.items() if patient_id != person)
    placeholders = [ids for ids in shared if len(ids) > MOST_IDS]
    findings = []
    if linked:
        detail = (
            "patient IDs that share a study or accession number with another count as that one "
            f"({linked[0]} as {person_of[linked[0]]}, for instance)"
        )
        findings.append(Finding("linked_patients", len(linked), detail))
    if placeholders:
        detail = f"study or accession numbers shared by more than {MOST_IDS} patients were not taken as links"
        findings.append(Finding("placeholder_identifier", len(placeholders), detail))
    return findings


def _root(person: Mapping[str, str], patient_id: str) -> str:
    while person[patient_id] != patient_id:
        patient_id = person[patient_id]
    return patient_id
