"""What control networks reach on the test part, and whether that speaks against the model's own number."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline import digests, scoring
from pipeline.config import Evaluate
from pipeline.contracts import controls as contract
from pipeline.contracts.controls import Control, Controls, Network, Networks
from pipeline.contracts.metrics import FILE as METRICS
from pipeline.contracts.metrics import Metric, Metrics
from pipeline.contracts.predictions import FILE as PREDICTIONS
from pipeline.contracts.tables import PATIENT
from pipeline.contracts.unopened import Unopened
from pipeline.controls import BLANKED, BORDER, CENTRE, CONTROLS, PERMUTED, RANDOM, blanked
from pipeline.errors import DamageError
from pipeline.evaluate.measure import CHOICES_PART
from pipeline.printed import scanloom
from pipeline.tasks.registry import Task

if TYPE_CHECKING:
    import pandas as pd

RESAMPLES: Final = 500  # a choice: enough for the ends of an interval that is held against one number
CLOSE: Final = (
    0.02  # of the metric: what lies so near the model's own number leaves the image hardly a part in it
)
BEYOND: Final = 0.1  # over chance: an untrained network strays from it a little, up or down, on any images
NO_NETWORKS: Final = "the model was trained by a version that made no control networks"
TEST: Final = "test"


@dataclass(frozen=True)
class Blanked:
    """A network that doesn't see the middle of its images; asked as a Keras model is."""

    model: Any
    share: float
    fill: tuple[float, ...]

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        """The shape of its answers."""
        shape: tuple[int | None, ...] = self.model.output_shape
        return shape

    def predict_on_batch(self, batch: NDArray[Any]) -> Any:
        """The answers to images `(batch, [slices,] rows, columns, channels)`."""
        return self.model.predict_on_batch(blanked(batch, self.share, self.fill))


@dataclass(frozen=True)
class Tested:
    """What control networks are asked: the cases of a cohort with their truths, and where their arrays lie.

    `scorer` is that of the model, in whose place each network answers; `cases` are rows as a table of
    predictions has them, without truths.
    """

    task: Task
    question: Any
    plan: Evaluate
    scorer: scoring.Scorer
    cases: pd.DataFrame
    labels: Mapping[str, str]
    scans: scoring.Scans


def run(tested: Tested, data: Path, metrics: Metrics) -> Controls:
    """Every control run, those that were not made with the reason; `metrics` are the model's own.

    Raises DamageError when a control network is not the one that was trained.
    """
    known = contract.NETWORKS.find(data)
    if known is None or known.training != tested.scorer.record.training:
        return _none(NO_NETWORKS)
    chance = tested.task.measures.chance(tested.question)
    if not known.networks or chance is None:
        return _none(known.reason, known)
    name, by_chance = chance
    of_model = _metric(metrics.metrics, name, metrics.unit)
    controls = tuple(
        judged(each, _asked(tested, data, each, name), by_chance, of_model) for each in known.networks
    )
    return Controls(controls, known.epochs, known.seconds)


def judged(network: Network, reached: Metric | None, chance: float, of_model: Metric | None) -> Control:
    """The control run with its judgement.

    Of blanked images it fails within CLOSE of the model, of an untrained network BEYOND chance, both only
    where the interval lies above chance; of shuffled truths wherever it does.
    """
    model = None if of_model is None else of_model.value
    if reached is None or reached.value is None or reached.low is None:
        why = "the metric is not to be had of these patients" if reached is None else reached.reason or ""
        return Control(network.key, "not_run", reached, chance, model, network.epochs, why)
    told = reached.low > chance
    if network.key == RANDOM:
        told &= reached.value > chance + BEYOND
    elif network.key in BLANKED:
        if model is None:
            why = "the model itself has no number to hold it against"
            return Control(network.key, "not_run", reached, chance, None, network.epochs, why)
        told &= model - reached.value <= CLOSE
    reason = _FOLLOWS[network.key] if told else ""
    return Control(network.key, "fail" if told else "pass", reached, chance, model, network.epochs, reason)


_FOLLOWS: Final = {
    PERMUTED: "what was learned from shuffled truths tells the true ones: the answer gets there by another "
    "way than learning, or a plain property of the images tells it",
    RANDOM: "weights that were never trained tell the truth, so a plain property of the images does, such as "
    "brightness",
    CENTRE: "without its middle the image tells the truth nearly as well: the network may look at what "
    "stands around it",
    BORDER: "the outer tenth of the image tells the truth nearly as well: marks, collimation or the table do",
}


def _none(reason: str, known: Networks | None = None) -> Controls:
    controls = tuple(Control(key, "not_run", reason=reason) for key in CONTROLS)
    return Controls(controls, known.epochs if known else 0)


def _asked(tested: Tested, data: Path, network: Network, name: str) -> Metric | None:
    """The metric of one network over the test part, with choices of its own on validation."""
    path = contract.network_path(data, network.key)
    if not path.is_file() or digests.of_file(path) != network.sha256:
        raise DamageError(
            f"{path.parent.name}/{path.name} is not the control network that was trained. "
            f"`{scanloom('train')}` writes it again."
        )
    scorer = scoring.with_model(tested.scorer, path)
    if network.key in BLANKED:
        fill = tuple(tested.scorer.record.statistics["mean"])
        scorer = replace(scorer, model=Blanked(scorer.model, BLANKED[network.key], fill))
    cases = tested.cases[tested.cases["part"].isin((CHOICES_PART, TEST))]
    asked = tested.task.answers.ask(scorer, list(cases["case_id"]), tested.scans, shown="control run")
    return _measured(tested, cases, asked, name)


def _measured(tested: Tested, cases: pd.DataFrame, asked: scoring.Answers, name: str) -> Metric | None:
    """The metric of a network that gave these answers, by the path that the model's own takes."""
    task, question = tested.task, tested.question
    plan = tested.plan.model_copy(update={"resamples": min(tested.plan.resamples, RESAMPLES)})
    truths = [tested.labels.get(case_id, "") for case_id in cases["case_id"]]
    rows = asked.answered & (cases["part"] == CHOICES_PART).to_numpy() & (np.array(truths) != "")
    chosen = task.choices.choose(
        [truth for truth, kept in zip(truths, rows, strict=True) if kept],
        asked.outputs[rows],
        list(cases[PATIENT][rows]),
        question=question,
        plan=plan,
    )
    table = task.answers.table(
        cases.assign(truth=truths),
        asked.outputs,
        asked.reasons,
        question=question,
        fixed=chosen.fixed,
    )
    predicted = _read(task, table, task.target.targets(question))
    views = task.measures.views_of(predicted, TEST, plan, fixed=chosen.fixed)
    if not views:
        return None
    found = METRICS.of(
        {"question": Unopened(question.to_json()), "metrics": task.measures.measure(views[0]).metrics}
    )
    return _metric(found.metrics, name, plan.unit)


def _read(task: Task, table: pd.DataFrame, targets: tuple[str, ...]) -> Any:
    """The table as its task reads it: checked, in its own form."""
    with tempfile.TemporaryDirectory() as folder:
        PREDICTIONS.write(Path(folder), table, targets=targets)
        return task.answers.read(PREDICTIONS.path(Path(folder)))


def _metric(metrics: tuple[Metric, ...], name: str, unit: str) -> Metric | None:
    """The metric over the whole test part."""
    wanted = (name, TEST, unit, None, None, None)
    found = (
        each
        for each in metrics
        if (each.id, each.part, each.unit, each.group, each.class_, each.target) == wanted
    )
    return next(found, None)
