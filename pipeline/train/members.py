"""The networks of a training, one for each seed: fitted one after the other, each resumable by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from pipeline.config import Config
from pipeline.models import Intensities, ensemble
from pipeline.models.segmenter import finest
from pipeline.progress import say
from pipeline.tasks.contract import Validation
from pipeline.tasks.registry import Task
from pipeline.train import assembly, live
from pipeline.train.assembly import Computing
from pipeline.train.checkpoint import Store
from pipeline.train.fit import fit
from pipeline.train.material import Material
from pipeline.train.state import State
from pipeline.train.validation import answers


@dataclass(frozen=True)
class Fitted:
    """A network's seed, and the state in which its fit ended."""

    seed: int
    state: State

    @property
    def kept(self) -> dict[str, Any]:
        """The row of history of the epoch that was kept."""
        return self.state.history[self.state.kept_epoch - 1]

    @property
    def seconds(self) -> float:
        """How long the fit took."""
        return float(sum(row["seconds"] for row in self.state.history))


@dataclass(frozen=True)
class Work:
    """What all fits of a training share; `live` is the folder of the page that tells how it goes."""

    config: Config
    task: Task
    data: Material
    statistics: Intensities
    how: Computing
    store: Store
    live: Path


def fitted(work: Work) -> tuple[Fitted, ...]:
    """A fit on the training part for each seed. Raises as `fit.fit`."""
    settings = work.config.train
    return tuple(
        _fitted(work, seed, number=number, name=f"seed-{seed}", epochs=None)
        for number, seed in enumerate(range(settings.seed, settings.seed + settings.seeds), start=1)
    )


def refitted(work: Work, before: tuple[Fitted, ...]) -> tuple[Fitted, ...]:
    """A fit on both parts for each of those before, for as many epochs as were kept there.

    The learning rate takes the same way: where validation ended a fit early, it is left where it was.
    """
    together = replace(work, data=work.data.together)
    return tuple(
        _fitted(together, each.seed, number=number, name=f"refit-{each.seed}", epochs=each.state.kept_epoch)
        for number, each in enumerate(before, start=1)
    )


def network(work: Work, fits: tuple[Fitted, ...]) -> keras.Model:
    """The networks as one, in float32 whatever the training's precision, so that any machine can score."""
    average = partial(work.task.network.averaged, question=work.data.question)
    return ensemble.averaged(list(_networks(work, fits)), average)


def validation_answers(work: Work, fits: tuple[Fitted, ...]) -> NDArray[np.float64]:
    """What the networks as one say of the validation part, as `validation.answers` has it."""
    net = network(work, fits)  # one of its own, for what it is compiled with would be saved, too
    net.compile(jit_compile=work.how.compiled)
    return answers(net, work.data.validation, work.task, work.data.question)


def validated(work: Work, logits: NDArray[np.float64]) -> Validation:
    """How good answers to the validation part are."""
    learning, data = work.task.learning, work.data
    weigh = learning.weigh(work.config.train, data.train.targets, data.question)
    loss = learning.loss(work.config.train, data.train.targets)
    return learning.validated(logits, data.validation.targets, weigh(data.validation.targets), loss)


def _fitted(work: Work, seed: int, *, number: int, name: str, epochs: int | None) -> Fitted:
    settings = work.config.train.model_copy(update={"seed": seed})
    config = work.config.model_copy(update={"train": settings})
    if settings.seeds > 1:
        say(f"Network {number} of {settings.seeds} (seed {seed}).")
    made = assembly.assemble(config, work.data, work.statistics, work.how)
    plan = made.plan if epochs is None else replace(made.plan, epochs=epochs, patience=0)
    renew = partial(live.renew, work.live, name=config.name, epochs=plan.epochs, seed=seed)
    plan = replace(plan, renew=renew)
    state = fit(made.trainer, made.examples, made.validate, plan=plan, store=work.store.of(name))
    return Fitted(seed, state)


def _networks(work: Work, fits: tuple[Fitted, ...]) -> Iterator[keras.Model]:
    for each in fits:
        net = assembly.build_net(
            work.task, work.config.train, work.data, work.statistics, policy=assembly.FLOAT32
        )
        net.set_weights(each.state.kept_weights)
        yield finest(net)
