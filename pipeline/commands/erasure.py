"""The data of patients, removed everywhere.

First a tombstone goes into the ledger of parts, so that whatever happens next no later run takes the
patients in again. Then voxels are overwritten, rows of every table and of the catalogue go, and so do
reports and pictures that show them. A run that was killed is finished by the same command; running it twice
is harmless. Backups are out of reach.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline import arrays, ledger
from pipeline.catalogue import Catalogue, masks
from pipeline.champion import require_whole
from pipeline.champion.generations import reseal
from pipeline.commands.persons import Person
from pipeline.commands.repair import set_aside
from pipeline.contracts import cohort, handovers, model_record
from pipeline.draws import buried, tombstone
from pipeline.page.wording import one_or_many
from pipeline.records import Summary
from pipeline.workspace import Workspace
from pipeline.writing import write_text

_LEARNED_FROM = ("train", "validation")


def erase(catalogue: Catalogue, workspace: Workspace, persons: Sequence[Person]) -> Summary:
    """What was removed, and which models learned from the persons. Raises DamageError before anything is."""
    require_whole(workspace)
    ledger.catch_up(workspace.ledgers)
    patients = {patient for person in persons for patient in person.patients}
    folders = [workspace.candidate, *sorted(workspace.generations.glob("[0-9]*"))]
    models = [folder.name for folder in folders if _learned(folder, patients)]
    for folder in folders:  # what can't be read is told before anything is removed
        handovers.without(folder, patients)
    _bury(workspace, persons)
    workspace.forget_stamps()
    workspace.ingest_page.unlink(missing_ok=True)
    for path in workspace.data.glob(f"{set_aside(workspace.catalogue).name}*"):
        path.unlink()
    cases = _erase_voxels(catalogue, workspace, patients)
    erased_ids = patients | cases
    cleaned = [folder.name for folder in (*folders, workspace.normalized) if _erase_files(folder, erased_ids)]
    # Last, for it says which cases are the patients': a run after a kill needs to know.
    with catalogue.transaction():
        for person in persons:
            catalogue.forget(person.patients, person.identifier)
    catalogue.compact()
    who = "the patient" if len(persons) == 1 else f"{len(persons)} patients"
    return Summary(
        (
            f"Forgot {who}: {_cases(len(cases))}, their voxels and table rows.",
            f"Cleaned: {', '.join(cleaned) or f'no table held {who}'}.",
            *(f"Retrain needed: {_model_name(name)} learned from {who}." for name in models),
            "A tombstone keeps these scans out of later runs. Out of reach: backups, exported cases, tables "
            "of predictions written elsewhere, and the scans in RAW, which are yours to delete.",
        )
    )


def _cases(number: int) -> str:
    return f"{number:,} {one_or_many(number, 'case', 'cases')}"


def _model_name(folder: str) -> str:
    return f"generation {folder}" if folder.isdigit() else f"the {folder}"


def _learned(folder: Path, patients: set[str]) -> bool:
    """Whether the folder's model saw the patients in training, or its threshold was chosen on them."""
    if not all(file.path(folder).is_file() for file in (model_record.FILE, cohort.TABLE)):
        return False
    rows = cohort.TABLE.rows(folder)
    return any(row[cohort.PERSON] in patients and row["part"] in _LEARNED_FROM for row in rows)


def _bury(workspace: Workspace, persons: Sequence[Person]) -> None:
    graves = buried(ledger.read(workspace.ledger("parts")))
    new = [
        tombstone(patient, person.identifier)
        for person in persons
        for patient in person.patients
        if patient not in graves
    ]
    if new:
        ledger.append(workspace.ledger("parts"), *new)


def _erase_voxels(catalogue: Catalogue, workspace: Workspace, patients: set[str]) -> set[str]:
    """Overwrites the patients' voxels, native, marked and normalized; the ids of their cases."""
    cases = [case for case in catalogue.cases() if case.patient_id in patients]
    for case in cases:
        arrays.erase(workspace.cases, case.stored)
    ids = sorted(case.case_id for case in cases)
    for mask in masks.all_of(catalogue):
        if mask.case_id in ids:
            arrays.erase(workspace.cases, mask.stored)
    for recipe_id in catalogue.recipes():
        stored = catalogue.arrays(recipe_id)
        for case_id in ids:
            if case_id in stored:
                arrays.erase(workspace.normalized, stored[case_id])
    return set(ids)


def _erase_files(folder: Path, erased_ids: set[str]) -> bool:
    """Whether the folder's files held the patients; they don't any more.

    The tables are written last: as long as one holds a patient, a run after a kill does all of it again.
    """
    cleaned = handovers.without(folder, erased_ids)
    if not cleaned:
        return False
    texts = {path: text for path, text in cleaned.items() if text is not None}
    removed = [path for path in cleaned if path not in texts]
    reseal(
        folder,
        {path.name: text for path, text in texts.items()},
        removed=[path.relative_to(folder).as_posix() for path in removed],
    )
    for path in removed:
        path.unlink()
    for path, text in texts.items():
        write_text(path, text)
    return True
