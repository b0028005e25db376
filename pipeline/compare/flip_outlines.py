"""What both models and the reference mark in a scan, at the slice where the two models are wrong most.

The scan is shown on its own grid, in its own unit and window.
"""

from __future__ import annotations

import zlib
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import Shards
from pipeline.bits import Bits, joined, wrong_along
from pipeline.catalogue import Catalogue, masks
from pipeline.compare.models import Model
from pipeline.contracts import predicted_masks
from pipeline.contracts.predicted_masks import CHAMPION_FOLDER, FOLDER
from pipeline.contracts.scan_pictures import CANDIDATE, CHAMPION, REFERENCE, Outline, ScanPicture
from pipeline.errors import DamageError
from pipeline.pictured import LARGEST_PIXELS
from pipeline.records import Case, Mask
from pipeline.tasks.contract import Outlined
from pipeline.windows import in_grey, window
from pipeline.workspace import Workspace

_NUMBER: Final = np.dtype("<u4")
_VOLUME_AXES: Final = 3


def outlined(
    pictures: Mapping[str, ScanPicture], models: tuple[Model, Model], workspace: Workspace
) -> dict[str, ScanPicture]:
    """The pictures by case_id, with outlines where answers are masks; those that are hidden stay hidden.

    `models` are the champion and the candidate. Raises DamageError when an array can't be read.
    """
    asked = models[0].task.target.outlined(models[0].question)
    if not asked.targets:
        return dict(pictures)
    with Catalogue(workspace.catalogue) as catalogue:
        cases = {case.case_id: case for case in catalogue.cases()}
        marked = masks.all_of(catalogue)
    found = dict(pictures)
    for name, picture in pictures.items():
        if not picture.hidden:
            own = [mask for mask in marked if mask.case_id == name]
            truth = _truth(cases[name], own, asked, workspace.cases)
            said = [
                _said(model, workspace.candidate / folder, name, like=truth)
                for model, folder in zip(models, (CHAMPION_FOLDER, FOLDER), strict=True)
            ]
            found[name] = _drawn(picture, cases[name], (truth, *said), workspace.cases)
    return found


def _truth(case: Case, own: list[Mask], asked: Outlined, native: Path) -> Bits:
    """What the masks of a case mark of each target, `(*space,)` on its own grid."""
    shards, shape = Shards(native), case.stored.shape[: len(case.geometry.spacing)]
    unions = []
    for parts in asked.targets.values():
        union = np.zeros(shape, np.bool_)
        for mask in own:
            if mask.structure in parts:
                union |= shards.sound(case.case_id, mask.stored) != 0
        unions.append(union)
    return joined(unions, shape, len(asked.targets))


def _said(model: Model, kept: Path, case_id: str, *, like: Bits) -> Bits:
    """What a model marks in a case; nothing where it had no answer. Raises DamageError."""
    if not predicted_masks.path(kept, case_id).is_file():
        return np.zeros_like(like)
    bits: Bits = model.task.answers.marked(kept, case_id, question=model.question, fixed=model.table.fixed)
    if bits.shape != like.shape:
        raise DamageError(
            f"What was marked in case {case_id} is of shape {bits.shape}, and the scan of {like.shape}. "
            f"Remove the folder {kept.name}/, evaluate and compare again."
        )
    return bits


def _drawn(picture: ScanPicture, case: Case, marks: tuple[Bits, ...], native: Path) -> ScanPicture:
    """The picture of the slice, with what the reference, the champion and the candidate mark in it."""
    truth, *said = marks
    voxels = Shards(native).sound(case.case_id, case.stored).astype(np.float32)
    grey = voxels.mean(axis=-1) if case.channels > 1 else voxels
    index = slices = None
    planes: list[Bits] = list(marks)
    if truth.ndim == _VOLUME_AXES:
        index, slices = int(np.argmax(wrong_along(0, truth, said))), len(grey)
        grey, planes = grey[index], [one[index] for one in planes]
    black_and_white = window(case, grey)
    factor = -(-max(grey.shape) // LARGEST_PIXELS)
    shown = _reduced(in_grey(grey, black_and_white), factor)
    down, across = case.geometry.spacing[-2:]
    return replace(
        picture,
        rows=shown.shape[0],
        grey=b64encode(shown.tobytes()).decode(),
        window=black_and_white,
        unit=case.value_unit,
        slice=None if index is None else index + 1,
        slices=slices,
        outlines=tuple(
            Outline(who, _packed(plane[factor // 2 :: factor, factor // 2 :: factor], shown.shape))
            for who, plane in zip((REFERENCE, CHAMPION, CANDIDATE), planes, strict=True)
        ),
        tall=down / across,
        mm_across=None if case.geometry.spacing_kind == "pixels" else across * factor,
    )


def _reduced(grey: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """The picture with both sides shorter by a factor; what is left over of a side is cut off."""
    rows, columns = (size // factor for size in grey.shape)
    blocks = grey[: rows * factor, : columns * factor].reshape(rows, factor, columns, factor)
    return np.asarray(np.rint(blocks.mean(axis=(1, 3))), dtype=np.uint8)


def _packed(plane: Bits, shape: tuple[int, ...]) -> str:
    """The bits of a plane, cut to the shape of its picture, as they are handed on."""
    rows, columns = shape
    return b64encode(zlib.compress(plane[:rows, :columns].astype(_NUMBER).tobytes())).decode()
