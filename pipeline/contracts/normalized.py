"""The model-ready arrays: `normalize.json`, the scans that a recipe refuses, and each array's grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pipeline import printed
from pipeline.contracts.damage import rewritten_by
from pipeline.contracts.objects import Json, ObjectFile, Schema
from pipeline.places import Place
from pipeline.records import Stored

_REMEDY = rewritten_by("normalize")


@dataclass(frozen=True)
class Arrays:
    """The arrays of a recipe: their shape, `(*space, channels)`, and what it took and refused.

    Where they have several, `shape` is None on the axes on which they differ.
    """

    recipe: tuple[Json, ...]
    recipe_id: str
    shape: tuple[int | None, ...]
    dtype: str = ""
    scans: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    output: str = ""


@dataclass(frozen=True)
class Normalized:
    """The candidate's arrays as in `Arrays`, and the champion's where its recipe is another.

    `inputs` is the digest of the scans, `spacing` the median of the training part in mm an axis, None where
    a scan tells none. Where structures are outlined, `structures` names them, and their bits are the arrays
    of the catalogue under `mask_id`, and some voxels of each, as flat indices, those under `voxels_id`.
    """

    recipe: tuple[Json, ...]
    recipe_id: str
    shape: tuple[int | None, ...]
    spacing: tuple[float, ...] | None
    dtype: str = ""
    scans: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    output: str = ""
    champion: Arrays | None = None
    inputs: str = ""
    mask_id: str = ""
    voxels_id: str = ""
    structures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refusal:
    """Why a scan has no array: a code, and a sentence with numbers but no names.

    `scan_digest` is the digest of all that the recipe saw of it; empty where an earlier version wrote it.
    """

    case_id: str
    reason: str
    detail: str
    scan_digest: str = ""


@dataclass(frozen=True)
class Refused:
    """The refusals by recipe."""

    recipes: Mapping[str, tuple[Refusal, ...]]


FILE: Final = ObjectFile("normalize.json", Normalized, Schema("normalize", 1), _REMEDY)
REFUSED: Final = ObjectFile("refused.json", Refused, Schema("refused", 2), _REMEDY)


@dataclass(frozen=True)
class Grid:
    """The spacing of an array in mm an axis, empty where the scan tells none, and its place on the scan."""

    spacing: tuple[float, ...]
    place: Place


@dataclass(frozen=True)
class Grids:
    """The grids of the arrays of a shard, by case_id."""

    arrays: Mapping[str, Grid]


@dataclass(frozen=True)
class MadeOf:
    """The digest of the masks that the bits of each case in a shard were made of, by case_id."""

    masks: Mapping[str, str]


def grids_of(shard: Path) -> ObjectFile[Grids]:
    """The file beside the shard that holds the grids of its arrays."""
    return ObjectFile(f"{shard.stem}.json", Grids, Schema("grids", 2), _remake_advice, _without_places)


def spacing_of(case_id: str, stored: Stored, folder: Path) -> tuple[float, ...]:
    """The spacing of an array in `folder` in mm an axis, empty where none is told. Raises DamageError."""
    return grids_of(Path(stored.shard)).read(folder).arrays[case_id].spacing


def made_of(shard: Path) -> ObjectFile[MadeOf]:
    """The file beside a shard of bits that says of which masks they were made."""
    return ObjectFile(f"{shard.stem}.json", MadeOf, Schema("made_of", 1), _remake_advice)


def _without_places(_: dict[str, Any]) -> dict[str, Any]:
    """Earlier versions told no places: those arrays count as missing, and are made again."""
    return {"arrays": {}}


def _remake_advice(path: Path) -> str:
    return f"Run `{printed.make('clean')}`, then `{printed.make('report')}`: it is made again."
