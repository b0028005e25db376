"""What would be refused after training is refused before it: no epoch is run for a model nobody may judge."""

from __future__ import annotations

from pipeline import ledger
from pipeline.champion.looks import Terms, require_look, rule
from pipeline.champion.pointer import current
from pipeline.champion.question import question_of_champion
from pipeline.config import Config
from pipeline.contracts import model_record
from pipeline.models import architecture, giving
from pipeline.tasks.contract import Question
from pipeline.tasks.registry import task_of
from pipeline.workspace import Workspace


def require_fitting(config: Config, input_shape: tuple[int, ...]) -> None:
    """Nothing, if the network takes scans `([slices,] rows, columns, channels)`. Raises ConfigError."""
    if (reason := architecture(config.train.model).unfit(input_shape)) is None:
        return
    alike = giving(architecture(config.train.model).GIVES)
    fitting = [name for name in alike if architecture(name).unfit(input_shape) is None]
    raise config.refuse(
        ("train", "model"),
        f"'{config.train.model}' {reason}, and the recipe gives scans of {_shape(input_shape)}. "
        f"Choose {' or '.join(fitting)}, or another shape in `normalize`.",
    )


def require_judgeable(config: Config, workspace: Workspace, question: Question, *, training: str) -> None:
    """Nothing, if the model of this training may look at the test part and be compared with the champion.

    `training` is the digest of all that decides the weights: the same training gives the same model, whose
    earlier look counts.

    Raises:
        GateError: looks are spent, the rule changed after this model's look, or the champion answers another
            question.
        ConfigError: the goal is a metric that this question doesn't have.
    """
    task = task_of(config.task)
    if config.evaluate.goal:
        task.measures.require_goal(config.evaluate.goal, question, refuse=config.refuse)
    earlier = ledger.read(workspace.ledger("looks"))
    terms = Terms(
        rule(config.evaluate, config.compare).digest,
        _challenged(workspace, config.task, question, training=training),
        config.compare.look_budget,
    )
    require_look(earlier, terms, is_same=lambda record: record.get("training") == training)


def _shape(input_shape: tuple[int, ...]) -> str:
    """The shape in words.

    >>> _shape((40, 64, 48, 1))
    '40 × 64 × 48 voxels (slices × rows × columns) in 1 channel'
    """
    *space, channels = input_shape
    axes = "voxels (slices × rows × columns)" if len(space) == 3 else "pixels (rows × columns)"
    return f"{' × '.join(map(str, space))} {axes} in {channels} channel{'s' if channels > 1 else ''}"


def _challenged(workspace: Workspace, name: str, question: Question, *, training: str) -> str | None:
    """The generation that the model will be compared with; None where it is none, or that very model."""
    task, champion = task_of(name), current(workspace)
    if champion is None:
        return None
    task.target.require_same(question_of_champion(champion.folder, task=name), question)
    record = model_record.FILE.read(champion.folder)
    return None if record.training == training else champion.generation
