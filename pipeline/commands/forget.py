"""`scanloom forget`: removes the data of one patient everywhere, and keeps it from coming back."""

from __future__ import annotations

from pipeline import ledger
from pipeline.catalogue import Catalogue
from pipeline.commands.erasure import erase
from pipeline.commands.persons import person_of
from pipeline.config import Config
from pipeline.draws import buried
from pipeline.errors import DataError, UsageError
from pipeline.ingest.keys import ask_key
from pipeline.printed import make
from pipeline.pseudonyms import require_same_key
from pipeline.records import Summary
from pipeline.workspace import Workspace


def run(config: Config, workspace: Workspace, patient: str) -> Summary:
    """What was removed, and which models learned from the patient.

    `patient` is the patient ID as in the scans. Raises DataError when no scan carries it, UsageError when
    it is empty or the key is not the one the scans were read under.
    """
    if not patient.strip():
        raise UsageError(
            f"No patient is named. Give the patient ID as in the scans: `{make('forget', {'ID': '...'})}`."
        )
    if not (workspace.catalogue.is_file() or workspace.ledger("parts").is_file()):
        raise DataError(f"Nothing of '{workspace.name}' was read yet, so there is nobody to forget.")
    key = ask_key(config, workspace)
    with Catalogue(workspace.catalogue) as catalogue:
        require_same_key(key, catalogue.meta("key_id"), what="These scans were read")
        person = person_of(patient, catalogue, buried(ledger.read(workspace.ledger("parts"))), key)
        if not (person.in_catalogue or person.buried):
            raise DataError(
                f"No scan of '{workspace.name}' carries this patient ID. Give it as the scans do, "
                "with leading zeros, and check that CONFIG is the right analysis."
            )
        return erase(catalogue, workspace, [person])
