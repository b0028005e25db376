"""What a network marked in each case: one number a voxel on the case's own grid, bit k for the k-th target.

A file a case, in a folder beside the table of predictions.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from pipeline.contracts.damage import damaged, rewritten_by
from pipeline.writing import atomic

FOLDER: Final = "masks"
CHAMPION_FOLDER: Final = "champion_masks"
"""The same of the champion, beside the candidate's."""

Bits = NDArray[np.unsignedinteger[Any]]

_NAME: Final = "bits"
_REMEDY = rewritten_by("evaluate")


def path(folder: Path, case_id: str) -> Path:
    """The file of a case in a folder of masks."""
    return folder / f"{case_id}.npz"


def write(folder: Path, case_id: str, bits: Bits) -> None:
    """Keeps what was marked in a case. Raises RetryError where it can't be written."""
    folder.mkdir(parents=True, exist_ok=True)
    with atomic(path(folder, case_id)) as temporary:
        np.savez_compressed(temporary, allow_pickle=False, **{_NAME: bits})


def read(folder: Path, case_id: str) -> Bits:
    """What was marked in a case. Raises DamageError."""
    file = path(folder, case_id)
    try:
        with np.load(file, allow_pickle=False) as stored:
            bits: Bits = stored[_NAME]
    except FileNotFoundError:
        raise damaged(file, "it is missing", _REMEDY) from None
    except (OSError, ValueError, KeyError, BadZipFile):
        raise damaged(file, "it is no file of masks", _REMEDY) from None
    return bits


def of_patients(folder: Path, erased: Collection[str]) -> list[Path]:
    """The files of the cases among `erased` in the folder of a candidate or a generation."""
    places = [folder / name for name in (FOLDER, CHAMPION_FOLDER)]
    files = [path(place, case_id) for place in places for case_id in sorted(erased)]
    return [file for file in files if file.is_file()]
