"""A series of five slices with masks beside it, put into RAW and read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from ingesting import config, ingested, write_all
from mask_files import slices
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from pipeline.arrays import Shards
from pipeline.catalogue import Catalogue, masks
from pipeline.workspace import Workspace

BOTH = {"structures": {"anterior": 1, "posterior": [2, "rear"]}}
SETTINGS = {"unit": "series", "modalities": ("MR",), "masks": BOTH}
OBLIQUE = (0.6, 0.8, 0, 0, 0, -1)


def marks(seed: int = 3) -> dict[int, NDArray]:
    """Two structures that overlap nowhere; the first and last slices hold none."""
    generator = np.random.default_rng(seed)
    one = generator.random((5, 7, 5)) < 0.4
    other = ~one & (generator.random((5, 7, 5)) < 0.4)
    one[[0, 4]] = other[[0, 4]] = False
    return {1: one, 2: other}


def series(orientation: tuple[float, ...] = (1, 0, 0, 0, 1, 0)) -> list[Dataset]:
    """Slices whose pixels tell their place."""
    sources = slices(orientation=orientation)
    for number, one in enumerate(sources):
        one.PixelData = (np.arange(35, dtype=np.uint16) + 100 * number).tobytes()
    return sources


def put(raw: Path, *files: Dataset | bytes) -> None:
    """Writes the files as 0.dcm, 1.dcm, ..."""
    write_all(raw, {f"{number}.dcm": one for number, one in enumerate(files)})


def stored(workspace: Workspace) -> dict[tuple[str, str], NDArray[Any]]:
    """The stored masks by case and structure."""
    with Catalogue(workspace.catalogue) as catalogue:
        rows = masks.all_of(catalogue)
    return {(one.case_id, one.structure): np.array(Shards(workspace.cases).read(one.stored)) for one in rows}


def told(workspace: Workspace, **settings: Any) -> tuple[str, str, str]:
    """State, reason with detail and next step of the mask `5.dcm` beside five slices that are in use."""
    outcomes = ingested(workspace, config(**{**SETTINGS, **settings}))
    assert {outcomes[f"{number}.dcm"][0] for number in range(5)} == {"accepted"}, outcomes
    return outcomes["5.dcm"]
