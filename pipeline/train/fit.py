"""The training loop: steps, validation after each epoch, states to resume from, and when to stop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from pipeline.crash_points import crash_point
from pipeline.errors import DataError, ScanloomError
from pipeline.progress import bar, say
from pipeline.tasks.contract import Validation
from pipeline.train.averaging import averaged_in, follow
from pipeline.train.checkpoint import Store
from pipeline.train.feed import Batch, Examples, Prefetched, make_batch, steps_per_epoch
from pipeline.train.interrupts import watched
from pipeline.train.state import State, keep, learning_rate, resumed, values
from pipeline.train.training_model import TrainingModel

Validate = Callable[[], Validation]
"""Measures the net on the validation part."""
InWords = Callable[[Mapping[str, float | None]], str]
"""What a person is told of the numbers of the validation part, beside its loss."""


@dataclass(frozen=True)
class Plan:
    """How long to train, and when to keep a state.

    With a `patience` of 0 all epochs are trained and the last weights are the result: the learning rate
    has fallen to 0 by then, and nothing was chosen on the validation part, which is often small. With
    more, training ends when the validation loss hasn't fallen for so many epochs, and the weights of
    the best epoch are the result.

    With `average_steps` above 0 it is the running mean of the weights that is validated and kept, over about
    so many steps. Moving averages of batch normalization are among the weights: theirs is the mean of the
    statistics that those very weights gave rise to.

    `renew` is called with the rows of history after each epoch, and when an interrupted fit goes on.
    """

    epochs: int
    batch_size: int
    seed: int
    patience: int
    checkpoint_every_steps: int
    in_words: InWords
    average_steps: float = 0.0
    renew: Callable[[Sequence[Mapping[str, Any]]], None] = lambda history: None


def fit(
    trainer: TrainingModel, examples: Examples, validate: Validate | None, *, plan: Plan, store: Store
) -> State:
    """The state after the last epoch, going on from the newest stored one.

    `trainer` is compiled and its optimizer built; its net is left as it was after the last step. Without
    `validate` no scan is left to validate on, and the last epoch is kept.

    Raises:
        DataError: the loss is not finite because a scan isn't.
        ScanloomError: the loss is not finite for another reason.
        Interrupted: a signal asked to stop; the state is stored.
    """
    steps = steps_per_epoch(examples.count, plan.batch_size)
    total = plan.epochs * steps
    state = resumed(trainer, store)
    left = range(state.step, state.step if _is_done(state, plan) else total)
    make = partial(make_batch, examples, seed=plan.seed, batch_size=plan.batch_size)
    with watched() as stop, bar("train", total, "steps") as shown, Prefetched(make, left) as feed:
        if left and state.step:
            say(f"Training goes on after step {state.step} (epoch {state.step // steps + 1}).")
            plan.renew(state.history)
        shown.advance(state.step)
        clock = _Clock(feed)
        for batch in feed:
            _train_step(trainer, batch, state, examples=examples)
            if plan.average_steps:
                follow(state, trainer, memory=plan.average_steps)
            clock.count(state)
            if state.step % steps == 0:
                _end_epoch(trainer, state, validate, plan=plan, steps=steps)
                shown.note(_note(state, plan))
                plan.renew(state.history)
            shown.advance()
            done, stopping = _is_done(state, plan), stop.signal_number is not None
            if done or stopping or state.step % plan.checkpoint_every_steps == 0:
                keep(trainer, state, store)
            crash_point(f"train:step-{state.step}")
            if done:
                break
            if stopping:
                raise stop.error()
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


def _train_step(trainer: TrainingModel, batch: Batch, state: State, *, examples: Examples) -> None:
    logs = trainer.train_on_batch(batch.inputs, batch.targets, sample_weight=batch.weights, return_dict=True)
    if not math.isfinite(logs["loss"]):
        raise _not_finite(batch, examples, learning_rate(trainer))
    state.step += 1
    state.loss_sum += float(logs["loss"])
    for name, value in logs.items():
        if name != "loss":
            state.metric_sums[name] = state.metric_sums.get(name, 0.0) + float(value)


def _not_finite(batch: Batch, examples: Examples, rate: float) -> ScanloomError:
    """The error for a loss that is NaN or infinite, with where it arose."""
    what = f"The loss is not a finite number at step {batch.step + 1}, learning rate {rate:.3g}"
    case_ids = [examples.case_ids[number // examples.a_scan] for number in batch.case]
    scans = zip(case_ids, batch.scans, strict=True)
    broken = [case_id for case_id, scan in scans if not np.isfinite(scan.astype(np.float32)).all()]
    if broken:
        return DataError(
            f"{what}, because these scans hold NaN or infinities: {', '.join(broken)}. "
            "Mend `normalize`, or leave the scans out."
        )
    sound = ", ".join(case_ids)
    return ScanloomError(
        f"{what}; the scans of the batch are sound ({sound}). No state was kept of it. "
        "Lower `train.learning_rate`, or set `train.precision: float32`."
    )


def _end_epoch(
    trainer: TrainingModel, state: State, validate: Validate | None, *, plan: Plan, steps: int
) -> None:
    """Closes the epoch: a row of history, the weights to keep, and sums that start again."""
    rate = learning_rate(trainer)
    with averaged_in(trainer, state):
        weights = values(trainer.net.weights)
        validation = validate() if validate else None
    if validation and not math.isfinite(validation.loss):
        raise ScanloomError(
            f"The validation loss is not a finite number after epoch {state.epochs_run + 1} (learning rate "
            f"{rate:.3g}). Lower `train.learning_rate`."
        )
    state.history.append(_row(state, validation, rate, images=steps * plan.batch_size, steps=steps))
    is_best = validation is not None and (state.best_loss is None or validation.loss < state.best_loss)
    if validation and is_best:
        state.best_loss = validation.loss
    if is_best or plan.patience == 0:
        state.kept_epoch, state.kept_weights = state.epochs_run, weights
    state.loss_sum = state.epoch_seconds = state.waited_seconds = 0.0
    state.metric_sums = {}


def _row(
    state: State, validation: Validation | None, rate: float, *, images: int, steps: int
) -> dict[str, Any]:
    validated = {"loss": validation.loss, **validation.numbers} if validation else {"loss": None}
    seconds = max(state.epoch_seconds, 1e-9)  # a coarse clock may stand still in a short epoch
    return {
        "epoch": state.epochs_run + 1,
        "loss": state.loss_sum / steps,
        **{name: total / steps for name, total in state.metric_sums.items()},
        **{f"val_{name}": value for name, value in validated.items()},
        "learning_rate": rate,
        "seconds": seconds,
        "images_per_second": images / seconds,
        "wait_share": state.waited_seconds / seconds,
    }


def of_validation(row: Mapping[str, Any]) -> dict[str, float | None]:
    """The numbers of the validation part in a row of history, by their own names."""
    return {name.removeprefix("val_"): row[name] for name in row if name.startswith("val_")}


def _is_done(state: State, plan: Plan) -> bool:
    stale = state.epochs_run - state.kept_epoch
    return state.epochs_run >= plan.epochs or (plan.patience > 0 and stale >= plan.patience)


def _note(state: State, plan: Plan) -> str:
    row = state.history[-1]
    validated = ""
    if row["val_loss"] is not None:
        validated = f"validation loss {row['val_loss']:.3f}{plan.in_words(of_validation(row))}, "
    return (
        f"epoch {row['epoch']} of {plan.epochs}: loss {row['loss']:.3f}, {validated}"
        f"{row['images_per_second']:.0f} images/s, waiting {100 * row['wait_share']:.1f} %"
    )
