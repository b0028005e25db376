"""Before every ingest: the patients in the table `ingest.withdrawn` are forgotten."""

from __future__ import annotations

import codecs
from pathlib import Path

from pipeline import ledger, tables
from pipeline.catalogue import Catalogue
from pipeline.commands.erasure import erase
from pipeline.commands.persons import person_of
from pipeline.config import Config
from pipeline.draws import buried
from pipeline.errors import DataError
from pipeline.ingest.keys import open_key
from pipeline.pseudonyms import PHANTOM, require_phantom, require_same_key
from pipeline.records import Summary
from pipeline.workspace import Workspace

_ID_COLUMN = "patient_id"


def run(config: Config, workspace: Workspace) -> Summary:
    """What was removed of the patients in the table `ingest.withdrawn`; nothing where all are gone already.

    An ID that no scan carries (yet) gets a tombstone, too. Raises ConfigError when the table isn't there,
    DataError (file and line) when it can't be used, UsageError when the key is another.
    """
    name = config.ingest.withdrawn
    if name is None:
        return Summary((), changed=False)
    if not (workspace.root / name).is_file():
        raise config.refuse(("ingest", "withdrawn"), f"there is no table '{name}'. Mend the path.")
    line_of = _listed(workspace.root / name)
    if config.ingest.key == PHANTOM:
        require_phantom(workspace.root / config.ingest.raw)
    key, note = open_key(config, workspace)
    lines = [note] if note else []
    with Catalogue(workspace.catalogue) as catalogue:
        require_same_key(key, catalogue.meta("key_id"), what="These scans were read")
        graves = buried(ledger.read(workspace.ledger("parts")))
        listed = {person_of(patient, catalogue, graves, key): line for patient, line in line_of.items()}
        remaining = [person for person in listed if person.in_catalogue or not person.buried]
        if remaining:
            lines += erase(catalogue, workspace, remaining).lines
    if unknown := [listed[person] for person in remaining if not person.in_catalogue]:
        lines.append(
            f"{Path(name).name}, {tables.line_numbers(unknown)}: no scan read so far carries such an ID; "
            "scans that do will be left out. Compare these lines with the scans: a spreadsheet drops zeros "
            "in front of an ID, shortens a long one to 1.23E+15, and makes a day of 3-4."
        )
    return Summary(tuple(lines), changed=bool(remaining))


def _listed(path: Path) -> dict[str, int]:
    """The line of each ID in the column `patient_id`, none under a header alone.

    Raises DataError with the table's name and line.
    """
    if path.read_bytes().removeprefix(codecs.BOM_UTF8).split() == [_ID_COLUMN.encode()]:
        return {}
    listed = tables.read(path)
    if _ID_COLUMN not in listed.columns:
        raise DataError(f"{path.name}, line 1: no column '{_ID_COLUMN}'. Write it above the patient IDs.")
    ids = listed.column(_ID_COLUMN)
    empty = [line for patient, line in zip(ids, listed.lines, strict=True) if not patient]
    if empty:
        raise DataError(
            f"{path.name}, {tables.line_numbers(empty)}: no patient ID. Fill it in or take it out."
        )
    return dict(zip(ids, listed.lines, strict=True))
