"""The stage: from the frozen cohort to a saved model with its record and its history."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline import backend, digests, provenance
from pipeline.config import Config
from pipeline.contracts import history, model_record
from pipeline.contracts.model_record import Member, ModelRecord
from pipeline.contracts.unopened import Unopened
from pipeline.models import Intensities, ensemble
from pipeline.models.receptive_field import distance_pixels, receptive_field_pixels, stem_distance_pixels
from pipeline.provenance import cores
from pipeline.records import Summary
from pipeline.tasks.registry import task_of
from pipeline.train import assembly, controls, intensities, material, members, sizes
from pipeline.train.checkpoint import open_store
from pipeline.train.fit import InWords, of_validation
from pipeline.train.gate import require_fitting, require_judgeable
from pipeline.train.identity import fits_digest, run_digest, work_digest
from pipeline.train.material import Material
from pipeline.train.members import Fitted, Work
from pipeline.train.saving import write_model
from pipeline.workspace import Workspace


def run(config: Config, workspace: Workspace) -> Summary:
    """What the stage did.

    Raises:
        DataError: an earlier stage hasn't run, a part is empty or lacks a class, or scans hold NaN.
        GateError: the model may not be judged: looks are spent, or the champion knows other classes.
        UsageError: the same training was begun by other versions of Keras or its backend.
        ConfigError: the goal is a metric that these classes don't have, or the network takes no such scans.
        ScanloomError: the loss didn't stay a finite number.
        RetryError: the disk or the memory is full, or this process can't change its number of threads.
        Interrupted: a signal asked to stop; the same command goes on.
    """
    task = task_of(config.task)
    config, data = sizes.worked_out(config, material.read(workspace, task))
    require_fitting(config, data.input_shape)
    training = run_digest(config, data)
    require_judgeable(config, workspace, data.question, training=training)
    threads = config.train.threads or cores()
    store = open_store(
        workspace.checkpoints,
        fits_digest(config, data),
        threads=threads,
        work=work_digest(config, data),
        environment=provenance.framework(provenance.versions()),
    )
    backend.start(store.threads)
    how = assembly.computing(config.train)
    statistics = intensities.measured(len(data.train.case_ids), data.train.read)
    work = Work(config, task, data, statistics, how, store, workspace.training_page.parent)
    with backend.explain_out_of_memory(
        "Lower `train.batch_size`, the size of the network, the shape in `normalize` or `train.patch`."
    ):
        trained = _trained(work)
    changed = write_model(workspace.candidate / model_record.MODEL_FILE, trained.net)
    changed |= _keep_first_fit(workspace.candidate / model_record.FIRST_FIT_FILE, trained.first)
    record = ModelRecord(
        **_what_was_trained(config, data, trained.net, statistics),
        **_how_it_went(work, trained),
        training=training,
        model_sha256=digests.of_file(workspace.candidate / model_record.MODEL_FILE),
        first_fit_sha256=digests.of_file(workspace.candidate / model_record.FIRST_FIT_FILE)
        if trained.first
        else "",
    )
    changed |= model_record.FILE.write(workspace.candidate, record)
    changed |= history.FILE.write(workspace.candidate, _history(trained))
    wanted = controls.Wanted(training, material.persons(workspace, data.train.case_ids))
    with backend.explain_out_of_memory("Leave the control runs out: `train: {controls: false}`."):
        changed |= controls.write(work, wanted, workspace.data)
    return Summary((_line(record, len(data.train.case_ids), task.learning.in_words),), changed)


@dataclass(frozen=True)
class _Trained:
    """The fits on the training part, those on both, the model, and what the first said of validation.

    `first` is the model of the fits on the training part, where there are others.
    """

    fits: tuple[Fitted, ...]
    refits: tuple[Fitted, ...]
    net: keras.Model
    first: keras.Model | None
    logits: NDArray[np.float64]


def _trained(work: Work) -> _Trained:
    fits = members.fitted(work)
    logits = members.validation_answers(work, fits)
    if not work.config.train.refit:
        return _Trained(fits, (), members.network(work, fits), None, logits)
    refits = members.refitted(work, fits)
    return _Trained(fits, refits, members.network(work, refits), members.network(work, fits), logits)


def _keep_first_fit(path: Path, first: keras.Model | None) -> bool:
    """Whether the file of the model before the refit changed; it goes where there was no refit."""
    if first is not None:
        return write_model(path, first)
    was_there = path.is_file()
    path.unlink(missing_ok=True)
    return was_there


def _what_was_trained(
    config: Config, data: Material, net: keras.Model, statistics: Intensities
) -> dict[str, Any]:
    settings, one = config.section("train"), ensemble.members(net)[0]
    return {
        "architecture": config.train.model,
        "network": {key: settings[key] for key in config.train.network},
        "dropout": assembly.dropout(task_of(config.task), config.train),
        "parameters": net.count_params(),
        "input_shape": data.input_shape,
        "batch_size": config.train.scans_a_step,
        "spacing": data.normalized.spacing,
        "reading": config.ingest.reading,
        "first_layer": "first_convolution",
        "receptive_field_pixels": receptive_field_pixels(one),
        "stem_distance_pixels": stem_distance_pixels(one),
        "distance_pixels": distance_pixels(one),
        "task": config.task,
        "question": Unopened(data.question.to_json()),
        "recipe": data.normalized.recipe,
        "recipe_id": data.normalized.recipe_id,
        "statistics": {"mean": list(statistics.mean), "std": list(statistics.std)},
        "seed": config.train.seed,
        "train_digest": data.train.digest,
        "validation_digest": data.validation.digest,
        "cohort_digest": data.cohort.digest,
    }


def _how_it_went(work: Work, trained: _Trained) -> dict[str, Any]:
    settings, fits = work.config.train, trained.fits
    validation = members.validated(work, trained.logits)
    return {
        "members": tuple(
            Member(
                each.seed,
                each.state.epochs_run,
                each.state.kept_epoch,
                round(each.seconds, 1),
                of_validation(each.kept),
            )
            for each in fits
        ),
        "validation": {"loss": validation.loss, **validation.numbers},
        "epochs_run": max(each.state.epochs_run for each in fits),
        "best_epoch": fits[0].state.kept_epoch if len(fits) == 1 else None,
        "monitor": "val_loss" if settings.patience else None,
        "average_epochs": settings.average_epochs,
        "refit": settings.refit,
        "device": work.how.device,
        "threads": work.store.threads,
        "compiled": work.how.compiled,
        "precision": work.how.policy,
        "versions": provenance.versions(),
        "seconds": round(sum(each.seconds for each in (*fits, *trained.refits)), 1),
    }


def _history(trained: _Trained) -> pd.DataFrame:
    """A row an epoch of every fit; `refit` is 1 in those on both parts."""
    return pd.DataFrame(
        {"seed": each.seed, "refit": refit, **row}
        for refit, fits in enumerate((trained.fits, trained.refits))
        for each in fits
        for row in each.state.history
    )


def _line(record: ModelRecord, count: int, in_words: InWords) -> str:
    fits = len(record.members)
    kept = f"epoch {record.best_epoch} kept" if fits == 1 else f"{fits} networks as one"
    again = "; then fitted anew on both parts" if record.refit else ""
    return (
        f"{record.architecture} with {record.parameters:,} parameters, {count:,} scans, "
        f"{record.epochs_run} epochs in {record.seconds:.0f} s on {record.device}; "
        f"{kept}: validation loss {record.validation['loss']:.3f}{in_words(record.validation)}{again}"
    )
