"""How many of sixteen kinds of strangers a trained model tells, and how many usual scans it takes for one.

Run as `python -m bench.strangers CONFIG` in a project where `make report` was run for it, on images. The
strangers are made of the test part's scans, one a patient, after normalization; nothing is written.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy import ndimage

from bench.project import row
from pipeline import scoring
from pipeline.contracts import cohort as cohorts
from pipeline.contracts.strangers import FILE
from pipeline.records import Case
from pipeline.strangers.judging import judge
from pipeline.strangers.sight import sights
from pipeline.workspace import Workspace

TOLD: Final = 0.95
FALSE: Final = 0.05
Image = Any


def _limbs(image: Image) -> Image:
    """Two round limbs in the image's range: another part of the body."""
    rows, columns = (np.linspace(-1, 1, size)[:, None] for size in image.shape[:2])
    left, right = (rows**2 + (columns.T - side * 0.45) ** 2 < 0.12 for side in (-1, 1))
    limb = (left | right).astype(float)
    noise = np.random.default_rng(9).normal(0, 0.03, limb.shape)
    return image.min() + np.ptp(image) * (limb + noise)[..., None]


def _cut(image: Image) -> Image:
    """The right half is missing."""
    return np.where(np.arange(image.shape[1])[None, :, None] < image.shape[1] // 2, image, image.min())


def _barred(image: Image) -> Image:
    """The lowest third is black."""
    return np.where(np.arange(len(image))[:, None, None] < len(image) * 2 // 3, image, image.min())


def _checkerboard(image: Image) -> Image:
    """Sixteen fields a side, in the image's range."""
    rows, columns = (np.arange(size) * 16 // size for size in image.shape[:2])
    fields = (rows[:, None] + columns) % 2
    return np.repeat(image.min() + np.ptp(image) * fields[..., None], image.shape[-1], axis=-1)


def _zoomed(image: Image, by: tuple[float, float]) -> Image:
    """The middle of the image, enlarged along rows and columns to its old size."""
    places = [
        (np.arange(size) - size / 2) / factor + size / 2
        for size, factor in zip(image.shape[:2], by, strict=True)
    ]
    grid = np.meshgrid(*places, np.arange(image.shape[-1]), indexing="ij")
    return ndimage.map_coordinates(image, grid, order=1, mode="nearest")


IMAGES: Final[Mapping[str, Callable[[Image], Image]]] = {
    "inverted": lambda image: image.max() + image.min() - image,
    "mirrored": lambda image: image[:, ::-1],
    "blank": np.zeros_like,
    "cut": _cut,
    "another body part": _limbs,
    "upside down": lambda image: image[::-1],
    "turned by half": lambda image: image[::-1, ::-1],
    "a third under a bar": _barred,
    "two side by side": lambda image: np.concatenate([image[:, ::2], image[:, 1::2]], axis=1),
    "checkerboard": _checkerboard,
    "noisy": lambda image: image + np.random.default_rng(9).normal(0, image.std() / 2, image.shape),
    "stretched to twice its width": lambda image: _zoomed(image, (1, 2)),
    "zoomed by 1.5": lambda image: _zoomed(image, (1.5, 1.5)),
    "blurred by 2 % of its side": lambda image: ndimage.gaussian_filter(
        image, (0.02 * len(image), 0.02 * len(image), 0)
    ),
}
HEADERS: Final[Mapping[str, Callable[[Case], Case]]] = {
    "another modality": lambda case: replace(case, modality="MR"),
    "another scanner": lambda case: replace(case, attributes={**case.attributes, "manufacturer": "NEW"}),
}


def main(arguments: list[str]) -> None:
    """Prints the share that is told of each kind, and of scans as they are."""
    workspace = Workspace(Path.cwd(), Path(arguments[0]).stem)
    known, scorer = FILE.find(workspace.candidate), scoring.load(workspace.candidate)
    if known is None:
        sys.exit(f"{workspace.candidate} has no {FILE.name}: run `make report CONFIG={arguments[0]}` first.")
    scans = scoring.scans(workspace, scorer.record.recipe_id, kept=workspace.data)
    table = cohorts.cases(workspace.candidate)
    rows = table[(table["part"] == "test") & table["case_id"].isin(scans.arrays)]
    names = list(rows.drop_duplicates(cohorts.PERSON)["case_id"])
    images = [scoring.sound(scans, name).astype(np.float32) for name in names]
    cases = [scans.cases[name] for name in names]

    def told(images: list[Image], cases: list[Case]) -> float:
        found = judge(known, sights(images, None if scorer.record.refit else scorer.model), cases)
        return float((found.score > 1).mean())

    usual = told(images, cases)
    row(
        f"{len(names)} patients of the test part, taken for strangers",
        f"{usual:.3f}",
        f"<= {FALSE}",
        usual <= FALSE,
    )
    for kind, make in IMAGES.items():
        share = told([np.ascontiguousarray(make(image), np.float32) for image in images], cases)
        row(f"strangers told, {kind}", f"{share:.3f}", f">= {TOLD}", share >= TOLD)
    for kind, change in HEADERS.items():
        share = told(images, [change(case) for case in cases])
        row(f"strangers told, {kind}", f"{share:.3f}", f">= {TOLD}", share >= TOLD)


if __name__ == "__main__":
    main(sys.argv[1:])
