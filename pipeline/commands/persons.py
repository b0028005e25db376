"""Who a patient ID is: the pseudonyms under which the catalogue and the ledger of parts know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.catalogue import Catalogue
from pipeline.pseudonyms import Key


@dataclass(frozen=True)
class Person:
    """One patient ID: its keyed word in the label join, and the pseudonyms of the patients who carry it."""

    identifier: str
    patients: tuple[str, ...]
    in_catalogue: bool
    buried: bool


def person_of(patient: str, catalogue: Catalogue, graves: Mapping[str, str], key: Key) -> Person:
    """All pseudonyms under which the patient ID is known, also when it was forgotten before.

    `graves` has the keyed ID of each patient with a tombstone. Scans that never became a case count as well:
    theirs is the pseudonym of an ID without issuer.
    """
    identifier = key.pseudonym("patient", patient)
    dead = {patient_id for patient_id, word in graves.items() if word == identifier}
    patients = catalogue.patients_of(identifier) | dead | {key.pseudonym("patient", "", patient)}
    return Person(identifier, tuple(sorted(patients)), catalogue.knows_patient(identifier), bool(dead))
