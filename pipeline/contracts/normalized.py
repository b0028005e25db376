"""The model-ready arrays: `normalize.json`, the scans that a recipe refuses, and each array's spacing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pipeline import printed
from pipeline.contracts.damage import rewritten_by
from pipeline.contracts.objects import Json, ObjectFile, Schema

_REMEDY = rewritten_by("normalize")


@dataclass(frozen=True)
class Arrays:
    """The arrays of a recipe: their one shape, `(*space, channels)`, and what it took and refused."""

    recipe: tuple[Json, ...]
    recipe_id: str
    shape: tuple[int, ...]
    dtype: str = ""
    scans: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    output: str = ""


@dataclass(frozen=True)
class Normalized:
    """The candidate's arrays as in `Arrays`, and the champion's where its recipe is another.

    `inputs` is the digest of the scans, `spacing` the median of the training part in mm an axis, None where
    a scan tells none.
    """

    recipe: tuple[Json, ...]
    recipe_id: str
    shape: tuple[int, ...]
    spacing: tuple[float, ...] | None
    dtype: str = ""
    scans: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    output: str = ""
    champion: Arrays | None = None
    inputs: str = ""


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

Spacings = dict[str, list[float]]
"""The spacing of each array of a shard in mm an axis, by case_id; empty where the scan tells none."""


def spacings_of(shard: Path) -> ObjectFile[Spacings]:
    """The file beside the shard that holds the spacings of its arrays."""
    return ObjectFile(f"{shard.stem}.json", Spacings, None, _remake_advice)


def _remake_advice(path: Path) -> str:
    return f"Run `{printed.make('clean')}`, then `{printed.make('report')}`: it is made again."
