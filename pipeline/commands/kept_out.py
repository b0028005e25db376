"""Whose new scans `predict` leaves out: those who were forgotten, and those whose consent is withdrawn.

Ingest looks for tombstones in the ledger of its workspace. New scans are read in a scratch, whose ledger has
none until they are brought there.
"""

from __future__ import annotations

from pipeline import ledger
from pipeline.catalogue import Catalogue
from pipeline.catalogue import files as stored_files
from pipeline.commands import withdrawn
from pipeline.config import Config
from pipeline.draws import is_tombstone
from pipeline.workspace import Workspace


def bury(theirs: Config, scratch: Workspace, workspace: Workspace) -> None:
    """Makes ingest in `scratch` leave out the scans of whom the analysis in `workspace` forgot.

    One who is in the table `ingest.withdrawn` alone, and so not forgotten before the next ingest, is left out
    as well. Raises what reading ledger and table does.
    """
    graves = [record for record in ledger.read(workspace.ledger("parts")) if is_tombstone(record)]
    if graves:
        ledger.append(scratch.ledger("parts"), *graves)
    if theirs.ingest.withdrawn:
        table = str(workspace.root.resolve() / theirs.ingest.withdrawn)
        listed = theirs.ingest.model_copy(update={"withdrawn": table})
        withdrawn.run(theirs.model_copy(update={"ingest": listed}), scratch)


def unknown_owners(config: Config, theirs: Config, scratch: Workspace) -> list[str]:
    """A line where somebody was forgotten whom new scans without a PatientID can't be told to be of."""
    way = config.ingest.patient_from
    if theirs.ingest.patient_from is None or way == theirs.ingest.patient_from:
        return []
    if not ledger.read(scratch.ledger("parts")):
        return []
    return [
        "note: new scans without a patient ID of their own could be of a patient who was forgotten: in this "
        "analysis table or path tell whose a scan is, which they don't have here."
    ]


def nothing_left(scratch: Workspace) -> str:
    """Why no scan is left, after "Nothing in FOLDER can be scored: "."""
    with Catalogue(scratch.catalogue) as catalogue:
        counted = stored_files.counted(catalogue)
    count = sum(files for _, reason, files in counted if reason == "consent_withdrawn")
    if count:
        one = "file is of a patient who was" if count == 1 else "files are of patients who were"
        return (
            f"{count:,} {one} deleted on request, and nothing else in it is a scan as this model reads them."
        )
    return "none of it is a scan as this model reads them."
