"""Writes a delivery of phantom scans and its rows of the table of labels."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final, Literal

from pipeline.errors import DataError, UsageError
from pipeline.phantom.files import dicom_bytes, scout_plane, slice_planes
from pipeline.phantom.findings import NAMES, cells_of
from pipeline.phantom.mask_trouble import FEWEST_MARKED
from pipeline.phantom.masks import mask_files
from pipeline.phantom.plan import FIRST, LATER, Study, plan, with_more_nodules
from pipeline.phantom.scans import (
    MARKED_CHEST,
    MEASURED_SLICE,
    SEVERAL_FINDINGS,
    SINGLE_SLICE,
    WHOLE_CHEST,
    Protocol,
    Scan,
    diameter_mm,
    scan_of,
    scout_of,
)
from pipeline.phantom.trouble import FEWEST_PATIENTS, NOTE, File, befalls, plant_in_files, plant_in_plan
from pipeline.records import Summary
from pipeline.writing import retry_error, write_text

LABELS: Final = "labels.csv"
COLUMNS: Final = ("patient_id", "study_instance_uid", "finding", "diameter_mm", "site", "sex")
Planted = Literal["usual", "nodules", "findings", "masks"]
_SLICES: Final[Mapping[Planted, Protocol]] = {
    "usual": SINGLE_SLICE, "nodules": MEASURED_SLICE, "findings": SEVERAL_FINDINGS,
}  # fmt: skip


def write(
    out: Path, *, seed: int, patients: int, later: bool, volumes: bool, planted: Planted = "usual"
) -> Summary:
    """Writes a delivery under `out` and says how much of it is there and whether anything changed.

    One axial slice for each study, or with `volumes` a stack of them. Of what is `planted` in single slices,
    "nodules" are in everybody, to be measured, and of "findings" people have several; "masks" gives volumes
    with masks of lungs and nodules beside them. `later` gives the second delivery: other people, a third
    hospital with a third scanner. Rows are added to the table of labels that is there. Files with the right
    bytes are left alone, so that an interrupted run can be repeated and a repeated run changes nothing.

    Raises:
        UsageError: too few patients to plant the faults in.
        DataError: `out` holds files that aren't the phantom's.
        RetryError: the disk is full or the folder can't be written.
    """
    _check_folder(out)
    delivery = LATER if later else FIRST
    masks = planted == "masks"
    studies = plan(seed, patients=patients, delivery=delivery, volumes=volumes or masks)
    if planted == "nodules":
        studies = [replace(study, finding="nodule") for study in studies]
    if masks:
        studies = with_more_nodules(studies)
    protocol = MARKED_CHEST if masks else WHOLE_CHEST if volumes else _SLICES[planted]
    columns = (*COLUMNS, *NAMES) if protocol.several else COLUMNS
    rows = _table(out / LABELS, columns)
    if later:
        files = _files(studies, protocol)
    else:
        _check_room(patients, FEWEST_MARKED if masks else FEWEST_PATIENTS)
        studies = plant_in_plan(studies)
        files = _faulty_files(studies, protocol)
    written = [_put(out / path, data) for path, data in files]
    rows |= {study.uid(): _row(study, protocol) for study in studies if study.labelled}
    changed = write_text(out / LABELS, _csv(rows, columns)) or any(written)
    people = len({study.person.patient_id for study in studies})
    content = f"{len(written):,} files of {people:,} invented patients, {sum(written):,} of them new"
    return Summary((f"{out}: {LABELS} and {content}",), changed)


def _check_folder(out: Path) -> None:
    """Raises DataError when real scans might lie there: invented ones among them could not be told apart."""
    name, note = NOTE
    there = out / name
    if out.is_dir() and any(out.iterdir()) and not (there.is_file() and there.read_bytes() == note):
        raise DataError(f"{out} holds files that the phantom didn't write. Give an empty folder.")


def _check_room(patients: int, fewest: int) -> None:
    if patients < fewest:
        raise UsageError(
            f"A phantom of {patients} patients has no room for its faulty files. Ask for at least {fewest}."
        )


def _files(studies: Sequence[Study], protocol: Protocol) -> Iterator[File]:
    """All files of the studies, none of them faulty, and the note."""
    yield NOTE
    for study in studies:
        scan = scan_of(study, protocol)
        yield from _scan_files(study, scan)
        yield from _mask_files(study, protocol, scan, faulty=False)


def _faulty_files(studies: Sequence[Study], protocol: Protocol) -> Iterator[File]:
    """All files of the studies, with the faults that are planted in them."""
    yield NOTE
    for study in studies:
        scan = scan_of(study, protocol)
        yield from plant_in_files(study, _scan_files(study, scan))
        yield from _mask_files(study, protocol, scan, faulty=True)
        if befalls(study, "localizer"):
            plane = scout_plane(scout_of(study, protocol), couch_mm=scan.couch_mm)
            yield _folder(study) / "SC0001.dcm", dicom_bytes(study, plane)


def _scan_files(study: Study, scan: Scan) -> list[File]:
    folder = _folder(study)
    return [(folder / f"IM{plane.number:04d}.dcm", dicom_bytes(study, plane)) for plane in slice_planes(scan)]


def _mask_files(study: Study, protocol: Protocol, scan: Scan, *, faulty: bool) -> list[File]:
    if not protocol.marked:
        return []
    return [(_folder(study) / name, data) for name, data in mask_files(study, protocol, scan, faulty=faulty)]


def _folder(study: Study) -> PurePosixPath:
    return PurePosixPath(study.site.code, study.person.patient_id, f"{study.day:%Y%m%d}")


def _put(path: Path, data: bytes) -> bool:
    """Whether the file was written; one with the right bytes keeps its time of change."""
    if path.is_file() and path.read_bytes() == data:
        return False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise retry_error(error, path) from error
    return True


def _table(path: Path, columns: Sequence[str]) -> dict[str, dict[str, str]]:
    """The rows that are there, by study."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        if list(reader.fieldnames or ()) != list(columns):
            raise DataError(
                f"{path} has other columns than the phantom's ({', '.join(columns)}), so no rows can be "
                "added. Give an empty folder."
            )
        return {row["study_instance_uid"]: row for row in reader}


def _row(study: Study, protocol: Protocol) -> dict[str, str]:
    person, diameter = study.person, diameter_mm(study, protocol)
    measured = "" if diameter is None else f"{diameter:.1f}"
    values = (person.patient_id, study.uid(), study.finding, measured, study.site.code, person.sex)
    row = dict(zip(COLUMNS, values, strict=True))
    return row | dict(zip(NAMES, cells_of(study), strict=True)) if protocol.several else row


def _csv(rows: Mapping[str, Mapping[str, str]], columns: Sequence[str]) -> str:
    """The table as text, sorted by patient and study, so that the order of deliveries doesn't show."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(sorted(rows.values(), key=lambda row: (row["patient_id"], row["study_instance_uid"])))
    return stream.getvalue()
