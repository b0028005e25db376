"""What would be refused after training is refused before it: no epoch is run for a model nobody may judge."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline import ledger
from pipeline.champion.gate import Asked, require_look, require_same_classes, rule
from pipeline.champion.pointer import current
from pipeline.config import Config
from pipeline.contracts import model_record
from pipeline.models import ARCHITECTURES, architecture
from pipeline.workspace import Workspace

_OF_TWO_CLASSES = ("sensitivity", "specificity")


def require_fitting(config: Config, input_shape: tuple[int, ...]) -> None:
    """Nothing, if the network takes scans `([slices,] rows, columns, channels)`. Raises ConfigError."""
    if (reason := architecture(config.train.model).unfit(input_shape)) is None:
        return
    fitting = [name for name in sorted(ARCHITECTURES) if architecture(name).unfit(input_shape) is None]
    raise config.refuse(
        ("train", "model"),
        f"'{config.train.model}' {reason}, and the recipe gives scans of {_shape(input_shape)}. "
        f"Choose {' or '.join(fitting)}, or another shape in `normalize`.",
    )


def require_judgeable(config: Config, workspace: Workspace, classes: Sequence[str], *, training: str) -> None:
    """Nothing, if the model of this training may look at the test part and be compared with the champion.

    `training` is the digest of all that decides the weights: the same training gives the same model, whose
    earlier look counts.

    Raises:
        GateError: looks are spent, the rule changed after this model's look, or the champion knows other
            classes.
        ConfigError: the goal is a metric that these classes don't have.
    """
    goal = config.evaluate.goal
    if goal and goal.metric in _OF_TWO_CLASSES and len(classes) > 2:
        raise config.refuse(
            ("evaluate", "goal", "metric"),
            f"'{goal.metric}' is a metric of two classes, and there are {len(classes)} "
            f"({', '.join(classes)}). Choose auroc, auprc or accuracy.",
        )
    earlier = ledger.read(workspace.ledger("looks"))
    asked = Asked(
        rule(config.evaluate, config.compare).digest,
        _challenged(workspace, classes, training),
        config.compare.look_budget,
    )
    require_look(earlier, asked, is_same=lambda record: record.get("training") == training)


def _shape(input_shape: tuple[int, ...]) -> str:
    """The shape in words.

    >>> _shape((40, 64, 48, 1))
    '40 × 64 × 48 voxels (slices × rows × columns) in 1 channel'
    """
    *space, channels = input_shape
    axes = "voxels (slices × rows × columns)" if len(space) == 3 else "pixels (rows × columns)"
    return f"{' × '.join(map(str, space))} {axes} in {channels} channel{'s' if channels > 1 else ''}"


def _challenged(workspace: Workspace, classes: Sequence[str], training: str) -> str | None:
    """The generation that the model will be compared with; None where it is none, or that very model."""
    champion = current(workspace)
    if champion is None:
        return None
    record = model_record.FILE.read(champion.folder)
    require_same_classes(record.classes, classes)
    return None if record.training == training else champion.generation
