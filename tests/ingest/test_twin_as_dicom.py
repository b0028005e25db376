"""The same scans and masks as NIfTI and as DICOM come out alike: native, and after a recipe."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_files import write
from ingesting import config
from numpy.typing import NDArray

from pipeline.catalogue import Catalogue, masks
from pipeline.ingest import run
from pipeline.normalize.batch import normalize_case
from pipeline.normalize.outlines import Outlines
from pipeline.normalize.recipe import parse
from pipeline.tasks.contract import Outlined
from pipeline.workspace import Workspace

pytestmark = [pytest.mark.usefixtures("own_key"), pytest.mark.slow]

PAIRS = int(os.environ.get("SCANLOOM_TWINS", "12"))
TOLERANCE = 5e-4  # of a scan's range: what rounding a scan to 16 bits may cost, and decimals of a place
STEPS = (
    {"resample": {"spacing_mm": [1.0, 1.0, 1.0]}},
    {"z_score": {}},
    {"crop_or_pad": {"shape": [48, 64, 48]}},
)
READ: dict[str, Any] = {
    "unit": "series",
    "modalities": ("MR",),
    "include": ["derived"],
    "formats": {"nifti": {"modality": "MR"}},
    "masks": {"structures": {"front": [1, "Anterior hippocampus"], "rear": [2, "Posterior hippocampus"]}},
}
WITHOUT_WRITER = (
    "highdicom, which writes the twin and is no dependency, is not installed. Run "
    "`.venv/bin/python -m pip install highdicom`, then "
    "`.venv/bin/python -m pytest -m slow tests/ingest/test_twin_as_dicom.py`"
)
Made = tuple[NDArray[Any], NDArray[Any]]
"""Values and bits of a scan after a recipe."""


def made(root: Path, steps: Any, **settings: Any) -> list[Made]:
    """Every scan of a delivery after the steps."""
    workspace = Workspace(root, "study")
    run(config(**{**READ, **settings}), workspace)
    with Catalogue(workspace.catalogue) as catalogue:
        cases, found = catalogue.cases(), masks.all_of(catalogue)
    asked = Outlined({"front": ("front",), "rear": ("rear",)}, exclusive=True)
    outlines = Outlines(
        asked, {case.case_id: tuple(m for m in found if m.case_id == case.case_id) for case in cases}
    )
    assert len(found) == 2 * len(cases)
    recipe = parse(steps, AssertionError)
    images = [normalize_case(recipe, case, native=workspace.cases, outlines=outlines) for case in cases]
    return [(image.values[..., 0], image.mask[..., 0]) for image in images if image.mask is not None]


@pytest.fixture(scope="module")
def twins(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The first pairs as they are published, and the same written as DICOM."""
    source, writer = real_data / "hippocampus", real_data / "make_hippocampus_dicom.py"
    if not writer.is_file():
        pytest.skip(
            f"{writer.name}, which writes the twin, does not lie in the folder that SCANLOOM_DATA names"
        )
    if importlib.util.find_spec("highdicom") is None:
        pytest.skip(WITHOUT_WRITER)
    published, twin = (tmp_path_factory.mktemp(name) for name in ("published", "twin"))
    for path in sorted((source / "imagesTr").glob("*.nii.gz"))[:PAIRS]:
        for folder in ("imagesTr", "labelsTr"):
            write(published / "raw" / folder / path.name, (source / folder / path.name).read_bytes())
    command = [sys.executable, str(writer), str(twin / "raw"), "--limit", str(PAIRS)]
    subprocess.run(command, check=True, capture_output=True)
    return published, twin


@pytest.mark.parametrize("steps", [({"min_max": {}},), STEPS], ids=["native grid", "recipe"])
def test_a_twin_as_dicom_has_the_same_masks_and_voxels(twins: tuple[Path, Path], steps: Any) -> None:
    published = made(twins[0], steps, patient_from={"pattern": r"_(\d+)"})
    twin = made(twins[1], steps)
    assert len(published) == len(twin) == PAIRS
    for values, bits in published:
        (other,) = [found for found, marked in twin if np.array_equal(marked, bits)]
        assert float(np.abs(values - other).max()) <= TOLERANCE * float(np.ptp(values))
