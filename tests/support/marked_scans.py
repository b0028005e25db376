"""Scans and masks put into RAW and read, and what is then known of each scan."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dicom_files import write
from ingesting import config, ingested
from refused_masks import STRUCTURES, Files, Marked

from pipeline.catalogue import Catalogue, masks
from pipeline.cohort.masks import marks_of
from pipeline.ingest.stage import raw_files
from pipeline.workspace import Workspace

Told = Mapping[str, tuple[str, ...]]
KNOWN, UNKNOWN, ABSENT = ("1", "1"), ("1", ""), ("1", "0")
"""The cells of lung and nodule."""


def put(raw: Path, *deliveries: Files) -> None:
    for name, data in (pair for files in deliveries for pair in files.items()):
        path = raw / name
        path.unlink(missing_ok=True)
        if isinstance(data, bytes):
            write(path, data)
        elif data is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(data)


def cells(workspace: Workspace, settings: Mapping[str, Any]) -> Told:
    """The cells of the scan of each file."""
    with Catalogue(workspace.catalogue) as catalogue:
        found, refused = masks.all_of(catalogue), masks.refused(catalogue)
        case_of = dict(catalogue.query("SELECT token, case_id FROM case_files"))
    marks = marks_of(found, STRUCTURES, settings["masks"]["may_be_absent"], refused=refused)
    files = raw_files(config(**settings), workspace)
    return {
        one.path: tuple(marks.get(case_of[one.token], {}).values()) for one in files if one.token in case_of
    }


def read(workspace: Workspace, settings: Mapping[str, Any]) -> Told:
    """The cells after an ingest."""
    ingested(workspace, config(**settings))
    return cells(workspace, settings)


def of_scan(told: Told, marked: Marked) -> tuple[str, ...]:
    """The cells of a scan, also one that lies in an archive."""
    scan = next(iter(marked.others))
    return next(one for name, one in told.items() if name == scan or name.endswith(f".zip/{scan}"))


def rows(workspace: Workspace) -> list[list[tuple[Any, ...]]]:
    """What the catalogue says, but for places in shards, times and sizes."""
    asked = (
        "SELECT token, state, reason, detail, notes, series_id, sop_id FROM files ORDER BY 1",
        "SELECT case_id, token FROM case_files ORDER BY 1, 2",
        "SELECT case_id, pixel_digest, names_digest FROM cases ORDER BY 1",
        "SELECT case_id, structure, source, notes, crc32 FROM masks ORDER BY 1, 2",
        "SELECT kind, pseudonym, token FROM identifiers ORDER BY 1, 2, 3",
    )
    with Catalogue(workspace.catalogue) as catalogue:
        return [catalogue.query(sql) for sql in asked]
