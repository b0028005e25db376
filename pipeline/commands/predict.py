"""`scanloom predict`: the champion, else the candidate, on scans without labels.

The scans go through the very stages that the model's own did, in a workspace of their own that is
removed afterwards: the analysis and its ledgers are only read.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipeline import champion, ingest, normalize
from pipeline.catalogue import Catalogue
from pipeline.catalogue import cases as stored_cases
from pipeline.catalogue import files as stored_files
from pipeline.champion.predictions import score
from pipeline.commands import kept_out, mask_files
from pipeline.commands.mask_files import Seg
from pipeline.commands.reading import CANDIDATE, called, require_same_reading, settings_of
from pipeline.config import Config
from pipeline.config.ingest import Formats, Ingest
from pipeline.contracts import cohort as cohorts
from pipeline.contracts import model_record, predictions, targets
from pipeline.contracts.model_record import ModelRecord
from pipeline.errors import DataError, Interrupted, ScanloomError, UsageError
from pipeline.ingest.account import reason_lines
from pipeline.ingest.keys import ask_key
from pipeline.ingest.stage import FORMATS_READ, printable, raw_files
from pipeline.page.wording import one_or_many
from pipeline.printed import make
from pipeline.pseudonyms import PHANTOM_NOTE, key_path, require_same_key
from pipeline.records import Summary
from pipeline.strangers import ABSTAIN
from pipeline.tasks.registry import task_of
from pipeline.workspace import Workspace, expanded
from pipeline.writing import write_csv

if TYPE_CHECKING:
    import pandas as pd

_NAMES: Final = "The column `path` can name patients: keep this table where the scans are kept."


_LEARNED_FROM: Final = ("train", "validation")


@dataclass(frozen=True)
class Wanted:
    """What is written beside the rows: the column `path`, and of what is marked a DICOM SEG of that form.

    `generation` answers in place of the champion, by its number; what `shadow` says (a number, or
    "candidate") goes into a table of its own.
    """

    paths: bool = False
    seg: Seg = "binary"
    generation: str = ""
    shadow: str = ""


@dataclass(frozen=True)
class Asked:
    """A model that is asked about the scans: its folder, its record, and what it is called in sentences."""

    folder: Path
    record: ModelRecord
    who: str


ROWS_ALONE: Final = Wanted(seg="none")


def run(config: Config, workspace: Workspace, *, new: str, out: Path, wanted: Wanted = ROWS_ALONE) -> Summary:
    """Writes one row a case to `out`: `case_id, patient_id, predicted, score_NAME..., status, reason`.

    A file that can't be read or used has a row, too: its token in place of a case, and its reason. What a
    model marks in voxels becomes files in a folder beside the table. Raises UsageError when no folder is
    given, the key is another, or targets that overlap should become a label map, DataError when there is no
    model yet or no usable scan, DamageError when the model is not the one that was written.
    """
    if not new:
        raise UsageError(f"No folder of scans was given. Name it: `{make('predict', {'NEW': 'folder'})}`.")
    champion.require_champion(workspace)
    asked = _asked(workspace, wanted.generation)
    shadow = _folder_of(workspace, wanted.shadow).name if wanted.shadow else ""
    mask_files.require_form(wanted.seg, asked.record)
    _check_key(config, workspace)
    settings, notes = settings_of(config, asked.folder, asked.record.reading)
    with _scratch(workspace) as scratch:
        formats = _formats(config, settings, workspace)
        theirs = _theirs(settings, formats, _raw(new, scratch), asked.record.recipe)
        kept_out.bury(theirs, scratch, workspace)
        lines = (*notes, *_read(theirs, scratch), *kept_out.unknown_owners(config, theirs, scratch))
        cohort = _all_cases(scratch, new, lines)
        _normalize(theirs, scratch, new, lines)
        table = score(scratch, asked.folder, cohort=cohort, abstain=settings.evaluate.abstain)
        table = table.drop(columns=["part", "truth"])
        ok = list(table["case_id"][table["status"] == "ok"])
        job = mask_files.Job(config, theirs, scratch, asked.folder, out, wanted.seg)
        marked = mask_files.write_all(ok, job)
        table = _with_unusable(table, scratch)
        if wanted.paths:
            table.insert(1, "path", _paths(table, theirs, scratch, new))
        write_csv(out, _apart(table, asked.record))
        beside = _write_shadow((workspace, shadow, settings.ingest), job, cohort, new) if shadow else []
    return Summary(
        (
            *lines,
            *beside,
            *_learned_from(table, asked.folder),
            *_summary(table, asked, out),
            *marked,
            *([_NAMES] if wanted.paths else []),
        )
    )


def _asked(workspace: Workspace, number: str) -> Asked:
    """The model that is meant: a generation, "candidate", or without either the champion, else the candidate.

    Raises UsageError when there is no such generation, DataError when there is no model, DamageError when a
    generation isn't what was promoted.
    """
    model = champion.current(workspace)
    if number:
        folder = _folder_of(workspace, number)
        who = called(folder.name)
    else:
        folder = model.folder if model else workspace.candidate
        who = f"champion, generation {model.generation}" if model else "candidate (there is no champion yet)"
    record = model_record.FILE.find(folder)
    if record is None:
        raise DataError(f"There is no model of '{workspace.name}' yet. Run `{make('report')}` first.")
    if folder != workspace.candidate:
        champion.check_generation(workspace, folder.name)
    if not (folder / model_record.MODEL_FILE).is_file() and folder != workspace.candidate:
        raise DataError(f"The model of {who} was pruned. `{make('generations')}` lists those that are left.")
    return Asked(folder, record, who)


def _folder_of(workspace: Workspace, number: str) -> Path:
    """The folder of a generation by its number, or of the "candidate". Raises UsageError without such one."""
    if number == CANDIDATE:
        return workspace.candidate
    return workspace.generations / champion.named_generation(workspace, number)


def _write_shadow(
    of: tuple[Workspace, str, Ingest], job: mask_files.Job, cohort: pd.DataFrame, new: str
) -> list[str]:
    """Writes what the shadow says into a table beside the champion's, which stands whatever becomes of this.

    `of` is the analysis, the shadow by the name of its folder, and how the scans were read. The masks that it
    marks are not written: nobody is to take them for the champion's.
    """
    workspace, name, read = of
    out = job.table.with_name(f"{job.table.stem}-shadow-{name}{job.table.suffix}")
    try:
        shadow = _asked(workspace, name)
        own, notes = settings_of(job.ours, shadow.folder, shadow.record.reading)
        require_same_reading(read, own.ingest)
        theirs = job.theirs.model_copy(update={"normalize": tuple(shadow.record.recipe)})
        _normalize(theirs, job.scratch, new, ())
        table = score(job.scratch, shadow.folder, cohort=cohort, abstain=own.evaluate.abstain)
    except Interrupted:
        raise
    except ScanloomError as error:
        return [f"The shadow ({called(name)}) could not be asked: {error}"]
    table = _with_unusable(table.drop(columns=["part", "truth"]), job.scratch)
    write_csv(out, _apart(table, shadow.record))
    return [f"In the shadow: {line}" for line in (*notes, *_summary(table, shadow, out))]


def _raw(new: str, scratch: Workspace) -> str:
    """The folder of the new scans as seen from anywhere; a single file is copied into one of its own.

    Raises DataError when neither is there.
    """
    if "://" in new:
        return new
    place = expanded(new).resolve()
    if place.is_dir():
        return str(place)
    if not place.is_file():
        raise DataError(f"There is no folder or file {new}. Mend the path in NEW.")
    folder = scratch.root / "new"
    folder.mkdir(parents=True)
    shutil.copy2(place, folder / place.name)
    for above in place.parents:
        if (above / PHANTOM_NOTE).is_file():  # what says so of the folder says so of the copy
            shutil.copy2(above / PHANTOM_NOTE, scratch.root)
    return str(folder)


def _theirs(config: Config, formats: Formats, raw: str, recipe: Sequence[Mapping[str, Any]]) -> Config:
    """The analysis' settings for the new scans, with the model's recipe and its `formats`.

    Where patients were told by table or path, they are told by study now: new scans have no row or place.
    Masks beside them are not read.
    """
    settings = {
        "raw": raw,
        "key": _key(config),
        "failed_share": 1.0,  # one bad file stops nothing here: it has a row of its own
        "patient_from": "study" if config.ingest.patient_from or formats != Formats() else None,
        "formats": formats,
        "masks": None,
    }
    ingest_settings = config.ingest.model_copy(update=settings)
    return config.model_copy(update={"ingest": ingest_settings, "normalize": tuple(recipe)})


def _formats(config: Config, read: Config, workspace: Workspace) -> Formats:
    """What files of other formats than DICOM were read as, also where the layout said it.

    Where the model's settings `read` say something else, that holds.
    """
    if read.ingest.formats != config.ingest.formats:
        return read.ingest.formats
    with Catalogue(workspace.catalogue) as catalogue:
        stored = catalogue.meta(FORMATS_READ)
    return Formats.model_validate_json(stored) if stored else config.ingest.formats


def _read(theirs: Config, scratch: Workspace) -> tuple[str, ...]:
    """What ingest says of the new scans, also where it finds none that it can use."""
    try:
        return ingest.run(theirs, scratch).lines
    except DataError:
        if not scratch.catalogue.is_file():
            raise
        with Catalogue(scratch.catalogue) as catalogue:
            return tuple(reason_lines(catalogue))


def _normalize(theirs: Config, scratch: Workspace, new: str, lines: Sequence[str]) -> None:
    """Raises DataError when the model's recipe takes none of the scans."""
    try:
        normalize.run(theirs, scratch)
    except DataError:  # it tells to change the recipe, which is the model's own
        with Catalogue(scratch.catalogue) as catalogue:
            count = len(catalogue.cases())
        why = f"the model's recipe takes none of {count} scans; they are of another kind than those it knows."
        raise DataError("\n".join([*lines, f"Nothing in {new} can be scored: {why}"])) from None


def _summary(table: pd.DataFrame, asked: Asked, out: Path) -> list[str]:
    ok = table["status"] == "ok"
    counts = task_of(asked.record.task).answers.in_words(list(table["predicted"][ok]))
    lost = int((~ok).sum())
    failed = f" {lost:,} row{'' if lost == 1 else 's'} failed: the column `reason` says why." if lost else ""
    cases = one_or_many(ok.sum(), "case", "cases")
    scored = f"Scored {ok.sum():,} {cases} with the {asked.who}: {counts or 'none'}.{failed} Table: {out}"
    abstained = int((table[ABSTAIN].fillna("") != "").sum())
    if not abstained:
        return [scored]
    unsure = one_or_many(abstained, "case", "cases")
    return [f"Don't decide by the model on {abstained:,} {unsure}: the column `{ABSTAIN}` says why.", scored]


def _learned_from(table: pd.DataFrame, folder: Path) -> list[str]:
    """A line on scans of patients from whom the model in `folder` has learned: of those it says too much."""
    if not cohorts.TABLE.path(folder).is_file():
        return []
    rows = [row for row in cohorts.TABLE.rows(folder) if row["part"] in _LEARNED_FROM]
    cases, persons = {row["case_id"] for row in rows}, {row[cohorts.PERSON] for row in rows}
    known = int((table["case_id"].isin(cases) | table["patient_id"].isin(persons)).sum())
    if not known:
        return []
    return [
        f"note: {known:,} of these scans are of patients from whom the model has learned (training and "
        "validation part): how well it does on them says nothing of others."
    ]


def _apart(table: pd.DataFrame, record: ModelRecord) -> pd.DataFrame:
    """The table with what is predicted of each target in a column of its own, where there are several."""
    target = task_of(record.task).target
    names = target.targets(target.question_of(record))
    return targets.apart(table, predictions.PREDICTED, names) if names else table


def _with_unusable(table: pd.DataFrame, scratch: Workspace) -> pd.DataFrame:
    """The table with a row for each file that could not be read or used, by its token."""
    import pandas as pd

    with Catalogue(scratch.catalogue) as catalogue:
        rows = stored_files.unusable(catalogue)
    lost = [
        {"case_id": token, "status": "failed", "reason": f"{reason} ({detail})" if detail else reason}
        for token, reason, detail in rows
    ]
    if not lost:
        return table
    texts = [name for name in ("patient_id", "predicted") if name in table]
    whole = pd.concat([table, pd.DataFrame(lost)], ignore_index=True)
    return whole.assign(**{name: whole[name].fillna("") for name in texts})


def _paths(table: pd.DataFrame, theirs: Config, scratch: Workspace, new: str) -> list[str]:
    """The path of each row, as seen from where NEW was typed: of its file, or of the folder of its files."""
    is_copy = (scratch.root / "new").is_dir()
    below = new.removesuffix(Path(new).name) if is_copy else f"{new.rstrip('/')}/"
    path_of = {file.token: file.path for file in raw_files(theirs, scratch)}
    with Catalogue(scratch.catalogue) as catalogue:
        tokens = stored_cases.files(catalogue)
    files = {
        case_id: [path_of[token] for token in tokens_of_case] for case_id, tokens_of_case in tokens.items()
    }
    return [below + printable(_common(files.get(name) or [path_of[name]])) for name in table["case_id"]]


def _common(paths: Sequence[str]) -> str:
    """The path of one file, else the folder that holds all."""
    return paths[0] if len(paths) == 1 else os.path.commonpath([path.rpartition("/")[0] for path in paths])


def _check_key(config: Config, workspace: Workspace) -> None:
    """Raises UsageError when the analysis' own scans were read under another key."""
    key = ask_key(config, workspace)
    if workspace.catalogue.is_file():
        with Catalogue(workspace.catalogue) as catalogue:
            require_same_key(key, catalogue.meta("key_id"), what="The scans of this analysis were read")


def _key(config: Config) -> str | None:
    """The key's path as seen from anywhere."""
    return str(key_path(config.ingest.key, config.name)) if config.ingest.key else None


def _all_cases(scratch: Workspace, new: str, lines: Sequence[str]) -> pd.DataFrame:
    """The new scans as a cohort without labels, written where normalize looks for one."""
    import pandas as pd

    with Catalogue(scratch.catalogue) as catalogue:
        rows = [(case.case_id, case.patient_id, "new", "", "") for case in catalogue.cases()]
    if not rows:
        why = kept_out.nothing_left(scratch)
        raise DataError("\n".join([*lines, f"Nothing in {new} can be scored: {why}"]))
    cohort = pd.DataFrame(rows, columns=list(cohorts.TABLE.columns))
    cohorts.TABLE.write(scratch.candidate, cohort)
    return cohort


@contextlib.contextmanager
def _scratch(workspace: Workspace) -> Iterator[Workspace]:
    """A workspace under `data/NAME/predict/PID`, removed at the end; a killed run's is removed here."""
    base = workspace.scratch
    for folder in sorted(base.glob("*")):
        if not _runs(folder.name):
            shutil.rmtree(folder)
    root = base / str(os.getpid())
    try:
        yield Workspace(root, workspace.name)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _runs(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:  # somebody else's process: it is there
        return True
    return True
