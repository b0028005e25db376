"""The stage: from the frozen cohort to a saved model with its record and its history."""

from __future__ import annotations

from typing import Any

import keras
import pandas as pd

from pipeline import backend, digests, provenance
from pipeline.config import Config
from pipeline.contracts import history, model_record
from pipeline.contracts.model_record import ModelRecord
from pipeline.contracts.unopened import Unopened
from pipeline.models import Intensities
from pipeline.models.receptive_field import distance_pixels, receptive_field_pixels, stem_distance_pixels
from pipeline.provenance import cores
from pipeline.records import Summary
from pipeline.tasks.registry import task_of
from pipeline.train import assembly, intensities, material
from pipeline.train.assembly import Computing
from pipeline.train.checkpoint import open_store
from pipeline.train.fit import InWords, fit, of_validation
from pipeline.train.gate import require_fitting, require_judgeable
from pipeline.train.identity import run_digest, work_digest
from pipeline.train.material import Material
from pipeline.train.saving import write_model
from pipeline.train.state import State
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
    data = material.read(workspace, task)
    require_fitting(config, data.input_shape)
    training = run_digest(config, data)
    require_judgeable(config, workspace, data.question, training=training)
    threads = config.train.threads or cores()
    store = open_store(
        workspace.checkpoints,
        training,
        threads=threads,
        work=work_digest(config, data),
        environment=provenance.framework(provenance.versions()),
    )
    backend.start(store.threads)
    how = assembly.computing(config.train)
    statistics = intensities.measured(len(data.train.case_ids), data.train.read)
    with backend.explain_out_of_memory(
        "Lower `train.batch_size`, the size of the network or the shape in `normalize`."
    ):
        trained = assembly.assemble(config, data, statistics, how)
        state = fit(trained.trainer, trained.examples, trained.validate, plan=trained.plan, store=store)
    # Saved in float32 whatever the training's precision, so that any machine can score with it.
    net = assembly.build_net(task, config.train, data, statistics, policy=assembly.FLOAT32)
    net.set_weights(state.kept_weights)
    changed = write_model(workspace.candidate / model_record.MODEL_FILE, net)
    record = ModelRecord(
        **_what_was_trained(config, data, net, statistics),
        **_how_it_went(state, how, threads=store.threads, patience=config.train.patience),
        precision=how.policy,
        training=training,
        model_sha256=digests.of_file(workspace.candidate / model_record.MODEL_FILE),
    )
    changed |= model_record.FILE.write(workspace.candidate, record)
    changed |= history.FILE.write(workspace.candidate, pd.DataFrame(state.history))
    return Summary((_line(record, state, len(data.train.case_ids), task.learning.in_words),), changed)


def _what_was_trained(
    config: Config, data: Material, net: keras.Model, statistics: Intensities
) -> dict[str, Any]:
    settings = config.section("train")
    return {
        "architecture": config.train.model,
        "network": {key: settings[key] for key in config.train.network},
        "dropout": config.train.dropout,
        "parameters": net.count_params(),
        "input_shape": data.input_shape,
        "spacing": data.normalized.spacing,
        "first_layer": "first_convolution",
        "receptive_field_pixels": receptive_field_pixels(net),
        "stem_distance_pixels": stem_distance_pixels(net),
        "distance_pixels": distance_pixels(net),
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


def _how_it_went(state: State, how: Computing, *, threads: int, patience: int) -> dict[str, Any]:
    return {
        "epochs_run": state.epochs_run,
        "best_epoch": state.kept_epoch,
        "monitor": "val_loss" if patience else None,
        "device": how.device,
        "threads": threads,
        "compiled": how.compiled,
        "versions": provenance.versions(),
        "seconds": round(sum(row["seconds"] for row in state.history), 1),
    }


def _line(record: ModelRecord, state: State, count: int, in_words: InWords) -> str:
    kept = state.history[state.kept_epoch - 1]
    return (
        f"{record.architecture} with {record.parameters:,} parameters, {count:,} scans, "
        f"{state.epochs_run} epochs in {record.seconds:.0f} s on {record.device}; "
        f"epoch {state.kept_epoch} kept: validation loss {kept['val_loss']:.3f}"
        f"{in_words(of_validation(kept))}"
    )
