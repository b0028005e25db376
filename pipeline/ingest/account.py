"""The account of all files: one state and one reason each, counted for people and for the next stage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pipeline import digests
from pipeline.catalogue import Catalogue, identifiers
from pipeline.catalogue import cases as stored_cases
from pipeline.catalogue import files as stored_files
from pipeline.catalogue import masks as stored_masks
from pipeline.config import Config
from pipeline.contracts.ingested import Ingested
from pipeline.errors import DamageError, DataError
from pipeline.ingest.changes import Changes
from pipeline.ingest.header.owners import OWNER
from pipeline.ingest.next_steps import next_step
from pipeline.ingest.reasons import NOTES, REASONS
from pipeline.printed import Place, make, scanloom

_MANY_STUDIES = 10
"""A patient with that many studies, and more than all others together, may be a dummy ID."""
_STATES = ("accepted", "excluded", "quarantined", "failed")


def account_lines(catalogue: Catalogue, difference: Changes, *, changed: int) -> list[str]:
    """A table of states and reasons with files and sentences, notes, and what changed since the last run."""
    rows = counts(catalogue)
    files = sum(number for _, _, number in rows)
    cases, patients = stored_cases.counted(catalogue)
    lines = [f"{_counted(files, 'file')}, {_counted(cases, 'scan')} of {_counted(patients, 'patient')}"]
    lines += reason_lines(catalogue)
    if masks := stored_masks.counted(catalogue):
        lines.append(
            "masks: " + ", ".join(f"{_counted(number, 'scan')} with {name}" for name, number in masks)
        )
    if refused := stored_masks.refused(catalogue):
        lines.append(
            f"note: {_counted(len(refused), 'scan')} with a mask that was refused: what no other mask marks "
            f"is unknown there, not absent. `{scanloom('files')}` shows which masks, and why."
        )
    lines += [f"  {'noted':<12} {note:<30} {number:>8}  {NOTES[note]}" for note, number in noted(catalogue)]
    if difference.known and (changed or difference.gone):
        counted = f"{_counted(changed, 'new or changed file')}, {len(difference.gone):,} gone"
        lines.append(f"since the last run: {counted}")
    if difference.reassigned:
        counted = _counted(difference.reassigned, "file")
        lines.append(f"read again, since the table of labels gives another patient: {counted}")
    if difference.paired:
        counted = _counted(difference.paired, "file")
        lines.append(f"read again, since a file came that is paired with it by its name: {counted}")
    if failed_before := len(difference.again) - difference.reassigned - difference.paired:
        counted = _counted(failed_before, "file")
        lines.append(f"tried again, since what was in the way last time may be gone: {counted}")
    if difference.young:
        counted = _counted(difference.young, "file")
        lines.append(f"waiting for the next run, since changed just now: {counted}")
    return lines


def reason_lines(catalogue: Catalogue) -> list[str]:
    """A table of states and reasons with files and sentences."""
    return [
        f"  {state:<12} {reason:<30} {number:>8}  {REASONS[reason].sentence}"
        for state, reason, number in counts(catalogue)
    ]


def owner_lines(catalogue: Catalogue, *, by_settings: bool) -> list[str]:
    """Whose the files without PatientID are, and what looks as if it were no patient's ID.

    `by_settings` says that the settings tell it; without them, the layout of BIDS does.
    """
    files, patients = identifiers.counted(catalogue, OWNER)
    lines = []
    if files:
        named = identifiers.accepted_without(catalogue, OWNER)
        whose = f"{_counted(files, 'image')} of {_counted(patients, 'patient')}"
        by = (
            "`ingest.patient_from`"
            if by_settings
            else "the subjects of BIDS, as their folders `sub-…` name them"
        )
        lines.append(f"without PatientID: {whose}, by {by}")
        if named:
            lines.append(
                f"note: {_counted(named, 'image')} in use have a PatientID and keep it; where it is that of "
                "a patient found otherwise, link the two by `cohort.links`"
            )
    return lines + _crowded_patient(catalogue)


def _crowded_patient(catalogue: Catalogue) -> list[str]:
    """What to do where one patient has so many of the studies that it may be several."""
    studies, most = stored_cases.studies_counted(catalogue)
    if most < _MANY_STUDIES or most <= studies / 2:
        return []
    return [
        f"note: {most:,} of {studies:,} studies are of one patient. If its ID is a dummy, name it in "
        "`ingest.dummy_ids` and say by `ingest.patient_from` whose they are; if it is a folder of several "
        "patients, use a pattern there"
    ]


def check_usable(catalogue: Catalogue, config: Config, lines: Sequence[str]) -> None:
    """Raises DataError, with the table, when RAW holds no image, none in use, or too many unusable."""
    settings = config.ingest
    images, bad = stored_files.images_counted(catalogue)
    table = "\n".join(lines)
    if not images:
        other = _unread(catalogue) + _unstated(catalogue)
        raise DataError(
            f"{table}\nThe folder {settings.raw} holds no image that is read. Put the scans there, or set "
            f"`ingest.raw` to where they are.{other}"
        )
    # Files that are no images don't count: a folder of notes is no broken study.
    if bad > settings.failed_share * images:
        raise DataError(
            f"{table}\n{bad:,} of {_counted(images, 'image')} can't be used, more than `ingest.failed_share` "
            f"({settings.failed_share:g}) allows. `{scanloom('files', '--state', 'failed')}` and "
            f"`{scanloom('files', '--state', 'quarantined')}` show which and what to do."
        )
    if bad < images and not stored_cases.counted(catalogue)[0]:
        raise DataError(
            f"{table}\nNone of {_counted(images, 'image')} is used: the settings leave out what could be, "
            f"for the reasons above. Mend them; `{scanloom('files')}` shows which file goes by which."
        )


def _unread(catalogue: Catalogue) -> str:
    """What to do where there are files of formats that are not read; "" where there are none."""
    files = _files_of(catalogue, "format_not_read")
    if not files:
        return ""
    are = "1 file is" if files == 1 else f"{files:,} files are"
    return f" {are} of formats that are not read: `{scanloom('files')}` says what to save them as."


def _files_of(catalogue: Catalogue, reason: str) -> int:
    return sum(number for _, of, number in counts(catalogue) if of == reason)


def _unstated(catalogue: Catalogue) -> str:
    """What to do where there are images of formats that the settings don't state; "" where there are none."""
    files = _files_of(catalogue, "format_not_selected")
    if not files:
        return ""
    return (
        f" Of {_counted(files, 'file')} of other formats (`{scanloom('list', 'formats')}`), state in "
        "`ingest.formats` what they are, as `{nifti: {modality: MR}}`."
    )


def counts(catalogue: Catalogue) -> list[tuple[str, str, int]]:
    """State, reason and number of files of each pair that occurs, used ones first, then by number.

    Raises DamageError where a row holds another word.
    """
    rows = stored_files.counted(catalogue)
    if any(reason not in REASONS or state not in _STATES for state, reason, _ in rows):
        raise DamageError(
            f"Rows of catalogue.sqlite are damaged. Run `{make('clean')}`, then `{make('report')}`."
        )
    return sorted(rows, key=lambda row: (_STATES.index(row[0]), -row[2], row[1]))


def advised(catalogue: Catalogue, place: Place) -> list[tuple[str, str, str, int]]:
    """State, reason, what to do, and the number of files of each such row, in the order of `counts`.

    `place` is where it will be read.
    """
    rows = stored_files.details_counted(catalogue)
    files: Counter[tuple[str, str]] = Counter()
    for reason, detail, number in rows:
        files[reason, next_step(reason, detail, place)] += number
    return [
        (state, reason, step, number)
        for state, reason, _ in counts(catalogue)
        for (own, step), number in files.most_common()
        if own == reason
    ]


def noted(catalogue: Catalogue) -> list[tuple[str, int]]:
    """How many accepted files have each note."""
    rows = stored_files.notes_counted(catalogue)
    files: Counter[str] = Counter()
    for notes, number in rows:
        files.update(dict.fromkeys(notes.split(), number))
    return sorted(files.items())


def contents(catalogue: Catalogue, key_id: str) -> Ingested:
    """What later stages depend on: digests of all cases and of their identifiers, the files by reason."""
    flow: dict[str, dict[str, int]] = {state: {} for state in _STATES}
    for state, reason, number in counts(catalogue):
        flow[state][reason] = number
    cases, identifiers = (digests.of_json(rows) for rows in catalogue.stored_digests())
    return Ingested(key_id, cases, identifiers, flow)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
