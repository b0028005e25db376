"""The running mean of the weights (Polyak & Juditsky 1992), which wanders less than they do."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numpy as np

from pipeline.train.state import State, values
from pipeline.train.training_model import TrainingModel


def follow(state: State, trainer: TrainingModel, *, memory: float) -> None:
    """Takes the weights after a step into the mean, which remembers about `memory` steps.

    Until so many were made it is the plain mean of all, so that it never holds the weights of the start.
    """
    share = np.float32(max(1.0 / state.step, min(1.0, 1.0 / memory)))
    weights = values(trainer.net.weights)
    before = state.mean_weights or weights
    state.mean_weights = [mean + share * (new - mean) for mean, new in zip(before, weights, strict=True)]


@contextlib.contextmanager
def averaged_in(trainer: TrainingModel, state: State) -> Iterator[None]:
    """The net with the mean weights, where there are any, and afterwards with its own again."""
    if not state.mean_weights:
        yield
        return
    own = values(trainer.net.weights)
    trainer.net.set_weights(state.mean_weights)
    try:
        yield
    finally:
        trainer.net.set_weights(own)
