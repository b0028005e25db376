"""`model.json`: what a saved model is, beside the model itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pipeline.contracts.damage import rewritten_by
from pipeline.contracts.formerly import with_question
from pipeline.contracts.objects import Json, ObjectFile, Schema
from pipeline.contracts.unopened import OfTask

MODEL_FILE: Final = "model.keras"
FIRST_FIT_FILE: Final = "first_fit.keras"
"""The fit on the training part alone: a refitted model has learned from the validation part, too."""


@dataclass(frozen=True)
class Member:
    """One of the networks that answer as one: its fit on the training part, and its worth on validation."""

    seed: int
    epochs_run: int
    best_epoch: int
    seconds: float
    validation: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelRecord:
    """What was trained on what, and how it went.

    `task` is the kind of question, which earlier versions had one of, and `question` what was asked, in the
    task's own keys. `input_shape` is that of one scan with its channels last, or of the patches that are cut
    of it, `network` the settings of the architecture, `spacing` in mm an axis;
    `stem_distance_pixels` and `distance_pixels` lie between neighbours of the maps behind the first layers
    and of the last ones. `training` is the digest of all that decides the weights, None where an earlier
    version trained it. `validation` are loss and metrics of the validation part, asked of all `members`
    together, before any refit; `epochs_run` are those of the longest fit. `reading` are the keys of `ingest`
    by which its scans were read, none where an earlier version trained it.
    """

    model_sha256: str
    question: OfTask
    input_shape: tuple[int, ...]
    recipe: tuple[Json, ...]
    recipe_id: str
    precision: str
    task: str = "classification"
    architecture: str = ""
    network: Json = field(default_factory=dict)
    dropout: float | None = None
    batch_size: int | None = None
    parameters: int | None = None
    spacing: tuple[float, ...] | None = None
    reading: Json = field(default_factory=dict)
    first_layer: str = ""
    receptive_field_pixels: tuple[int, ...] = ()
    stem_distance_pixels: tuple[int, ...] = ()
    distance_pixels: tuple[int, ...] = ()
    statistics: Json = field(default_factory=dict)
    seed: int | None = None
    members: tuple[Member, ...] = ()
    validation: Mapping[str, float | None] = field(default_factory=dict)
    average_epochs: float = 0.0
    refit: bool = False
    first_fit_sha256: str = ""
    train_digest: str = ""
    validation_digest: str = ""
    cohort_digest: str | None = None
    training: str | None = None
    epochs_run: int | None = None
    best_epoch: int | None = None
    monitor: str | None = None
    device: str | None = None
    threads: int | None = None
    compiled: bool | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    seconds: float | None = None


FILE: Final = ObjectFile("model.json", ModelRecord, Schema("model", 2), rewritten_by("train"), with_question)
