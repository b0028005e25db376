"""Control networks: the same recipe where nothing can be learned, or from what nothing should be.

They are trained after the model, each for a few of its epochs, resumably, and touch none of its bits. What
they reach the stage `evaluate` measures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline import digests
from pipeline.contracts import controls as contract
from pipeline.contracts.controls import Network, Networks
from pipeline.controls import BLANKED, CONTROLS, PERMUTED, RANDOM, blanked, dealt_anew
from pipeline.progress import say
from pipeline.train import assembly
from pipeline.train.assembly import Assembly
from pipeline.train.checkpoint import assign
from pipeline.train.feed import Examples
from pipeline.train.fit import fit
from pipeline.train.members import Work
from pipeline.train.saving import write_model
from pipeline.train.state import values

SHARE: Final = 0.2
"""Of the model's epochs, for all control networks together: with what is built and asked under a quarter."""
OFF: Final = "`train: {controls: false}` says so"
NOT_ASKED: Final = "what chance alone reaches isn't known of this kind of question"
_TRAINED: Final = tuple(key for key in CONTROLS if key != RANDOM)
_FEWEST: Final = round(len(_TRAINED) / SHARE)

Weights = list[NDArray[Any]]


@dataclass(frozen=True)
class Wanted:
    """What control networks are of: the model that `training` decides, the persons of its training cases."""

    training: str
    persons: tuple[str, ...]


def write(work: Work, wanted: Wanted, data: Path) -> bool:
    """Whether the control networks below the folder of derived files changed. Raises as `fit.fit`."""
    settings = work.config.train
    whole = settings.epochs * settings.seeds
    before = contract.NETWORKS.find(data)
    if reason := _why_none(work, whole):
        for key in CONTROLS:
            contract.network_path(data, key).unlink(missing_ok=True)
        return contract.NETWORKS.write(data, Networks(wanted.training, whole, reason=reason))
    if before is not None and before.training == wanted.training and _are_there(before, data):
        return False
    epochs = int(whole * SHARE) // len(_TRAINED)
    weights, seconds = _trained(work, wanted, epochs)
    found = []
    for key in CONTROLS:
        path = contract.network_path(data, key)
        _write_network(work, path, weights[key])
        found.append(Network(key, digests.of_file(path), 0 if key == RANDOM else epochs))
    networks = Networks(wanted.training, whole, tuple(found), round(seconds, 1))
    contract.NETWORKS.write(data, networks)
    return True


def _why_none(work: Work, epochs: int) -> str:
    """Why no control network is trained, empty where they are."""
    if not work.config.train.controls:
        return OFF
    if work.task.measures.chance(work.data.question) is None:
        return NOT_ASKED
    if epochs < _FEWEST:
        return f"{epochs} epochs of training leave no room for them: {_FEWEST} would"
    return ""


def _are_there(known: Networks, data: Path) -> bool:
    """Whether the networks are those that were written."""
    paths = [(contract.network_path(data, each.key), each.sha256) for each in known.networks]
    return bool(paths) and all(path.is_file() and digests.of_file(path) == sha256 for path, sha256 in paths)


def _trained(work: Work, wanted: Wanted, epochs: int) -> tuple[dict[str, Weights], float]:
    """The weights of each network, all from the same start, and the seconds of the fits.

    One trainer serves them all, so that it is built and traced once.
    """
    made = assembly.assemble(_short(work, epochs).config, work.data, work.statistics, work.how)
    net, optimizer = values(made.trainer.net.variables), values(made.trainer.optimizer.variables)
    weights = {RANDOM: values(made.trainer.net.weights)}
    seconds = 0.0
    for key in _TRAINED:
        say(f"Control run: {key.replace('_', ' ')}, {epochs} epoch{'' if epochs == 1 else 's'}.")
        assign(made.trainer.net.variables, net)
        assign(made.trainer.optimizer.variables, optimizer)
        state = fit(
            made.trainer,
            _examples(work, wanted, made, key),
            None,
            plan=made.plan,
            store=work.store.of(f"control-{key.replace('_', '-')}"),
        )
        weights[key] = state.kept_weights
        seconds += float(sum(row["seconds"] for row in state.history))
    return weights, seconds


def _short(work: Work, epochs: int) -> Work:
    """The same work for so many epochs, in which the warm-up has the share that it had, at most."""
    settings = work.config.train
    warm = settings.warmup_epochs * epochs / settings.epochs
    changes = {"epochs": epochs, "seeds": 1, "patience": 0, "average_epochs": 0.0, "warmup_epochs": warm}
    return replace(work, config=work.config.model_copy(update={"train": settings.model_copy(update=changes)}))


def _examples(work: Work, wanted: Wanted, made: Assembly, key: str) -> Examples:
    """What the network learns from: the training part, its truths dealt anew or its images blanked."""
    examples, settings = made.examples, work.config.train
    if key == PERMUTED:
        targets = dealt_anew(examples.targets, wanted.persons, seed=settings.seed)
        weigh = work.task.learning.weigh(settings, work.data.train.targets, work.data.question)
        return replace(examples, targets=targets, weights=weigh(targets).astype(np.float32))
    read: Callable[[int], NDArray[Any]] = partial(_blanked, examples.read, key, work.statistics.mean)
    return replace(examples, read=read)


def _blanked(
    read: Callable[[int], NDArray[Any]], key: str, fill: tuple[float, ...], index: int
) -> NDArray[Any]:
    return blanked(read(index), BLANKED[key], fill)


def _write_network(work: Work, path: Path, weights: Weights) -> None:
    net = assembly.build_net(
        work.task, work.config.train, work.data, work.statistics, policy=assembly.FLOAT32
    )
    net.set_weights(weights)
    write_model(path, net)
