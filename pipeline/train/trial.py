"""One step before training begins, so that too little memory is told at once and not after hours."""

from __future__ import annotations

from pipeline import memory
from pipeline.errors import RetryError
from pipeline.train.checkpoint import assign
from pipeline.train.feed import Batch
from pipeline.train.state import values
from pipeline.train.training_model import TrainingModel

_GB = 10**9


def require_room(trainer: TrainingModel, batch: Batch, *, budget_bytes: int) -> None:
    """Nothing, if a step takes no more memory than `budget_bytes`; the trainer is left as it was.

    Raises RetryError with what it took. On a GPU a step that doesn't fit ends by itself.
    """
    variables = [*trainer.net.variables, *trainer.optimizer.variables]
    before = values(variables)
    with memory.Watch() as watch:
        trainer.train_on_batch(batch.inputs, batch.targets, sample_weight=batch.weights)
    assign(variables, before)
    trainer.reset_metrics()
    if watch.most_bytes > budget_bytes:
        raise RetryError(
            f"One step takes {watch.most_bytes / _GB:.1f} GB, and training may take "
            f"{budget_bytes / _GB:.1f} GB. Lower `train.batch_size`, `train.patch` or `train.width`, or say "
            "by `train.memory_gb` that more is there. Nothing was trained yet."
        )
