"""What can be seen of a network: `insights.json`, and its pictures in `insights.npz`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from pipeline.contracts.damage import damaged, rewritten_by
from pipeline.contracts.objects import ObjectFile, Schema
from pipeline.contracts.whole import WholeFile
from pipeline.writing import atomic

_REMEDY = rewritten_by("evaluate")

Pictures = Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True)
class InUnit:
    """A scan's values in its own unit on the network's grid, `([slices,] rows, columns, channels)`.

    `window` is that of the recipe, None where it has none.
    """

    values: NDArray[np.float32]
    unit: str
    window: tuple[float, float] | None = None


@dataclass(frozen=True)
class Shown:
    """A case of the gallery: how it was decided, the score of `target`, and its picture by name.

    `hidden` says why there is no picture; `window` are the values that became black and white, in `unit`,
    which is empty where they are the network's own; `slice` is the slice of a volume of so many `slices`,
    `reduced` the factor by which sides were made smaller, `sides` what of the patient lies at the left and
    the right edge, empty where that isn't known. A pixel of the picture is `mm_across` wide, None where
    nobody knows.
    """

    kind: str
    case_id: str
    patient_id: str
    truth: str
    target: str
    score: float
    hidden: str | None = None
    picture: str | None = None
    window: tuple[float, ...] = ()
    slice: int | None = None
    reduced: int | None = None
    unit: str = ""
    slices: int | None = None
    sides: tuple[str, ...] = ()
    mm_across: float | None = None


@dataclass(frozen=True)
class Checks:
    """Whether the heat means anything, as means over the cases of the gallery."""

    cases: int
    correlation_with_shuffled: float | None = None
    drop_hottest: float | None = None
    drop_elsewhere: float | None = None


@dataclass(frozen=True)
class Gallery:
    """The cases that the model was surest of, and how the heat on them was made."""

    method: str
    layer: str
    items: tuple[Shown, ...]
    checks: Checks


@dataclass(frozen=True)
class Plane:
    """A plane through a case: a part of it as a picture by name, with what the masks mark there.

    Beside the picture NAME stand `NAME_truth` and `NAME_said`, the bits of the structures on the same pixels.
    The view is a square of `side`; the part shown begins at `left` and `top` in it and is `width` by
    `height`, all in millimetres, or in pixels where no spacing is known. `edges` are the letters of the
    patient's sides at left, right, top and bottom, empty where they aren't known; `slice` counts from 1.
    """

    name: str
    picture: str
    slice: int
    slices: int
    side: float
    left: float
    top: float
    width: float
    height: float
    edges: tuple[str, ...] = ("", "", "", "")


@dataclass(frozen=True)
class Outlined:
    """A case whose marked and true structures are shown; `said` tells in words how each agrees.

    `score` is None where there is nothing to agree with; `hidden` says why there is no picture. `window` are
    the values of the scan, in `value_unit`, that became black and white.
    """

    kind: str
    case_id: str
    patient_id: str
    score: float | None
    said: str
    structures: tuple[str, ...]
    hidden: str | None = None
    window: tuple[float, ...] = ()
    value_unit: str = ""
    in_mm: bool = False
    planes: tuple[Plane, ...] = ()


@dataclass(frozen=True)
class Filters:
    """The kernels of a layer, as a picture by name."""

    layer: str
    picture: str


@dataclass(frozen=True)
class Field:
    """How much of the image an output sees, or the reason why that isn't known."""

    picture: str | None = None
    cases: int = 0
    effective_pixels: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class Insights:
    """All that was looked at, from one seed."""

    gallery: Gallery
    filters: Filters
    field: Field
    seed: int = 0
    outlines: tuple[Outlined, ...] = ()


FILE: Final = ObjectFile("insights.json", Insights, Schema("insights", 1), _REMEDY, goes_whole=True)
PICTURES: Final = WholeFile("insights.npz", _REMEDY)


def write(folder: Path, insights: Insights, pictures: Pictures) -> bool:
    """Whether a file changed. The pictures are written first: the record never names what isn't there.

    Raises RetryError when they can't be written.
    """
    path = PICTURES.path(folder)
    before = path.read_bytes() if path.is_file() else b""
    with atomic(path) as temporary:
        np.savez_compressed(temporary, allow_pickle=False, **pictures)
    return FILE.write(folder, insights) or path.read_bytes() != before


def pictures(folder: Path) -> dict[str, NDArray[np.generic]]:
    """The pictures by name, none where the file isn't there. Raises DamageError."""
    path = PICTURES.path(folder)
    if not path.is_file():
        return {}
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in sorted(stored.files)}
    except (OSError, ValueError, EOFError, BadZipFile):
        raise damaged(path, "it is no archive of arrays, or was cut off", _REMEDY) from None
