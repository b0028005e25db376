"""Everything that is trained, put together: the net in its training model, the examples, the plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from pipeline import backend, models
from pipeline.config import Config, Train
from pipeline.models import Intensities, Scans
from pipeline.models.segmenter import finest
from pipeline.progress import say
from pipeline.tasks.contract import Loss, Validation
from pipeline.tasks.registry import Task, task_of
from pipeline.train import normalization, schedule
from pipeline.train.augment import Augmentation
from pipeline.train.feed import Examples, make_batch, steps_per_epoch
from pipeline.train.fit import InWords, Plan, Validate
from pipeline.train.material import Material
from pipeline.train.patches import Patches
from pipeline.train.sizes import budget_bytes
from pipeline.train.training_model import TrainingModel
from pipeline.train.trial import require_room
from pipeline.train.validation import answers

FLOAT32, MIXED = "float32", "mixed_bfloat16"


@dataclass(frozen=True)
class Computing:
    """What the numbers are computed on and how: `policy` is Keras's word for the precision."""

    device: str
    policy: str
    compiled: bool


@dataclass(frozen=True)
class Assembly:
    """The compiled trainer, what it trains on, how it is validated, and for how long."""

    trainer: TrainingModel
    examples: Examples
    validate: Validate | None
    plan: Plan


def computing(settings: Train) -> Computing:
    """The device, and what `auto` means on it."""
    device = backend.device()
    mixed = device.bfloat16 if settings.precision == "auto" else settings.precision == "mixed"
    return Computing(
        device=f"{device.kind} ({device.backend})",
        policy=MIXED if mixed else FLOAT32,
        compiled=device.compiles if settings.jit == "auto" else settings.jit,
    )


def dropout(task: Task, settings: Train) -> float:
    """The share of the last features that is left out in a step."""
    return settings.dropout if "dropout" in settings.model_fields_set else models.DROPOUT[task.network.ASKS]


def build_net(
    task: Task, settings: Train, data: Material, statistics: Intensities, *, policy: str
) -> keras.Model:
    """A fresh net whose layers compute in `policy`; beside its answer it may give what training judges."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        network = models.network(settings.model, settings.network)
        return task.network.build(
            network,
            Scans(data.input_shape, statistics, data.normalized.spacing),
            data.question,
            dropout=dropout(task, settings),
            targets=data.train.targets,
        )
    finally:
        keras.config.set_dtype_policy(before)


def assemble(config: Config, data: Material, statistics: Intensities, how: Computing) -> Assembly:
    """The trainer with fresh weights; its optimizer's variables exist. An empty part is not validated on."""
    settings, task = config.train, task_of(config.task)
    backend.seed_everything(settings.seed, order="free" if how.compiled else "fixed")
    weigh = task.learning.weigh(settings, data.train.targets, data.question)
    weights = weigh(data.train.targets).astype(np.float32)
    part = data.train
    examples = Examples(part.case_ids, part.targets, weights, part.read, **_outlined(settings, data))
    plan = _plan(settings, examples.count, task.learning.in_words)
    net = build_net(task, settings, data, statistics, policy=how.policy)
    answering = finest(net)
    answering.compile(jit_compile=how.compiled)
    if not how.compiled:  # XLA makes one kernel of it anyway
        normalization.fuse(net)
    trainer = TrainingModel(net, Augmentation(settings.augment, statistics, settings.seed))
    steps = steps_per_epoch(examples.count, plan.batch_size)
    loss = task.learning.loss(settings, data.train.targets)
    _compile(trainer, task, settings, steps=steps, loss=loss, compiled=how.compiled)
    if part.marked:
        first = make_batch(examples, 0, seed=settings.seed, batch_size=plan.batch_size)
        require_room(trainer, first, budget_bytes=budget_bytes(config))

    def validate() -> Validation:
        part = data.validation
        said = answers(answering, part, task, data.question)
        return task.learning.validated(said, part.targets, weigh(part.targets), loss)

    return Assembly(trainer, examples, validate if data.validation.case_ids else None, plan)


def _outlined(settings: Train, data: Material) -> dict[str, Any]:
    """What examples have beside their scans where voxels are asked for."""
    part = data.train
    if not part.marked:
        return {}
    patches = None
    if data.patch is not None:
        patches = Patches(data.patch, settings.foreground, settings.seed, part.voxels)
    return {"bits": part.bits, "patches": patches, "a_scan": settings.patches}


def _plan(settings: Train, count: int, in_words: InWords) -> Plan:
    """The plan; with fewer cases than a batch holds, a batch holds them all."""
    batch_size = min(settings.scans_a_step, count)
    if batch_size < settings.scans_a_step:
        say(
            f"The training part has only {count} scans, so a batch holds {batch_size} instead of "
            f"{settings.scans_a_step}."
        )
    return Plan(
        epochs=settings.epochs,
        batch_size=batch_size,
        seed=settings.seed,
        patience=settings.patience,
        checkpoint_every_steps=settings.checkpoint_every_steps,
        in_words=in_words,
        average_steps=settings.average_epochs * steps_per_epoch(count, batch_size),
    )


def _compile(
    trainer: TrainingModel, task: Task, settings: Train, *, steps: int, loss: Loss, compiled: bool
) -> None:
    """Gives the trainer its loss and its optimizer."""
    optimizer = schedule.adamw(
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        warmup_steps=round(settings.warmup_epochs * steps),
        steps=settings.epochs * steps,
    )
    trainer.compile(
        optimizer=optimizer,
        loss=loss,
        metrics=task.learning.metrics(),
        jit_compile=compiled,
    )
    schedule.build_for(optimizer, trainer.net)
