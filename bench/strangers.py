"""How many of seven kinds of strangers a trained model tells, and how many usual scans it takes for one.

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


IMAGES: Final[Mapping[str, Callable[[Image], Image]]] = {
    "inverted": lambda image: image.max() + image.min() - image,
    "mirrored": lambda image: image[:, ::-1],
    "blank": np.zeros_like,
    "cut": _cut,
    "another body part": _limbs,
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
