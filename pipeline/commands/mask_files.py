"""What a model marked in new scans, as files beside the table: NIfTI, and DICOM SEG of DICOM scans.

A NIfTI file has the pseudonym of its case alone. A SEG names patient and images as its scan does, or no
viewer could lay it upon them: it belongs where the scans are kept.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

import pipeline
from pipeline.bits import Bits, of_bit
from pipeline.catalogue import Catalogue
from pipeline.catalogue import cases as stored_cases
from pipeline.config import Config
from pipeline.config.masks import Coded
from pipeline.contracts import model_record, operating
from pipeline.contracts.model_record import ModelRecord
from pipeline.contracts.predicted_masks import CHAMPION_FOLDER
from pipeline.errors import UsageError
from pipeline.export.nifti import placed_bytes
from pipeline.file_grids import onto_grid
from pipeline.ingest.header import stated_formats
from pipeline.ingest.originals import FileGrid, Planes, grid_of, planes_of
from pipeline.ingest.reasons import Refusal
from pipeline.ingest.source.discover import SourcePath
from pipeline.ingest.stage import raw_files
from pipeline.ingest.update import limits_of
from pipeline.page.wording import one_or_many
from pipeline.progress import bar
from pipeline.records import Case
from pipeline.segmentation_objects import (
    ANATOMY,
    Code,
    Form,
    Identity,
    Segment,
    segmentation_bytes,
)
from pipeline.tasks.contract import Outlined
from pipeline.tasks.registry import task_of
from pipeline.workspace import Workspace
from pipeline.writing import write_bytes

__all__ = ["Job", "Seg", "folder_beside", "require_form", "write_all"]

Seg = Literal["binary", "labelmap", "none"]
_FORMS: Final[Mapping[Seg, Form]] = {"binary": "BINARY", "labelmap": "LABELMAP"}
_SERIES_NUMBER: Final = 9000  # a choice, above those that scanners count to
_OURS: Final = "99SCANLOOM"
"""The scheme of codes where the settings give none (PS3.3 8.2: private ones begin with 99)."""
_MOST_LETTERS: Final = 16  # of a code value (SH)
_MOST_LETTERS_OF_TEXT: Final = 64  # of a description (LO)


@dataclass(frozen=True)
class Job:
    """New scans in a workspace of their own, the folder of the model, and the table that is written.

    `ours` are the settings of the analysis, `theirs` those under which the new scans were read.
    """

    ours: Config
    theirs: Config
    scratch: Workspace
    model: Path
    table: Path
    seg: Seg


@dataclass(frozen=True, eq=False)
class Marks:
    """What is marked in one case on its own grid, and the files that the case was read from."""

    case: Case
    bits: Bits
    files: Sequence[SourcePath]


def require_form(seg: Seg, record: ModelRecord) -> None:
    """Nothing, if what the model marks can be written so. Raises UsageError."""
    if seg == "labelmap" and not _asked(record).exclusive:
        raise UsageError(
            "A label map has one structure a voxel, and the targets of this model may overlap. Leave "
            "SEG=labelmap out: a binary segmentation has frames for each of them."
        )


def write_all(case_ids: Sequence[str], job: Job) -> list[str]:
    """Writes the masks of the cases, if the model marks voxels, and says what was written and what not.

    Raises RetryError where they can't be written, DamageError where what is marked is no more as it was kept.
    """
    record = model_record.FILE.read(job.model)
    asked, task = _asked(record), task_of(record.task)
    if not asked.targets:
        return []
    question, fixed = task.target.question_of(record), task.answers.frozen(operating.FILE.find(job.model))
    with Catalogue(job.scratch.catalogue) as catalogue:
        cases = {case.case_id: case for case in catalogue.cases()}
        tokens = stored_cases.files(catalogue)
    files = {file.token: file.source for file in raw_files(job.theirs, job.scratch)}
    kept, segs, unplaced = job.scratch.candidate / CHAMPION_FOLDER, 0, 0
    with bar("masks", len(case_ids), "cases") as progress:
        for case_id in case_ids:
            bits = task.answers.marked(kept, case_id, question=question, fixed=fixed)
            marks = Marks(cases[case_id], bits, [files[token] for token in tokens[case_id]])
            if marks.case.geometry.affine is None:
                unplaced += 1
            else:
                segs += _write(marks, asked, job, model=f"Scanloom {job.scratch.name}")
            progress.advance()
    return _lines(job, asked, masks=len(case_ids) - unplaced, segs=segs, unplaced=unplaced)


def _asked(record: ModelRecord) -> Outlined:
    target = task_of(record.task).target
    return target.outlined(target.question_of(record))


def _lines(job: Job, asked: Outlined, *, masks: int, segs: int, unplaced: int) -> list[str]:
    numbers = ", ".join(f"{number} {name}" for name, number in numbers_of(asked, job.ours).items())
    lines = [f"Masks of {_cases(masks)} in {folder_beside(job.table)}{f': {numbers}' if numbers else ''}."]
    if segs:
        lines.append(
            f"DICOM SEG of {segs:,} of them beside those: they name patients as their scans do, so keep them "
            "where the scans are kept."
        )
    if unplaced:
        lines.append(f"Without a mask, since their scans have no place in space: {_cases(unplaced)}.")
    return lines


def _cases(number: int) -> str:
    return f"{number:,} {one_or_many(number, 'case', 'cases')}"


def folder_beside(table: Path) -> Path:
    """The folder of the masks of a table."""
    return table.with_name(f"{table.stem}_masks")


def _write(marks: Marks, asked: Outlined, job: Job, *, model: str) -> bool:
    """Writes the masks of one case, and says whether a SEG is among them."""
    folder, numbers = folder_beside(job.table), numbers_of(asked, job.ours)
    grid = _grid(marks.files, job.theirs)
    for name, voxels in _named(marks, asked, numbers).items():
        write_bytes(folder / f"{marks.case.case_id}{name}.nii.gz", _nifti(voxels, marks.case, grid))
    planes = None if grid or job.seg == "none" else _planes(marks.files, job.theirs)
    if planes is None:
        return False
    segments = segments_of(asked, job.ours, model)
    data = segmentation_bytes(
        _on_planes(marks, len(segments), planes),
        segments,
        planes.series,
        _identity(planes, asked, model),
        form=_FORMS[job.seg],
    )
    write_bytes(folder / f"{marks.case.case_id}.dcm", data)
    return True


def numbers_of(asked: Outlined, settings: Config) -> dict[str, int]:
    """The number of each target in a label map: that by which masks called it, where all have one such.

    Empty where targets may overlap: each is then a file of its own.
    """
    if not asked.exclusive:
        return {}
    called = settings.ingest.masks.called if settings.ingest.masks else {}
    declared = {name: [one for one in called.get(name, ()) if isinstance(one, int)] for name in asked.targets}
    if all(len(numbers) == 1 for numbers in declared.values()):
        return {name: numbers[0] for name, numbers in declared.items()}
    return {name: at for at, name in enumerate(asked.targets, 1)}


def segments_of(asked: Outlined, settings: Config, model: str) -> list[Segment]:
    """The segments of the targets, coded as the settings say, else in a scheme of our own."""
    codes: Mapping[str, Coded] = settings.ingest.masks.codes if settings.ingest.masks else {}
    return [_segment(name, codes.get(name), model[:_MOST_LETTERS_OF_TEXT]) for name in asked.targets]


def _segment(name: str, coded: Coded | None, model: str) -> Segment:
    if coded is not None:
        return Segment(name, ANATOMY, Code(coded.value, coded.scheme, coded.meaning), model)
    value = name if len(name) <= _MOST_LETTERS else uuid.uuid5(uuid.NAMESPACE_DNS, name).hex[:_MOST_LETTERS]
    return Segment(name, Code("STRUCTURE", _OURS, "Structure"), Code(value, _OURS, name), model)


def _named(marks: Marks, asked: Outlined, numbers: Mapping[str, int]) -> dict[str, NDArray[Any]]:
    """The arrays to write by the end of their files' names: one label map, or a mask for each target."""
    names = list(asked.targets)
    if not numbers:
        return {f"_{name}": of_bit(marks.bits, at).astype(np.uint8) for at, name in enumerate(names)}
    kind = np.uint8 if max(numbers.values()) < 1 << 8 else np.uint16
    labels = np.zeros(marks.bits.shape, kind)
    for at, name in enumerate(names):
        labels[of_bit(marks.bits, at)] = numbers[name]
    return {"": labels}


def _nifti(voxels: NDArray[Any], case: Case, grid: FileGrid | None) -> bytes:
    """The file on the grid of the scan's own, where that is NIfTI, else in the stored orientation."""
    volume, affine = _volume(voxels, case), np.array(case.geometry.affine)
    if grid is None:
        return placed_bytes(np.swapaxes(volume, 0, 2), affine[:, [2, 1, 0, 3]])
    return placed_bytes(onto_grid(volume, affine, grid.affine, grid.shape), grid.affine)


def _volume(voxels: NDArray[Any], case: Case) -> NDArray[Any]:
    """(rows, columns) as (1, rows, columns)."""
    return voxels if len(case.geometry.spacing) == 3 else voxels[np.newaxis]


def _grid(files: Sequence[SourcePath], settings: Config) -> FileGrid | None:
    stated = stated_formats.parse(settings.ingest.formats, settings.refuse).get("nifti")
    if stated is None:
        return None
    try:
        return grid_of(files[0], stated, limits_of(settings.ingest))
    except Refusal:  # gone since it was read: the stored orientation is as true
        return None


def _planes(files: Sequence[SourcePath], settings: Config) -> Planes | None:
    try:
        return planes_of(files, limits_of(settings.ingest))
    except Refusal:
        return None


def _on_planes(marks: Marks, count: int, planes: Planes) -> NDArray[np.bool_]:
    """The masks of all targets on the planes, `(targets, planes, rows, columns)`."""
    volume, affine = _volume(marks.bits, marks.case), np.array(marks.case.geometry.affine)
    shape = (1, *planes.shape)
    bits = np.stack([onto_grid(volume, affine, plane, shape)[0] for plane in planes.affines])
    return np.stack([of_bit(bits, at) for at in range(count)])


def _identity(planes: Planes, asked: Outlined, model: str) -> Identity:
    made = datetime.now()
    words = ("object", "series", "frames")
    instance, series, frames = (_uid(planes.series.uid, model, made.isoformat(), word) for word in words)
    return Identity(
        instance_uid=instance,
        series_uid=series,
        dimensions_uid=frames,
        series_number=_SERIES_NUMBER,
        description=f"{model}: {', '.join(asked.targets)}"[:_MOST_LETTERS_OF_TEXT],
        made=made,
        maker={
            "Manufacturer": "Scanloom",
            "ManufacturerModelName": model[:_MOST_LETTERS_OF_TEXT],
            "DeviceSerialNumber": "1",
            "SoftwareVersions": pipeline.__version__,
        },
    )


def _uid(*words: str) -> str:
    """2.25 and a UUID of the words (PS3.5 B.2)."""
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, '/'.join(words)).int}"
