"""`scanloom forget`: removes a patient's data everywhere, and keeps it from coming back.

First a tombstone goes into the ledger of parts, so that whatever happens next no later run takes the
patient in again. Then voxels are overwritten, rows of every table and of the catalogue go, and so do
reports and pictures that show the patient. A run that was killed is finished by the same command;
running it twice is harmless. Backups are out of reach.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path

from pipeline import ledger
from pipeline.arrays import erase
from pipeline.catalogue import Catalogue
from pipeline.champion.generations import DIGESTS, reseal
from pipeline.config import Config
from pipeline.errors import DataError
from pipeline.pseudonyms import Key, load_key, require_same_key
from pipeline.records import Summary
from pipeline.workspace import Workspace, write_text

TOMBSTONE = "tombstone"
_PICTURES = ("insights.json", "insights.npz", "report.html", "report.json", "model_card.md")
_LEARNED_FROM = ("train", "validation")


def run(config: Config, workspace: Workspace, patient: str) -> Summary:
    """What was removed, and which models learned from the patient.

    `patient` is the patient ID as in the scans. Raises DataError when no scan carries it, UsageError when
    the key is not the one the scans were read under.
    """
    key, _ = load_key(config.ingest.key, workspace.name, workspace.root)
    identifier = key.pseudonym("patient", patient)
    folders = [workspace.candidate, *sorted(workspace.generations.glob("[0-9]*"))]
    with Catalogue(workspace.catalogue) as catalogue:
        require_same_key(key, catalogue.meta("key_id"), what="These scans were read")
        patients = _patients(catalogue, workspace, key, patient)
        models = [folder.name for folder in folders if _learned(folder, patients)]
        _bury(workspace, patients, identifier)
        cases = _erase_voxels(catalogue, workspace, patients)
        cleaned = [
            folder.name
            for folder in (*folders, workspace.normalized)
            if _erase_tables(folder, patients, cases)
        ]
        # Last, for it says which cases are the patient's: a run after a kill needs to know.
        with catalogue.transaction():
            catalogue.forget(patients, identifier)
        catalogue.compact()
    _make_all_again(workspace)
    return Summary(
        (
            f"Forgot the patient: {len(cases)} cases, their voxels and table rows.",
            f"Cleaned: {', '.join(cleaned) or 'no table held the patient'}.",
            *(f"Retrain needed: {_told(name)} learned from this patient." for name in models),
            "A tombstone keeps these scans out of later runs. Out of reach: backups, exported cases, tables "
            "of predictions written elsewhere, and the scans in RAW, which are yours to delete.",
        )
    )


def _make_all_again(workspace: Workspace) -> None:
    """Takes back the stamps and the page on the ingest: what was made with the patient is made anew by the
    next `make report`."""
    workspace.ingest_page.unlink(missing_ok=True)
    for path in sorted(workspace.stamp("ingest").parent.glob("*")):
        path.unlink()


def _told(folder: str) -> str:
    return f"generation {folder}" if folder.isdigit() else f"the {folder}"


def _patients(catalogue: Catalogue, workspace: Workspace, key: Key, patient: str) -> list[str]:
    """The pseudonyms under which the patient ID is known, also when it was forgotten before.

    Scans that never became a case count as well: theirs is the pseudonym of an ID without issuer.
    """
    identifier = key.pseudonym("patient", patient)
    known = catalogue.query(
        "SELECT 1 FROM identifiers WHERE kind = 'patient' AND pseudonym = ? LIMIT 1", (identifier,)
    )
    rows = catalogue.query(
        "SELECT DISTINCT c.patient_id FROM identifiers i JOIN case_files f ON f.token = i.token "
        "JOIN cases c ON c.case_id = f.case_id WHERE i.kind = 'patient' AND i.pseudonym = ?",
        (identifier,),
    )
    buried = [
        record["patient_id"]
        for record in ledger.read(workspace.ledger("parts"))
        if record["why"] == TOMBSTONE and record.get("identifier") == identifier
    ]
    if not known and not buried:
        raise DataError(
            f"No scan of '{workspace.name}' carries this patient ID. Give it as the scans do, "
            "with leading zeros, and check that CONFIG is the right analysis."
        )
    return sorted({row[0] for row in rows} | set(buried) | {key.pseudonym("patient", "", patient)})


def _bury(workspace: Workspace, patients: Iterable[str], identifier: str) -> None:
    path = workspace.ledger("parts")
    buried = {record["patient_id"] for record in ledger.read(path) if record["why"] == TOMBSTONE}
    new = [
        {"patient_id": patient, "part": None, "era": None, "why": TOMBSTONE, "identifier": identifier}
        for patient in patients
        if patient not in buried
    ]
    if new:
        ledger.append(path, *new)


def _erase_voxels(catalogue: Catalogue, workspace: Workspace, patients: list[str]) -> list[str]:
    """Overwrites the patients' voxels, native and normalized; the ids of their cases."""
    cases = [case for case in catalogue.cases() if case.patient_id in patients]
    for case in cases:
        erase(workspace.cases, case.stored)
    ids = sorted(case.case_id for case in cases)
    for (recipe_id,) in catalogue.query("SELECT DISTINCT recipe_id FROM arrays ORDER BY recipe_id"):
        stored = catalogue.arrays(recipe_id)
        for case_id in ids:
            if case_id in stored:
                erase(workspace.normalized, stored[case_id])
    return ids


def _learned(folder: Path, patients: list[str]) -> bool:
    """Whether the folder's model saw the patients in training, or its threshold was chosen on them."""
    rows = _rows(folder / "cohort.csv") if (folder / "model.json").is_file() else []
    return any(row["patient_id"] in patients and row["part"] in _LEARNED_FROM for row in rows)


def _erase_tables(folder: Path, patients: list[str], cases: list[str]) -> bool:
    """Whether the folder's tables and records held the patient; they don't any more.

    The tables are written last: as long as one holds the patient, a run after a kill does all of it again.
    """
    gone = {*patients, *cases}
    texts = {path: text for path in sorted(folder.glob("*")) if (text := _cleaned(path, gone)) is not None}
    if not texts:
        return False
    reseal(folder, {path.name: text for path, text in texts.items()}, removed=_PICTURES)
    for name in _PICTURES:
        (folder / name).unlink(missing_ok=True)
    for path, text in texts.items():
        write_text(path, text)
    return True


def _cleaned(path: Path, gone: set[str]) -> str | None:
    """The table's or JSON file's text without the patient; None where there is nothing to remove."""
    if path.suffix == ".csv":
        rows = _rows(path)
        kept = [row for row in rows if not gone & {row.get("patient_id"), row.get("case_id")}]
        return _table(list(rows[0]), kept) if len(kept) < len(rows) else None
    if path.suffix == ".json" and path.name not in (DIGESTS, *_PICTURES):
        text = path.read_text()
        return _without(text, gone) if any(word in text for word in gone) else None
    return None


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def _table(names: list[str], rows: list[dict[str, str]]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def _without(text: str, gone: set[str]) -> str:
    """The JSON without the entries of lists and mappings that name the patient."""

    def strip(value: object) -> object:
        if isinstance(value, dict):
            kept = {key: item for key, item in value.items() if key not in gone and not _says(item, gone)}
            return {key: strip(item) for key, item in kept.items()}
        if isinstance(value, list):
            return [strip(item) for item in value if not _names(item, gone)]
        return value

    return json.dumps(strip(json.loads(text)), sort_keys=True, indent=1, ensure_ascii=False) + "\n"


def _names(item: object, gone: set[str]) -> bool:
    """Whether a list's entry is about the patient: one of its own texts says so."""
    texts = item.values() if isinstance(item, dict) else (item,)
    return any(_says(text, gone) for text in texts)


def _says(text: object, gone: set[str]) -> bool:
    return isinstance(text, str) and any(word in text for word in gone)
