"""The training loop: steps, validation after each epoch, states to resume from, and when to stop."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import DataError, ScanloomError
from pipeline.progress import Bar, bar, say
from pipeline.train import checkpoint
from pipeline.train.checkpoint import Checkpoint, Store
from pipeline.train.feed import Batch, Examples, Prefetched, make_batch, steps_per_epoch
from pipeline.train.interrupts import watched
from pipeline.train.training_model import TrainingModel
from pipeline.train.validation import Validation
from pipeline.workspace import crash_point

MONITOR = "val_loss"


@dataclass(frozen=True)
class Plan:
    """How long to train, and when to keep a state; a `patience` of 0 trains all epochs."""

    epochs: int
    batch_size: int
    seed: int
    patience: int
    checkpoint_every_steps: int


@dataclass
class State:
    """Where training stands: what, with the variables, a resumed run needs.

    Sums are those of the epoch in progress; `best_weights` are the net's when `MONITOR` was lowest.
    """

    step: int = 0
    loss_sum: float = 0.0
    accuracy_sum: float = 0.0
    epoch_seconds: float = 0.0
    waited_seconds: float = 0.0
    total_seconds: float = 0.0
    best_loss: float = math.inf
    best_epoch: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
    best_weights: list[NDArray[Any]] = field(default_factory=list)

    @property
    def epochs_run(self) -> int:
        """How many epochs are complete."""
        return len(self.history)


def fit(
    trainer: TrainingModel, examples: Examples, validate: Callable[[], Validation], *, plan: Plan, store: Store
) -> State:
    """The state after the last epoch, going on from the newest stored one.

    `trainer` is compiled and its optimizer built; its net is left as it was after the last step.

    Raises:
        DataError: the loss is not finite because a scan isn't.
        ScanloomError: the loss is not finite for another reason.
        Interrupted: a signal asked to stop; the state is stored.
    """
    steps = steps_per_epoch(len(examples.case_ids), plan.batch_size)
    state = _resumed(trainer, store)
    make = partial(make_batch, examples, seed=plan.seed, batch_size=plan.batch_size)
    last = state.step if _is_done(state, plan) else plan.epochs * steps
    with (
        watched() as stop,
        bar("train", plan.epochs * steps, "steps") as shown,
        Prefetched(make, range(state.step, last)) as feed,
    ):
        if 0 < state.step < last:
            say(f"Training goes on after step {state.step} (epoch {state.step // steps + 1}).")
        shown.advance(state.step)
        clock = _Clock(feed)
        for batch in feed:
            _train_step(trainer, batch, state, examples)
            clock.count(state)
            shown.advance()
            if state.step % steps == 0:
                _end_epoch(trainer, state, validate(), plan=plan, steps=steps)
                shown.note(_note(state, plan))
            if state.step % steps == 0 or state.step % plan.checkpoint_every_steps == 0:
                _keep(trainer, state, store)
            crash_point(f"train:step-{state.step}")
            if stop.signal_number is not None:
                _keep(trainer, state, store)
                raise stop.error()
            if _is_done(state, plan):
                break
            clock.restart()
    return state


class _Clock:
    """Adds the time of steps, and what of it was waiting, to a state."""

    def __init__(self, feed: Prefetched) -> None:
        self._feed = feed
        self.restart()

    def restart(self) -> None:
        self._started, self._waited = time.monotonic(), self._feed.waited_seconds

    def count(self, state: State) -> None:
        state.epoch_seconds += time.monotonic() - self._started
        state.waited_seconds += self._feed.waited_seconds - self._waited


def _train_step(trainer: TrainingModel, batch: Batch, state: State, examples: Examples) -> None:
    logs = trainer.train_on_batch(batch.inputs, batch.targets, sample_weight=batch.weights, return_dict=True)
    if not math.isfinite(logs["loss"]):
        raise _not_finite(batch, examples, _learning_rate(trainer))
    state.step += 1
    state.loss_sum += float(logs["loss"])
    state.accuracy_sum += float(logs["accuracy"])


def _not_finite(batch: Batch, examples: Examples, learning_rate: float) -> ScanloomError:
    """The error for a loss that is NaN or infinite, with where it arose."""
    flat = batch.scans.reshape(len(batch.scans), -1).astype(np.float32)
    broken = ~np.isfinite(flat).all(axis=1)
    ids = [examples.case_ids[index] for index in batch.case]
    where = f"at step {batch.step + 1}, learning rate {learning_rate:.3g}"
    if broken.any():
        named = ", ".join(case for case, is_broken in zip(ids, broken, strict=True) if is_broken)
        return DataError(f"The loss is not a finite number {where}, because these scans hold NaN or infinities: {named}. "
                         "Mend `normalize` or leave the scans out.")  # fmt: skip
    return ScanloomError(
        f"The loss is not a finite number {where}; the scans of the batch are sound ({', '.join(ids)}). "
        "No state was kept of it. Lower `train.learning_rate`, or set `train.precision: float32`."
    )


def _end_epoch(trainer: TrainingModel, state: State, validation: Validation, *, plan: Plan, steps: int) -> None:
    """Closes the epoch: a row of history, the best weights, and sums that start again."""
    if not math.isfinite(validation.loss):
        raise ScanloomError(
            f"The validation loss is not a finite number after epoch {state.epochs_run + 1} (learning rate "
            f"{_learning_rate(trainer):.3g}). Lower `train.learning_rate`."
        )
    seconds = state.epoch_seconds
    state.history.append(
        {
            "epoch": state.epochs_run + 1,
            "loss": state.loss_sum / steps,
            "accuracy": state.accuracy_sum / steps,
            "val_loss": validation.loss,
            "val_accuracy": validation.accuracy,
            "val_auroc": validation.auroc,
            "learning_rate": _learning_rate(trainer),
            "seconds": seconds,
            "images_per_second": steps * plan.batch_size / max(seconds, 1e-9),
            "wait_share": state.waited_seconds / max(seconds, 1e-9),
        }
    )
    if validation.loss < state.best_loss:
        state.best_loss, state.best_epoch = validation.loss, state.epochs_run
        state.best_weights = _values(trainer.net.weights)
    state.total_seconds += seconds
    state.loss_sum = state.accuracy_sum = state.epoch_seconds = state.waited_seconds = 0.0


def _is_done(state: State, plan: Plan) -> bool:
    stale = state.epochs_run - state.best_epoch
    return state.epochs_run >= plan.epochs or (plan.patience > 0 and stale >= plan.patience)


def _note(state: State, plan: Plan) -> str:
    row = state.history[-1]
    auroc = "" if row["val_auroc"] is None else f", AUROC {row['val_auroc']:.3f}"
    return (
        f"epoch {row['epoch']} of {plan.epochs}: loss {row['loss']:.3f}, validation loss {row['val_loss']:.3f}{auroc}, "
        f"{row['images_per_second']:.0f} images/s, waiting {100 * row['wait_share']:.1f} %"
    )


def _learning_rate(trainer: TrainingModel) -> float:
    return float(keras.ops.convert_to_numpy(trainer.optimizer.learning_rate))


def _keep(trainer: TrainingModel, state: State, store: Store) -> None:
    """Stores the state. Raises ScanloomError, storing nothing, when a variable is not finite."""
    net = _values(trainer.net.variables)
    if not all(np.isfinite(array).all() for array in net):
        raise ScanloomError(
            f"A weight is not a finite number after step {state.step} (learning rate {_learning_rate(trainer):.3g}). "
            "No state was kept of it. Lower `train.learning_rate`."
        )
    numbers = dataclasses.asdict(dataclasses.replace(state, best_weights=[]))
    numbers["best_loss"] = None if math.isinf(state.best_loss) else state.best_loss
    arrays = (
        checkpoint.named("net", net)
        | checkpoint.named("optimizer", _values(trainer.optimizer.variables))
        | checkpoint.named("best", state.best_weights)
    )
    store.write(state.step, Checkpoint(arrays, numbers))


def _values(variables: list[Any]) -> list[NDArray[Any]]:
    return [keras.ops.convert_to_numpy(variable) for variable in variables]


def _resumed(trainer: TrainingModel, store: Store) -> State:
    """The newest stored state, its arrays put into the variables; a fresh state where there is none."""
    kept = store.newest()
    if kept is None:
        return State()
    checkpoint.assign(trainer.net.variables, checkpoint.unnamed("net", kept.arrays))
    checkpoint.assign(trainer.optimizer.variables, checkpoint.unnamed("optimizer", kept.arrays))
    state = State(**kept.numbers)
    state.best_loss = math.inf if kept.numbers["best_loss"] is None else state.best_loss
    state.best_weights = checkpoint.unnamed("best", kept.arrays)
    return state
