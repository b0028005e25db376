"""What can be seen of a network: the cases it was surest of, where it looked, how much it sees.

Reads: a scorer, its predictions, model-ready arrays. Writes: the insights and their pictures.
Guarantees: pictures only of cases that may be shown; one run, one result; nothing here changes a
number of the evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from numpy.typing import NDArray

from pipeline import pictured
from pipeline.contracts import insights as contract
from pipeline.contracts.insights import Shown
from pipeline.evaluate.insights import attention, gallery, gradients, network, outlines
from pipeline.pixel_text import hidden_because
from pipeline.records import Case, sides
from pipeline.tasks.contract import Fixed, Overlay, Question
from pipeline.tasks.registry import Task

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Subject", "write", "write_outlines"]

FIELD_CASES = 16  # a choice: a derivative a case, and their mean hardly changes with more
FIELD_PATCHES = 4  # a choice, too: of a network of maps a derivative costs as much as a step of training
FIRST_LAYER = "first_convolution"

Images = NDArray[np.generic]
Pictures = dict[str, NDArray[np.generic]]
Json = dict[str, Any]


@dataclass(frozen=True)
class Subject:
    """The network to look into, the question that it answers, and what its validation fixed.

    `scores` maps model input `(n, [slices,] rows, columns, channels)` to what a decision is made of,
    `(n, outputs)`.
    """

    model: keras.Model
    task: Task
    question: Question
    fixed: Fixed
    scores: Callable[[Images], NDArray[np.float64]]


@dataclass(frozen=True)
class Scans:
    """The scans to look at: `read(case_id)` gives `([slices,] rows, columns, channels)`.

    `native` gives a scan's own voxels, and `reviewed` says that a person looked through the pixels;
    `in_unit` gives a case as people know it, None where that can't be had, and `spacing(case_id)` the spacing
    of what was read, in mm an axis, empty where nobody knows.
    """

    read: Callable[[str], Images]
    cases: Mapping[str, Case]
    native: Callable[[Case], Images]
    reviewed: bool
    in_unit: Callable[[Case], contract.InUnit | None] = lambda case: None
    spacing: Callable[[str], tuple[float, ...]] = lambda case_id: ()


def write_outlines(
    subject: Subject,
    predictions: pd.DataFrame,
    overlays: Sequence[Overlay],
    scans: Scans,
    folder: Path,
    *,
    seed: int,
) -> bool:
    """Whether the insights in `folder` changed, of a network whose answers are masks: outlines for heat.

    Raises RetryError when the folder can't be written.
    """
    shown, pictures = outlines.outlines(overlays, scans.cases, scans.native, reviewed=scans.reviewed)
    pictures["filters"] = network.first_kernels(subject.model, FIRST_LAYER)
    ids = _one_case_a_patient(predictions)
    record = contract.Insights(
        gallery=contract.Gallery("", "", (), contract.Checks(0)),
        filters=contract.Filters(FIRST_LAYER, "filters"),
        field=_field(subject, ids[:FIELD_PATCHES], scans, pictures),
        seed=seed,
        outlines=shown,
    )
    return contract.write(folder, record, pictures)


def write(subject: Subject, predictions: pd.DataFrame, scans: Scans, folder: Path, *, seed: int) -> bool:
    """Whether the insights in `folder` changed. `predictions` is the table of predictions.

    Raises RetryError when the folder can't be written.
    """
    generator = np.random.default_rng(seed)
    shown, pictures = _gallery(
        subject, gallery.choose(predictions, subject.task, subject.question), scans, generator
    )
    ids = _one_case_a_patient(predictions)
    pictures["filters"] = network.first_kernels(subject.model, FIRST_LAYER)
    record = contract.Insights(
        gallery=shown,
        filters=contract.Filters(FIRST_LAYER, "filters"),
        field=_field(subject, ids[:FIELD_CASES], scans, pictures),
        seed=seed,
    )
    return contract.write(folder, record, pictures)


def _gallery(
    subject: Subject, chosen: list[gallery.Chosen], scans: Scans, generator: np.random.Generator
) -> tuple[contract.Gallery, Pictures]:
    method = attention.method_of(subject.model)
    if not chosen:
        return contract.Gallery(method, attention.LAST_FEATURES, (), _means([])), {}
    images = np.stack([np.asarray(scans.read(row.case_id), dtype=np.float32) for row in chosen])
    targets = [subject.task.answers.output_of(row.target, subject.question) for row in chosen]
    evidence = subject.task.network.evidence
    heats = attention.explainer(subject.model, evidence)(images, targets)
    shuffled = attention.explainer(attention.with_shuffled_weights(subject.model, generator), evidence)
    unlearned = shuffled(images, targets)
    items: list[Shown] = []
    pictures: Pictures = {}
    for number, (row, image, heat) in enumerate(zip(chosen, images, heats, strict=True)):
        case = scans.cases[row.case_id]
        hidden = hidden_because(case, reviewed=scans.reviewed)
        shown = {}
        if hidden is None:
            picture = pictured.picture(image, heat, scans.in_unit(case))
            shown = _keep(picture, f"gallery_{number:03d}", pictures) | {
                "sides": sides(case.geometry),
                "mm_across": picture.mm_across(scans.spacing(row.case_id)),
            }
        items.append(Shown(**asdict(row), hidden=hidden, **shown))
    drops = _drops(subject, images, heats, targets, generator)
    checks = [
        {"correlation_with_shuffled": attention.rank_correlation(heat, other), **drop}
        for heat, other, drop in zip(heats, unlearned, drops, strict=True)
    ]
    return contract.Gallery(method, attention.LAST_FEATURES, tuple(items), _means(checks)), pictures


def _keep(picture: pictured.Picture, name: str, pictures: Pictures) -> Json:
    pictures[name], pictures[f"{name}_heat"] = picture.grey, picture.heat
    return {
        "picture": name,
        "window": picture.window,
        "unit": picture.unit,
        "slice": picture.slice_index,
        "slices": picture.slices,
        "reduced": picture.reduced,
    }


def _drops(
    subject: Subject,
    images: NDArray[np.float32],
    heats: Sequence[NDArray[np.float32]],
    targets: Sequence[int],
    generator: np.random.Generator,
) -> list[Json]:
    """How much each score falls without the hottest region, and without it moved at random."""
    masked = [attention.masked(image, heat, generator) for image, heat in zip(images, heats, strict=True)]
    hottest, elsewhere = (np.stack(kind) for kind in zip(*masked, strict=True))
    rows = np.arange(len(images)), np.array(targets)
    whole, *without = (subject.scores(kind)[rows] for kind in (images, hottest, elsewhere))
    return [
        {"drop_hottest": float(one), "drop_elsewhere": float(other)}
        for one, other in zip(*(whole - each for each in without), strict=True)
    ]


def _means(checks: list[Json]) -> contract.Checks:
    if not checks:
        return contract.Checks(0)
    means = {key: float(np.mean([check[key] for check in checks])) for key in checks[0]}
    return contract.Checks(len(checks), **means)


def _one_case_a_patient(predictions: pd.DataFrame) -> list[str]:
    """The first case of every test patient, in the order of the (pseudonymous, so unordered) case ids."""
    test = predictions[(predictions["part"] == "test") & (predictions["status"] == "ok")].sort_values(
        "case_id"
    )
    return [str(case_id) for case_id in test.drop_duplicates("patient_id")["case_id"]]


def _field(subject: Subject, ids: list[str], scans: Scans, pictures: Pictures) -> contract.Field:
    if not gradients.available():
        return contract.Field(
            reason=f"derivatives are not to be had on the Keras backend {keras.backend.backend()}"
        )
    if not ids:
        return contract.Field(reason="no test case")
    shape = subject.model.input_shape[1:-1]
    images = np.stack([network.middle(scans.read(case_id), shape) for case_id in ids]).astype(np.float32)
    influence = network.influence(subject.model, images)
    middle = influence[influence.shape[0] // 2] if influence.ndim == 3 else influence
    pictures["field"] = np.asarray(np.rint(255 * middle), dtype=np.uint8)
    return contract.Field("field", len(ids), network.width_pixels(influence))
