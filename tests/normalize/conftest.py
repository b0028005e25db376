"""Images and small analyses to normalize."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import handed_on
import numpy as np
import pytest
from numpy.typing import ArrayLike

from pipeline.arrays import ShardWriter
from pipeline.catalogue import Catalogue
from pipeline.config import Config, load
from pipeline.contracts import cohort
from pipeline.normalize.image import Image
from pipeline.records import Case, Geometry, Mask, SpacingKind
from pipeline.workspace import Workspace

Make = Callable[..., Image]


@pytest.fixture
def make_image() -> Make:
    """An image of one channel out of a nested list or array."""

    def make(
        values: ArrayLike,
        spacing: Sequence[float] | None = None,
        *,
        spacing_kind: SpacingKind = "patient",
        unit: str = "arbitrary",
    ) -> Image:
        array = np.asarray(values, dtype=np.float32)[..., np.newaxis]
        return Image(array, tuple(spacing or (1.0,) * (array.ndim - 1)), spacing_kind, unit)

    return make


class Analysis:
    """A folder with a catalogue, native voxels, a cohort and a YAML."""

    def __init__(self, root: Path) -> None:
        self.workspace = Workspace(root, "tiny")
        self.parts: dict[str, str] = {}
        self.shards = 0

    def add(
        self,
        images: dict[str, np.ndarray],
        *,
        part: str = "train",
        spacing: float = 2.0,
        unit: str = "HU",
        masks: Mapping[str, Mapping[str, np.ndarray]] | None = None,
    ) -> None:
        """Images of one delivery: a native shard, rows of the catalogue and of the cohort.

        `masks` are those of each image, by structure.
        """
        with ShardWriter(self.workspace.cases / f"shard-{self.shards:05d}.npy") as writer:
            cases = [
                Case(
                    case_id=name,
                    patient_id=f"p-{name}",
                    study_id=f"s-{name}",
                    series_id=f"e-{name}",
                    modality="CT",
                    value_unit=unit,
                    channels=1,
                    geometry=Geometry((spacing,) * image.ndim),
                    stored=writer.append(image),
                    pixel_digest=f"digest-{name}-{image.tobytes().hex()[:16]}",
                )
                for name, image in images.items()
            ]
            marked = [
                Mask(name, structure, "token", writer.append(mask))
                for name, of_case in (masks or {}).items()
                for structure, mask in sorted(of_case.items())
            ]
        self.shards += 1
        with Catalogue(self.workspace.catalogue) as catalogue, catalogue.transaction():
            catalogue.put_cases((case, ()) for case in cases)
            catalogue.put_masks(marked)
        self.parts |= dict.fromkeys(images, part)
        self.write_cohort(self.workspace.candidate)

    def write_cohort(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "cohort.csv").open("w", newline="") as stream:
            rows = csv.writer(stream, lineterminator="\n")
            rows.writerow(["case_id", "person_id", "part", "era", "target"])
            rows.writerows([name, f"p-{name}", part, 1, "a"] for name, part in sorted(self.parts.items()))
        cohort.FILE.write(folder, handed_on.COHORT)

    def config(self, normalize: str, *, failed_share: float = 0.2) -> Config:
        path = self.workspace.root / "tiny.yaml"
        path.write_text(
            f"ingest: {{raw: raw, failed_share: {failed_share}, workers: 1}}\n"
            "cohort: {labels: labels.csv, target: label}\n"
            f"normalize:\n{normalize}\n"
            "report: {title: Tiny}\n"
        )
        return load(path)


@pytest.fixture
def analysis(tmp_path: Path) -> Analysis:
    """Nothing yet: add images, then run the stage."""
    return Analysis(tmp_path)


@pytest.fixture
def noise() -> Callable[[int, int], dict[str, np.ndarray]]:
    """`count` images of 6 x 8 with values of a CT, named by `first` and the numbers after it."""

    def make(first: int, count: int) -> dict[str, np.ndarray]:
        return {
            f"c{number:02d}": np.random.default_rng(number).integers(-1000, 1000, (6, 8), dtype=np.int16)
            for number in range(first, first + count)
        }

    return make
