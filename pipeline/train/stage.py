"""The stage: from the frozen cohort to a saved model with its record and its history."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd

from pipeline import backend, digests, models, provenance, scoring
from pipeline.config import Config, Train
from pipeline.executors import cores
from pipeline.models import Intensities
from pipeline.models.receptive_field import receptive_field_pixels
from pipeline.progress import say
from pipeline.records import Summary
from pipeline.train import intensities, material, schedule
from pipeline.train.augment import Augmentation
from pipeline.train.checkpoint import Store, open_store
from pipeline.train.feed import Examples, steps_per_epoch
from pipeline.train.fit import MONITOR, Plan, State, fit
from pipeline.train.losses import CLASS_WEIGHTS, LOSSES
from pipeline.train.material import Material
from pipeline.train.saving import write_model
from pipeline.train.training_model import TrainingModel
from pipeline.train.validation import Validation, measured
from pipeline.workspace import Workspace, write_csv, write_json

HISTORY_FILE = "history.csv"
_FLOAT32, _MIXED = "float32", "mixed_bfloat16"


@dataclass(frozen=True)
class Computing:
    """What the numbers are computed on and how: `policy` is Keras's word for the precision."""

    device: str
    policy: str
    compiled: bool


def run(config: Config, workspace: Workspace) -> Summary:
    """What the stage did.

    Raises:
        DataError: an earlier stage hasn't run, a part is empty or lacks a class, or scans hold NaN.
        ScanloomError: the loss didn't stay a finite number.
        RetryError: the disk is full, or this process can't change its number of threads any more.
        Interrupted: a signal asked to stop; the same command goes on.
    """
    data = material.read(workspace)
    threads = config.train.threads or cores()
    store = open_store(workspace.checkpoints, _run_digest(config, data), threads=threads)
    backend.start(store.threads)
    computing = _computing(config.train)
    backend.seed_everything(config.train.seed, order="free" if computing.compiled else "fixed")
    statistics = intensities.measured(len(data.train.case_ids), data.train.read)
    state = _fitted(config, data, statistics=statistics, computing=computing, store=store)
    net = _build(config.train, data, statistics, policy=_FLOAT32)
    net.set_weights(state.best_weights)
    changed = write_model(workspace.candidate / scoring.MODEL_FILE, net)
    record = {
        "schema": "model/1",
        **_what_was_trained(config, data, net, statistics),
        **_how_it_went(state, computing, store.threads),
        "model_sha256": digests.of_file(workspace.candidate / scoring.MODEL_FILE),
    }
    changed |= write_json(workspace.candidate / scoring.RECORD_FILE, record)
    changed |= write_csv(workspace.candidate / HISTORY_FILE, pd.DataFrame(state.history))
    return Summary(_lines(record, state, len(data.train.case_ids)), changed)


def _run_digest(config: Config, data: Material) -> str:
    """The digest of all that decides the weights, but for the machine."""
    decides = {
        "train": config.section("train"),
        "task": config.task,
        "classes": data.classes,
        "cases": [data.train.digest, data.validation.digest],
        "arrays": [data.train.contents, data.validation.contents],
        "code": _code_digest(),
        "versions": provenance.versions(),
    }
    return digests.of_json(decides)


def _code_digest() -> str:
    """The digest of the code that decides the weights."""
    folders = [Path(models.__file__).parent, Path(__file__).parent]
    paths = [path for folder in folders for path in sorted(folder.glob("*.py"))]
    return digests.of_json([[path.name, digests.of_file(path)] for path in paths])


def _computing(settings: Train) -> Computing:
    """The device, and what `auto` means on it."""
    device = backend.device()
    mixed = device.bfloat16 if settings.precision == "auto" else settings.precision == "mixed"
    return Computing(
        device=f"{device.kind} ({device.backend})",
        policy=_MIXED if mixed else _FLOAT32,
        compiled=device.compiles if settings.jit == "auto" else settings.jit,
    )


def _fitted(
    config: Config, data: Material, *, statistics: Intensities, computing: Computing, store: Store
) -> State:
    """The state after training."""
    settings, classes = config.train, len(data.classes)
    plan = _plan(settings, len(data.train.case_ids))
    class_weights = CLASS_WEIGHTS[settings.class_weights](data.train.targets, classes)
    weights = class_weights[data.train.targets].astype(np.float32)
    examples = Examples(data.train.case_ids, data.train.targets, weights, data.train.read)
    net = _build(settings, data, statistics, policy=computing.policy)
    net.compile(jit_compile=computing.compiled)

    def validate() -> Validation:
        part = data.validation
        arrays = (part.read(index) for index in range(len(part.case_ids)))
        logits = scoring.predict(net, arrays, outputs=classes, batch_size=scoring.BATCH_SIZE)
        return measured(logits, part.targets, class_weights)

    trainer = TrainingModel(net, Augmentation(settings.augment, statistics, settings.seed))
    steps = steps_per_epoch(len(examples.case_ids), plan.batch_size)
    _compile(trainer, config, steps=steps, compiled=computing.compiled)
    return fit(trainer, examples, validate, plan=plan, store=store)


def _plan(settings: Train, count: int) -> Plan:
    """The plan; with fewer cases than a batch holds, a batch holds them all."""
    batch_size = min(settings.batch_size, count)
    if batch_size < settings.batch_size:
        say(f"The training part has {count} scans: a batch holds {batch_size} instead of {settings.batch_size}.")
    return Plan(
        epochs=settings.epochs,
        batch_size=batch_size,
        seed=settings.seed,
        patience=settings.patience,
        checkpoint_every_steps=settings.checkpoint_every_steps,
    )


def _build(settings: Train, data: Material, statistics: Intensities, *, policy: str) -> keras.Model:
    """A fresh net whose layers compute in `policy`."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        return models.builder(settings.model)(
            data.input_shape,
            len(data.classes),
            intensities=statistics,
            width=settings.width,
            dropout=settings.dropout,
        )
    finally:
        keras.config.set_dtype_policy(before)


def _compile(trainer: TrainingModel, config: Config, *, steps: int, compiled: bool) -> None:
    """Gives the trainer its loss and its optimizer, whose variables exist from then on."""
    settings = config.train
    optimizer = schedule.adamw(
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        warmup_steps=round(settings.warmup_epochs * steps),
        steps=settings.epochs * steps,
    )
    trainer.compile(
        optimizer=optimizer,
        loss=LOSSES[config.task](label_smoothing=settings.label_smoothing),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        jit_compile=compiled,
    )
    schedule.build_for(optimizer, trainer.net)


def _what_was_trained(
    config: Config, data: Material, net: keras.Model, statistics: Intensities
) -> dict[str, Any]:
    return {
        "architecture": config.train.model,
        "width": config.train.width,
        "dropout": config.train.dropout,
        "parameters": net.count_params(),
        "input_shape": list(data.input_shape),
        "spacing": data.normalized["spacing"],
        "first_layer": "first_convolution",
        "receptive_field_pixels": list(receptive_field_pixels(net)),
        "classes": list(data.classes),
        "positive": data.cohort["positive"],
        "recipe": data.normalized["recipe"],
        "recipe_id": data.normalized["recipe_id"],
        "statistics": {"mean": list(statistics.mean), "std": list(statistics.std)},
        "seed": config.train.seed,
        "train_digest": data.train.digest,
        "validation_digest": data.validation.digest,
        "cohort_digest": data.cohort["digest"],
    }


def _how_it_went(state: State, computing: Computing, threads: int) -> dict[str, Any]:
    return {
        "epochs_run": state.epochs_run,
        "best_epoch": state.best_epoch,
        "monitor": MONITOR,
        "device": computing.device,
        "threads": threads,
        "precision": computing.policy,
        "compiled": computing.compiled,
        "versions": provenance.versions(),
        "seconds": round(state.total_seconds, 1),
    }


def _lines(record: dict[str, Any], state: State, count: int) -> tuple[str, ...]:
    best = state.history[state.best_epoch - 1]
    auroc = "" if best["val_auroc"] is None else f", AUROC {best['val_auroc']:.3f}"
    return (
        f"{record['architecture']} with {record['parameters']:,} parameters, {count:,} scans, "
        f"{state.epochs_run} epochs in {record['seconds']:.0f} s on {record['device']}; "
        f"best epoch {state.best_epoch}: validation loss {best['val_loss']:.3f}{auroc}",
    )
