from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from pipeline.arrays import ShardWriter
from pipeline.catalogue import Catalogue
from pipeline.config import Config, load
from pipeline.errors import DamageError, DataError, UsageError
from pipeline.export import run
from pipeline.records import Case, Geometry
from pipeline.workspace import Workspace

AFFINE = ((0.0, 0.0, -0.8, 10.0), (0.0, -0.5, 0.0, 20.0), (3.0, 0.0, 0.0, 30.0), (0.0, 0.0, 0.0, 1.0))


@pytest.fixture
def config(workspace: Workspace) -> Config:
    path = workspace.root / "configs" / "study.yaml"
    path.parent.mkdir()
    path.write_text(
        "task: classification\n"
        "ingest: {raw: data/raw/study}\n"
        "cohort: {labels: labels.csv, target: label}\n"
        "normalize: [{resize: {shape: [8, 8]}}]\n"
        "report: {title: study}\n"
    )
    return load(path)


def store(workspace: Workspace, geometries: dict[str, Geometry]) -> dict[str, np.ndarray]:
    """Writes one case for each geometry: volumes of 2 x 3 x 4, images of 3 x 4."""
    arrays = {
        name: np.full((2, 3, 4)[-len(geometry.spacing) :], number, np.int16)
        for number, (name, geometry) in enumerate(geometries.items())
    }
    with ShardWriter(workspace.cases / "shard-00000.npy") as writer:
        stored = {name: writer.append(array) for name, array in arrays.items()}
    with Catalogue(workspace.catalogue) as catalogue, catalogue.transaction():
        catalogue.put_cases(
            (Case(name, "p", "t", "r", "CT", "HU", 1, geometry, stored[name], "d"), [])
            for name, geometry in geometries.items()
        )
    return arrays


VOLUME = Geometry((3.0, 0.5, 0.8), "patient", AFFINE)
SLICE = Geometry((0.5, 0.8), "patient", AFFINE)
FILM = Geometry((0.5, 0.8), "detector_plane")


def test_cases_with_a_place_are_written_under_their_name_and_others_counted(
    config: Config, workspace: Workspace, tmp_path: Path
) -> None:
    arrays = store(workspace, {"ca": VOLUME, "cb": SLICE, "cc": FILM})
    summary = run(config, workspace, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["ca.nii.gz", "cb.nii.gz"]
    volume = nib.load(tmp_path / "out" / "ca.nii.gz")
    assert np.asarray(volume.dataobj).T.tolist() == arrays["ca"].tolist()
    assert volume.affine @ [3, 2, 1, 1] == pytest.approx([7.6, 19.0, 33.0, 1.0])
    assert summary.lines == (
        f"Cases in {tmp_path / 'out'} as NIfTI: 2, of them 2 new or changed.",
        "Not written, since projections and photographs have no place in space: 1.",
    )


def test_exporting_again_leaves_equal_files_alone(
    config: Config, workspace: Workspace, tmp_path: Path
) -> None:
    store(workspace, {"ca": VOLUME})
    assert run(config, workspace, tmp_path / "out").changed
    before = (tmp_path / "out" / "ca.nii.gz").stat().st_mtime_ns
    assert not run(config, workspace, tmp_path / "out").changed
    assert (tmp_path / "out" / "ca.nii.gz").stat().st_mtime_ns == before


def test_films_alone_are_refused_in_words(config: Config, workspace: Workspace, tmp_path: Path) -> None:
    store(workspace, {"cc": FILM})
    with pytest.raises(DataError, match="None of the 1 cases says where it lies"):
        run(config, workspace, tmp_path / "out")


@pytest.mark.parametrize("inside", [".", "deeper/folder"])
def test_raw_is_never_written_to(config: Config, workspace: Workspace, inside: str) -> None:
    with pytest.raises(UsageError, match="never written to"):
        run(config, workspace, workspace.root / "data" / "raw" / "study" / inside)


def test_without_a_catalogue_the_first_step_is_named(
    config: Config, workspace: Workspace, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="make ingest"):
        run(config, workspace, tmp_path / "out")
    assert not workspace.catalogue.exists()


def test_damaged_voxels_are_never_exported(config: Config, workspace: Workspace, tmp_path: Path) -> None:
    store(workspace, {"ca": VOLUME})
    shard = workspace.cases / "shard-00000.npy"
    data = bytearray(shard.read_bytes())
    data[130] ^= 1
    shard.write_bytes(data)
    with pytest.raises(DamageError, match="case ca"):
        run(config, workspace, tmp_path / "out")
    assert not (tmp_path / "out").exists()
