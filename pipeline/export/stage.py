"""Writes every case of the catalogue into a folder as NIfTI."""

from __future__ import annotations

from pathlib import Path

from pipeline.arrays import Shards
from pipeline.catalogue import Catalogue
from pipeline.catalogue import masks as stored_masks
from pipeline.config import Config
from pipeline.errors import DataError, UsageError
from pipeline.export.nifti import nifti_bytes
from pipeline.printed import make
from pipeline.progress import bar
from pipeline.records import Case, Mask, Stored, Summary
from pipeline.workspace import Workspace
from pipeline.writing import write_bytes

__all__ = ["refuse_raw", "run"]


def run(config: Config, workspace: Workspace, out: Path) -> Summary:
    """How many cases were written, and how many have no place in space and were not.

    Raises:
        UsageError: `out` lies inside RAW, or there is no catalogue yet.
        DataError: no case has a place in space.
        DamageError: stored voxels don't match their checksum.
    """
    refuse_raw(workspace.root / config.ingest.raw, out)
    cases, masks = _stored(workspace)
    placed = [case for case in cases if case.geometry.affine is not None]
    if not placed:
        raise DataError(
            f"None of the {len(cases)} cases says where it lies in space (projections and photographs "
            "don't), so there is nothing to write as NIfTI."
        )
    shards = Shards(workspace.cases)
    changed = 0
    with bar("export", len(placed), "cases") as progress:
        for case in placed:
            changed += write_bytes(out / f"{case.case_id}.nii.gz", _file_of(case, case.stored, shards))
            progress.advance()
        new_masks = sum(
            write_bytes(out / f"{case.case_id}_{mask.structure}.nii.gz", _file_of(case, mask.stored, shards))
            for case in placed
            for mask in masks.get(case.case_id, ())
        )
    lines = _lines(placed, cases, changed, out)
    if masks:
        written = sum(map(len, masks.values()))
        lines += (f"Masks beside them: {written}, of them {new_masks} new or changed.",)
    return Summary(lines, changed=changed + new_masks > 0)


def refuse_raw(raw: Path, out: Path) -> None:
    """Raises UsageError for a folder inside that of the scans."""
    if out.resolve().is_relative_to(raw.resolve()):
        raise UsageError(
            f"OUT={out} lies inside the folder of scans, which is never written to. Name another folder."
        )


def _stored(workspace: Workspace) -> tuple[list[Case], dict[str, list[Mask]]]:
    """The cases, and the masks of those that have some."""
    if not workspace.catalogue.is_file():
        raise UsageError(f"There are no cases of '{workspace.name}' yet. Run `{make('ingest')}` first.")
    with Catalogue(workspace.catalogue) as catalogue:
        masks: dict[str, list[Mask]] = {}
        for mask in stored_masks.all_of(catalogue):
            masks.setdefault(mask.case_id, []).append(mask)
        return catalogue.cases(), masks


def _file_of(case: Case, stored: Stored, shards: Shards) -> bytes:
    return nifti_bytes(shards.sound(case.case_id, stored), case.geometry)


def _lines(placed: list[Case], cases: list[Case], changed: int, out: Path) -> tuple[str, ...]:
    lines = [f"Cases in {out} as NIfTI: {len(placed)}, of them {changed} new or changed."]
    left_out = len(cases) - len(placed)
    if left_out:
        lines.append(f"Not written, since projections and photographs have no place in space: {left_out}.")
    return tuple(lines)
