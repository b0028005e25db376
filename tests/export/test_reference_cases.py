"""From real files to NIfTI through the whole of ingest, against answers from outside this project."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from pipeline import export, ingest
from pipeline.config import load
from pipeline.workspace import Workspace

# No volume by our rules: leaning, uneven, incomplete or of several directions; a scan of no patient.
REFUSED = {
    "ct-gantry-tilt",
    "ct-oblique-simpleitk",
    "ct-uneven-spacing",
    "mr-missing-slice",
    "mr-orientation-changes",
}
# Its stored padding is outside the patient and becomes air, which the reference leaves at -3024.
PADDED = "ct-3slice"


@dataclass(frozen=True)
class Volume:
    """An exported case as its closest RAS+ grid: affine, values (z, y, x)."""

    affine: np.ndarray
    values: np.ndarray


@pytest.fixture(scope="module")
def expected(real_data: Path) -> dict[str, dict]:
    series = json.loads((real_data / "dicom-reference" / "expected.json").read_text())["series"]
    return {name: record["expected"] for name, record in series.items()}


@pytest.fixture(scope="module")
def volumes(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Volume]:
    root = tmp_path_factory.mktemp("reference")
    path, key = root / "reference.yaml", tmp_path_factory.mktemp("keys") / "reference.key"
    key.write_bytes(bytes(range(32)))
    key.chmod(0o600)
    path.write_text(
        f"ingest:\n  raw: {real_data / 'dicom-reference' / 'series'}\n  unit: series\n  min_slices: 2\n"
        f"  key: {key}\n  failed_share: 0.5\n"
        "cohort: {labels: labels.csv, target: label}\n"
        "normalize: [{resize: {shape: [8, 8, 8]}}]\n"
        "report: {title: reference}\n"
    )
    workspace, config = Workspace(root, "reference"), load(path)
    ingest.run(config, workspace)
    export.run(config, workspace, root / "out")
    images = [nib.as_closest_canonical(nib.load(file)) for file in sorted((root / "out").iterdir())]
    return [Volume(image.affine, image.get_fdata().transpose(2, 1, 0)) for image in images]


def at_place(volumes: Sequence[Volume], wanted: dict) -> list[Volume]:
    """The volumes of the wanted shape whose every corner lies within 0.02 mm of the wanted place."""
    x, y, z = wanted["shape"][:3]
    corners = np.array(np.meshgrid((0, x - 1), (0, y - 1), (0, z - 1), (1,))).reshape(4, -1)
    return [
        volume
        for volume in volumes
        if volume.values.shape == (z, y, x)
        and np.abs((volume.affine - np.array(wanted["affine_ras"])) @ corners).max() < 0.02
    ]


def digest(values: Sequence[np.ndarray]) -> str:
    whole = np.ascontiguousarray(np.rint(np.stack(values).squeeze()), dtype="<i4")
    return hashlib.sha256(whole.tobytes()).hexdigest()


def test_every_usable_reference_series_comes_out_voxel_by_voxel(
    expected: dict[str, dict], volumes: list[Volume]
) -> None:
    wrong = []
    for name, wanted in expected.items():
        if name in REFUSED or name == PADDED or "sha256_values_int32" not in wanted:
            continue
        times = (wanted["shape"] + [1])[3]
        orders = permutations(at_place(volumes, wanted), times)
        if not any(digest([v.values for v in order]) == wanted["sha256_values_int32"] for order in orders):
            wrong.append(name)
    assert wrong == []


@pytest.mark.parametrize("name", ["mr-anisotropic-inplane", "enhanced-mr-philips"])
def test_fractional_values_keep_their_range_and_mean(
    expected: dict[str, dict], volumes: list[Volume], name: str
) -> None:
    (volume,) = at_place(volumes, expected[name])
    told = [expected[name][key] for key in ("value_min", "value_max", "value_mean")]
    found = [volume.values.min(), volume.values.max(), volume.values.mean()]
    assert found == pytest.approx(told, rel=1e-5)


def test_padding_is_air_in_the_exported_ct(expected: dict[str, dict], volumes: list[Volume]) -> None:
    (volume,) = at_place(volumes, expected[PADDED])
    assert (volume.values.min(), volume.values.max()) == (-1024, expected[PADDED]["value_max"])


def test_what_is_no_volume_is_not_exported(expected: dict[str, dict], volumes: list[Volume]) -> None:
    places = [at_place(volumes, expected[name]) for name in REFUSED if "affine_ras" in expected[name]]
    assert places == [[], []]
