"""Where training stands, kept in a checkpoint and put back from it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ScanloomError
from pipeline.train.checkpoint import Checkpoint, Store, assign, named, unnamed
from pipeline.train.training_model import TrainingModel


@dataclass
class State:
    """What, with the variables, a resumed run needs.

    Sums and seconds are those of the epoch in progress; `history` has a row for each complete epoch;
    `kept_weights` are the net's after `kept_epoch`; `best_loss` is the lowest validation loss so far;
    `mean_weights` are the running mean of the net's, none where none is made.
    """

    step: int = 0
    loss_sum: float = 0.0
    metric_sums: dict[str, float] = field(default_factory=dict)
    epoch_seconds: float = 0.0
    waited_seconds: float = 0.0
    best_loss: float | None = None
    kept_epoch: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
    kept_weights: list[NDArray[Any]] = field(default_factory=list)
    mean_weights: list[NDArray[Any]] = field(default_factory=list)

    @property
    def epochs_run(self) -> int:
        """How many epochs are complete."""
        return len(self.history)


def values(variables: list[Any]) -> list[NDArray[Any]]:
    """Copies of Keras variables."""
    return [keras.ops.convert_to_numpy(variable) for variable in variables]


def learning_rate(trainer: TrainingModel) -> float:
    """The rate of the next step."""
    return float(keras.ops.convert_to_numpy(trainer.optimizer.learning_rate))


def keep(trainer: TrainingModel, state: State, store: Store) -> None:
    """Stores the state: all variables of the net, seeds of random layers among them, and the optimizer's.

    Raises ScanloomError, and stores nothing, when a variable is not a finite number.
    """
    net = values(trainer.net.variables)
    if not all(np.isfinite(array).all() for array in net):
        raise ScanloomError(
            f"A weight is not a finite number after step {state.step} (learning rate "
            f"{learning_rate(trainer):.3g}). No state was kept of it. Lower `train.learning_rate`."
        )
    arrays = (
        named("net", net)
        | named("optimizer", values(trainer.optimizer.variables))
        | named("kept", state.kept_weights)
        | named("mean", state.mean_weights)
    )
    numbers = dataclasses.asdict(dataclasses.replace(state, kept_weights=[], mean_weights=[]))
    store.write(state.step, Checkpoint(arrays, numbers))


def resumed(trainer: TrainingModel, store: Store) -> State:
    """The newest stored state, its arrays put into the variables; a fresh state where there is none."""
    kept = store.newest()
    if kept is None:
        return State()
    assign(trainer.net.variables, unnamed("net", kept.arrays))
    assign(trainer.optimizer.variables, unnamed("optimizer", kept.arrays))
    weights = {f"{name}_weights": unnamed(name, kept.arrays) for name in ("kept", "mean")}
    return State(**{**kept.numbers, **weights})
