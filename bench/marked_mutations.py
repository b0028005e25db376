"""Mutated NIfTI volumes, PNG pictures, DICOM SEG and RT structure sets, as many of each, by sound scans."""

from __future__ import annotations

import io
from pathlib import Path

import nibabel
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.format_mutations import mutated_format
from bench.mutations import mutated, renamed
from pipeline.phantom.files import dicom_bytes, slice_planes
from pipeline.phantom.masks import is_structure_set, mask_files
from pipeline.phantom.plan import FIRST, plan
from pipeline.phantom.scans import MARKED_CHEST, scan_of

PATIENTS = 24
"""Whose scans the mutated SEG and RT structure sets are of: those in one scan contend once they are read."""


def write_marked_files(raw: Path, *, seed: int, count: int) -> None:
    """`count` mutated files of four kinds: every other volume and picture is a mask of a sound one."""
    rng = np.random.default_rng(seed)
    masks = marked_scans(raw, PATIENTS)
    for number in range(count):
        turn, kind = divmod(number, 4)
        if kind >= 2:
            of_kind = masks[kind == 3]
            source = renamed(of_kind[turn % len(of_kind)], number)
            (raw / f"{number:06}.mask").write_bytes(mutated(source, of_kind[0], rng))
        elif turn % 2:
            write_pair(raw / f"formats/{number:06}", rng, as_volumes=kind == 0)
        else:
            data, other = (_file(rng, as_volumes=kind == 0, highest=200) for _ in range(2))
            (raw / "formats").mkdir(exist_ok=True)
            (raw / f"formats/{number:06}.img").write_bytes(mutated_format(data, other, rng))


def write_pair(folder: Path, rng: np.random.Generator, *, as_volumes: bool) -> None:
    """Writes a sound volume or picture and a mutated label map of it, as nnU-Net lays them out."""
    name = "a.nii" if as_volumes else "a.png"
    for place in ("imagesTr", "labelsTr"):
        (folder / place).mkdir(parents=True)
    (folder / "imagesTr" / name).write_bytes(_file(rng, as_volumes=as_volumes, highest=200))
    labels, other = (_file(rng, as_volumes=as_volumes, highest=4) for _ in range(2))
    (folder / "labelsTr" / name).write_bytes(mutated_format(labels, other, rng))


def marked_scans(raw: Path, patients: int) -> tuple[list[bytes], list[bytes]]:
    """Writes the scans of invented patients, and gives masks of them: segmentations, and structure sets."""
    masks: tuple[list[bytes], list[bytes]] = ([], [])
    for visit in plan(1, patients=patients, delivery=FIRST, volumes=True):
        scan = scan_of(visit, MARKED_CHEST)
        for plane in slice_planes(scan):
            path = raw / f"marked/{visit.uid()}-{plane.number}.dcm"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(dicom_bytes(visit, plane))
        masks[is_structure_set(visit)].append(mask_files(visit, MARKED_CHEST, scan, faulty=False)[0][1])
    return masks


def _file(rng: np.random.Generator, *, as_volumes: bool, highest: int) -> bytes:
    if as_volumes:
        return _nifti(rng.integers(0, highest, (9, 8, 7), np.uint8))
    return _png(rng.integers(0, highest, (24, 20), np.uint8))


def _nifti(array: NDArray[np.uint8]) -> bytes:
    data: bytes = nibabel.Nifti1Image(array, np.diag([-1.0, 1.0, 2.0, 1.0])).to_bytes()
    return data


def _png(array: NDArray[np.uint8]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, "PNG")
    return stream.getvalue()
