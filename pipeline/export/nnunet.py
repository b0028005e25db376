"""Writes the cohort and its masks in nnU-Net's layout, with the same parts, so that both can be compared.

(nnU-Net version 2, `documentation/dataset_format.md` and `manual_data_splits.md`.)
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import Shards
from pipeline.catalogue import Catalogue
from pipeline.catalogue import masks as stored_masks
from pipeline.config import Config
from pipeline.contracts import cohort
from pipeline.errors import DataError, UsageError
from pipeline.export.nifti import nifti_bytes
from pipeline.export.stage import refuse_raw
from pipeline.printed import make
from pipeline.progress import bar
from pipeline.records import ALL_PARTS, EXTERNAL, Case, Mask, Summary
from pipeline.tasks.contract import Outlined
from pipeline.tasks.registry import task_of
from pipeline.workspace import Workspace
from pipeline.writing import write_bytes, write_text

__all__ = ["run"]

_FOLDERS: Final = {"train": "Tr", "validation": "Tr", "test": "Ts", EXTERNAL: "Ts"}
_BACKGROUND: Final = "background"


@dataclass(frozen=True, eq=False)
class _Marked:
    """A case with its part and the masks of all structures that are learned, by name."""

    case: Case
    part: str
    masks: Mapping[str, Mask]


def run(config: Config, workspace: Workspace, out: Path) -> Summary:
    """How many cases of each part were written to the folder `out`, and how many were not and why.

    Raises:
        UsageError: `out` lies inside RAW, there is no cohort yet, or its question is not of voxels.
        DataError: no case has masks of all structures, or structures share voxels.
        DamageError: stored voxels don't match their checksum.
    """
    refuse_raw(workspace.root / config.ingest.raw, out)
    asked = _asked(config, workspace)
    numbers = {name: number for number, name in enumerate(_structures(asked), 1)}
    cases = _cases(workspace)
    marked = [one for one in cases if one.masks.keys() >= numbers.keys() and one.case.geometry.affine]
    if not marked:
        raise DataError(
            f"None of the {len(cases):,} cases of the cohort has masks of {', '.join(numbers)} and a place "
            "in space, so there is nothing to write."
        )
    changed = False
    with bar("export", len(marked), "cases") as progress:
        for one in marked:
            changed |= _write(one, numbers, Shards(workspace.cases), out)
            progress.advance()
    changed |= _write_json(out / "dataset.json", _dataset(asked, numbers, marked))
    changed |= _write_json(out / "splits_final.json", [_split(marked)])
    counts = Counter(one.part for one in marked)
    shown = ", ".join(f"{counts[part]:,} {part}" for part in ALL_PARTS if part != EXTERNAL or counts[part])
    lines = [
        f"Cases in {out} in nnU-Net's layout: {shown}. Copy splits_final.json to its nnUNet_preprocessed."
    ]
    if len(marked) < len(cases):
        lines.append(
            "Not written, for want of a mask of each structure or of a place in space: "
            f"{len(cases) - len(marked)}."
        )
    return Summary(tuple(lines), changed)


def _asked(config: Config, workspace: Workspace) -> Outlined:
    record = cohort.FILE.find(workspace.candidate)
    if record is None:
        raise UsageError(f"There is no cohort of '{workspace.name}' yet. Run `{make('cohort')}` first.")
    target = task_of(config.task).target
    asked = target.outlined(target.question_of(record))
    if not asked.targets:
        raise UsageError(
            f"nnU-Net learns from masks, and `task: {config.task}` doesn't. Leave LAYOUT out: then the cases "
            "are written as NIfTI."
        )
    return asked


def _structures(asked: Outlined) -> list[str]:
    """The declared structures that the targets are made of, in their order."""
    return list(dict.fromkeys(part for parts in asked.targets.values() for part in parts))


def _cases(workspace: Workspace) -> list[_Marked]:
    parts = cohort.parts(workspace.candidate)
    masks: dict[str, dict[str, Mask]] = {}
    with Catalogue(workspace.catalogue) as catalogue:
        for mask in stored_masks.all_of(catalogue):
            masks.setdefault(mask.case_id, {})[mask.structure] = mask
        return [
            _Marked(case, parts[case.case_id], masks.get(case.case_id, {}))
            for case in catalogue.cases()
            if case.case_id in parts
        ]


def _write(one: _Marked, numbers: Mapping[str, int], shards: Shards, out: Path) -> bool:
    """Writes the channels of a case and its label map."""
    case, ending = one.case, _FOLDERS[one.part]
    values = shards.sound(case.case_id, case.stored)
    space = len(case.geometry.spacing)
    channels = [values] if values.ndim == space else [values[..., at] for at in range(values.shape[-1])]
    changed = False
    for number, channel in enumerate(channels):
        path = out / f"images{ending}" / f"{case.case_id}_{number:04d}.nii.gz"
        changed |= write_bytes(path, nifti_bytes(np.ascontiguousarray(channel), case.geometry))
    labels = _labels(one, numbers, shards)
    return changed | write_bytes(
        out / f"labels{ending}" / f"{case.case_id}.nii.gz", nifti_bytes(labels, case.geometry)
    )


def _labels(one: _Marked, numbers: Mapping[str, int], shards: Shards) -> NDArray[Any]:
    """The label map of a case. Raises DataError where two structures have one voxel."""
    case = one.case
    labels = np.zeros(case.stored.shape[: len(case.geometry.spacing)], np.uint8)
    for name, number in numbers.items():
        mark = shards.sound(case.case_id, one.masks[name].stored) != 0
        if shared := int((labels[mark] != 0).sum()):
            raise DataError(
                f"In case {case.case_id}, {shared:,} voxels of '{name}' are another structure's, too: a "
                "label map of nnU-Net has one a voxel. Mend the masks, or export two analyses, one of each."
            )
        labels[mark] = number
    return labels


def _dataset(asked: Outlined, numbers: Mapping[str, int], marked: Sequence[_Marked]) -> dict[str, Any]:
    """What `dataset.json` says; regions are told as the numbers that they hold.

    nnU-Net writes regions over one another in this order, so the large ones come first.
    """
    first = marked[0].case
    values = first.stored.shape[len(first.geometry.spacing) :]
    held = {
        name: [numbers[part] for part in parts]
        for name, parts in sorted(asked.targets.items(), key=lambda target: -len(target[1]))
    }
    regions = not asked.exclusive
    labels = {name: those if len(those) > 1 else those[0] for name, those in held.items()}
    return {
        "name": "cohort",
        "channel_names": {str(number): first.modality for number in range(values[0] if values else 1)},
        "labels": {_BACKGROUND: 0, **labels},
        **({"regions_class_order": _order(list(held.values()))} if regions else {}),
        "numTraining": sum(_FOLDERS[one.part] == "Tr" for one in marked),
        "file_ending": ".nii.gz",
    }


def _order(held: Sequence[Sequence[int]]) -> list[int]:
    """The number that each region leaves in a label map: one that no later region has, if there is one."""
    return [
        next((number for number in those if not any(number in other for other in held[at + 1 :])), those[0])
        for at, those in enumerate(held)
    ]


def _split(marked: Sequence[_Marked]) -> dict[str, list[str]]:
    """The one fold: the cases of the training part, and of the validation part."""
    return {
        ours: [one.case.case_id for one in marked if one.part == part]
        for ours, part in (("train", "train"), ("val", "validation"))
    }


def _write_json(path: Path, value: Any) -> bool:
    return write_text(path, json.dumps(value, indent=1) + "\n")
