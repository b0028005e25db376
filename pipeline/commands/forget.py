"""`scanloom forget`: removes a patient's data everywhere, and keeps it from coming back.

First a tombstone goes into the ledger of parts, so that whatever happens next no later run takes the
patient in again. Then voxels are overwritten, rows of every table and of the catalogue go, and so do
reports and pictures that show the patient. A run that was killed is finished by the same command;
running it twice is harmless. Backups are out of reach. The patients of the table `ingest.withdrawn` are
forgotten in the same way before every ingest.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline import ledger, tables
from pipeline.arrays import erase
from pipeline.catalogue import Catalogue
from pipeline.champion import require_whole
from pipeline.champion.generations import DIGESTS, reseal
from pipeline.commands.repair import set_aside
from pipeline.config import Config
from pipeline.contracts import read_object, read_rows
from pipeline.draws import TOMBSTONE
from pipeline.errors import DataError, UsageError
from pipeline.ingest.keys import ask_key, open_key
from pipeline.printed import make
from pipeline.pseudonyms import PHANTOM, Key, require_phantom, require_same_key
from pipeline.records import Summary
from pipeline.workspace import Workspace
from pipeline.writing import write_text

_ID_COLUMN = "patient_id"
_PICTURES = ("insights.json", "insights.npz", "report.html", "report.json", "model_card.md")
_LEARNED_FROM = ("train", "validation")


@dataclass(frozen=True)
class _Person:
    """One patient ID: its keyed word in the label join, and the pseudonyms of the patients who carry it."""

    identifier: str
    patients: tuple[str, ...]
    in_catalogue: bool
    buried: bool


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
        person = _person(catalogue, _graves(workspace), key, patient)
        if not (person.in_catalogue or person.buried):
            raise DataError(
                f"No scan of '{workspace.name}' carries this patient ID. Give it as the scans do, "
                "with leading zeros, and check that CONFIG is the right analysis."
            )
        return _forget(catalogue, workspace, [person])


def run_withdrawn(config: Config, workspace: Workspace) -> Summary:
    """What was removed of the patients in the table `ingest.withdrawn`; nothing where all are gone already.

    An ID that no scan carries (yet) gets a tombstone, too. Raises ConfigError when the table isn't there,
    DataError (file and line) when it can't be used, UsageError when the key is another.
    """
    name = config.ingest.withdrawn
    if name is None:
        return Summary((), changed=False)
    if not (workspace.root / name).is_file():
        raise config.refuse(("ingest", "withdrawn"), f"there is no table '{name}'. Mend the path.")
    line_of = _withdrawn(workspace.root / name)
    if config.ingest.key == PHANTOM:
        require_phantom(workspace.root / config.ingest.raw)
    key, made = open_key(config, workspace)
    lines = [made] if made else []
    with Catalogue(workspace.catalogue) as catalogue:
        require_same_key(key, catalogue.meta("key_id"), what="These scans were read")
        graves = _graves(workspace)
        listed = {_person(catalogue, graves, key, patient): line for patient, line in line_of.items()}
        left = [person for person in listed if person.in_catalogue or not person.buried]
        if left:
            lines += _forget(catalogue, workspace, left).lines
    if unknown := [listed[person] for person in left if not person.in_catalogue]:
        lines.append(
            f"{Path(name).name}, {tables.lines_told(unknown)}: no scan read so far carries such an ID; "
            "scans that do will be left out."
        )
    return Summary(tuple(lines), changed=bool(left))


def _forget(catalogue: Catalogue, workspace: Workspace, persons: Sequence[_Person]) -> Summary:
    require_whole(workspace)
    ledger.catch_up(workspace.ledgers)
    patients = sorted({patient for person in persons for patient in person.patients})
    folders = [workspace.candidate, *sorted(workspace.generations.glob("[0-9]*"))]
    models = [folder.name for folder in folders if _learned(folder, patients)]
    for folder in folders:  # what can't be read is told before anything is removed
        _cleaned_tables(folder, {*patients})
    _bury(workspace, persons)
    workspace.forget_stamps()
    workspace.ingest_page.unlink(missing_ok=True)
    for path in workspace.data.glob(f"{set_aside(workspace.catalogue).name}*"):
        path.unlink()
    cases = _erase_voxels(catalogue, workspace, patients)
    cleaned = [
        folder.name for folder in (*folders, workspace.normalized) if _erase_tables(folder, patients, cases)
    ]
    # Last, for it says which cases are the patient's: a run after a kill needs to know.
    with catalogue.transaction():
        for person in persons:
            catalogue.forget(person.patients, person.identifier)
    catalogue.compact()
    who = "the patient" if len(persons) == 1 else f"{len(persons)} patients"
    return Summary(
        (
            f"Forgot {who}: {len(cases)} cases, their voxels and table rows.",
            f"Cleaned: {', '.join(cleaned) or f'no table held {who}'}.",
            *(f"Retrain needed: {_told(name)} learned from {who}." for name in models),
            "A tombstone keeps these scans out of later runs. Out of reach: backups, exported cases, tables "
            "of predictions written elsewhere, and the scans in RAW, which are yours to delete.",
        )
    )


def _told(folder: str) -> str:
    return f"generation {folder}" if folder.isdigit() else f"the {folder}"


def _withdrawn(path: Path) -> dict[str, int]:
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
        raise DataError(f"{path.name}, {tables.lines_told(empty)}: no patient ID. Fill it in or take it out.")
    return dict(zip(ids, listed.lines, strict=True))


def _graves(workspace: Workspace) -> dict[str, str]:
    """The keyed ID on the tombstone of each patient who has one; "" where it tells none."""
    records = ledger.read(workspace.ledger("parts"))
    return {r["patient_id"]: r.get("identifier", "") for r in records if r["why"] == TOMBSTONE}


def _person(catalogue: Catalogue, graves: Mapping[str, str], key: Key, patient: str) -> _Person:
    """All pseudonyms under which the patient ID is known, also when it was forgotten before.

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
    buried = {patient_id for patient_id, word in graves.items() if word == identifier}
    patients = {row[0] for row in rows} | buried | {key.pseudonym("patient", "", patient)}
    return _Person(identifier, tuple(sorted(patients)), bool(known), bool(buried))


def _bury(workspace: Workspace, persons: Sequence[_Person]) -> None:
    graves = _graves(workspace)
    new = [
        {
            "patient_id": patient,
            "part": None,
            "era": None,
            "why": TOMBSTONE,
            "identifier": person.identifier,
        }
        for person in persons
        for patient in person.patients
        if patient not in graves
    ]
    if new:
        ledger.append(workspace.ledger("parts"), *new)


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
    texts = _cleaned_tables(folder, gone)
    if not texts:
        return False
    reseal(folder, {path.name: text for path, text in texts.items()}, removed=_PICTURES)
    for name in _PICTURES:
        (folder / name).unlink(missing_ok=True)
    for path, text in texts.items():
        write_text(path, text)
    return True


def _cleaned_tables(folder: Path, gone: set[str]) -> dict[Path, str]:
    """What the folder's tables and records that hold the patient will say without. Raises DamageError."""
    return {path: text for path in sorted(folder.glob("*")) if (text := _cleaned(path, gone)) is not None}


def _cleaned(path: Path, gone: set[str]) -> str | None:
    """The table's or JSON file's text without the patient; None where there is nothing to remove."""
    if path.suffix == ".csv":
        rows = _rows(path)
        kept = [row for row in rows if not gone & {row.get("patient_id"), row.get("case_id")}]
        return _table(list(rows[0]), kept) if len(kept) < len(rows) else None
    if path.suffix == ".json" and path.name not in (DIGESTS, *_PICTURES):
        value, text = read_object(path), path.read_text(encoding="utf-8")
        return _without(value, gone) if any(word in text for word in gone) else None
    return None


def _rows(path: Path) -> list[dict[str, str]]:
    return read_rows(path) if path.is_file() else []


def _table(names: list[str], rows: list[dict[str, str]]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def _without(record: object, gone: set[str]) -> str:
    """The JSON without the entries of lists and mappings that name the patient."""

    def strip(value: object) -> object:
        if isinstance(value, dict):
            kept = {key: item for key, item in value.items() if key not in gone and not _says(item, gone)}
            return {key: strip(item) for key, item in kept.items()}
        if isinstance(value, list):
            return [strip(item) for item in value if not _names(item, gone)]
        return value

    return json.dumps(strip(record), sort_keys=True, indent=1, ensure_ascii=False) + "\n"


def _names(item: object, gone: set[str]) -> bool:
    """Whether a list's entry is about the patient: one of its own texts says so."""
    texts = item.values() if isinstance(item, dict) else (item,)
    return any(_says(text, gone) for text in texts)


def _says(text: object, gone: set[str]) -> bool:
    return isinstance(text, str) and any(word in text for word in gone)
