"""Pictures with masks as pictures beside them, from their files to a trained network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from picture_files import picture

from pipeline import backend, cohort, ingest, normalize
from pipeline.arrays import Shards
from pipeline.catalogue import Catalogue
from pipeline.config import load
from pipeline.contracts import model_record, normalized
from pipeline.workspace import Workspace

backend.prepare()
keras = pytest.importorskip("keras")

from pipeline import train  # noqa: E402 - needs Keras's environment

pytestmark = pytest.mark.usefixtures("own_key")

STUDY = """\
task: segmentation
ingest:
  raw: raw
  workers: 1
  modalities: [DX]
  formats: {png: {modality: DX}}
  patient_from: {pattern: 'Tr/(\\w+?)(?:_0000)?[.]'}
  masks: {structures: {blob: 255}}
cohort: {salt: 1}
normalize: [{z_score: {}}]
train: {model: unet, width: 8, levels: 2, epochs: 1, batch_size: 4, patch: [32, 32], controls: false}
report: {title: Blobs}
"""


def pair(number: int) -> tuple[np.ndarray, np.ndarray]:
    """A picture with a bright blob, and where that is."""
    rng = np.random.default_rng(number)
    row, column = rng.integers(10, 26, 2)
    down, across = np.mgrid[:40, :36]
    inside = (down - row) ** 2 + (across - column) ** 2 < 36
    return (rng.normal(90, 12, (40, 36)) + 70 * inside).clip(0, 255).astype(np.uint8), inside


def test_a_network_learns_pictures_whose_masks_are_pictures(tmp_path: Path) -> None:
    workspace, raw = Workspace(tmp_path, "study"), tmp_path / "raw"
    for folder in ("imagesTr", "labelsTr"):
        (raw / folder).mkdir(parents=True)
    for number in range(20):
        image, inside = pair(number)
        (raw / f"imagesTr/p{number:02d}_0000.png").write_bytes(picture(image))
        (raw / f"labelsTr/p{number:02d}.png").write_bytes(picture((255 * inside).astype(np.uint8)))
    path = workspace.root / "study.yaml"
    path.write_text(STUDY)
    settings = load(path)
    lines = ingest.run(settings, workspace).lines
    assert "masks: 20 scans with blob" in lines
    cohort.run(settings, workspace)
    normalize.run(settings, workspace)
    described = normalized.FILE.read(workspace.data)
    with Catalogue(workspace.catalogue) as catalogue:
        bits, arrays = (catalogue.arrays(name) for name in (described.mask_id, described.recipe_id))
    shards = Shards(workspace.normalized)
    areas = sorted(int(shards.read(stored).sum()) for stored in bits.values())
    assert areas == sorted(int(pair(number)[1].sum()) for number in range(20))
    for case_id, stored in bits.items():  # bright is what is marked
        marked = np.array(shards.read(stored)) == 1
        values = np.array(shards.read(arrays[case_id]))[..., 0]
        assert values[marked].mean() > values[~marked].mean() + 1
    train.run(settings, workspace)
    record = model_record.FILE.read(workspace.candidate)
    assert record.input_shape == (32, 32, 1)
