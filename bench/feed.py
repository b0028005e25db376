"""What feeding and augmentation cost a training step, beside their bars.

Run as `python -m bench.feed [CONFIG]` where `make normalize` was run for that configuration, or without
one on made-up scans, with the networks of the demo and of the chest radiographs.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from bench.project import SOURCE, row
from pipeline import backend
from pipeline.arrays import Shards, ShardWriter
from pipeline.checks import load_checked
from pipeline.config import Augment, Config
from pipeline.provenance import cores
from pipeline.tasks.registry import task_of
from pipeline.workspace import Workspace

ROUNDS, STEPS = 5, 12
SHAPE, SCANS = (128, 128, 1), 512  # as both configurations make them
CONFIGS = ("demo", "chest-xray-pneumonia")


def measure(config: Config, data: Any) -> None:
    """Prints the share of waiting, the feed's speed against its ceiling, and the cost of augmentation."""
    from pipeline.train import assembly, intensities
    from pipeline.train.feed import Prefetched, make_batch

    statistics_of_part = intensities.measured(len(data.train.case_ids), data.train.read)
    how = assembly.computing(config.train)
    assembled = assembly.assemble(config, data, statistics_of_part, how)
    plain = assembly.assemble(unaugmented(config), data, statistics_of_part, how)
    make = partial(
        make_batch, assembled.examples, seed=config.train.seed, batch_size=assembled.plan.batch_size
    )
    held, waited, fed = make(0), [], []
    ceiling: list[float] = []
    without: list[float] = []
    for batches in range(-1, ROUNDS):
        with Prefetched(make, range(STEPS)) as feed:
            seconds = seconds_of(STEPS, assembled.trainer, iter(feed).__next__)
            share = feed.waited_seconds / seconds
        steady = seconds_of(STEPS, assembled.trainer, lambda: held)
        bare = seconds_of(STEPS, plain.trainer, lambda: held)
        if batches >= 0:  # the first round traces and warms up
            fed.append(seconds)
            waited.append(share)
            ceiling.append(steady)
            without.append(bare)
    _print(config.name, fed, ceiling, without, waited=waited)


def unaugmented(config: Config) -> Config:
    """The configuration without random changes."""
    train = config.train.model_copy(update={"augment": Augment()})
    return config.model_copy(update={"train": train})


def seconds_of(steps: int, trainer: Any, batch_of: Callable[[], Any]) -> float:
    """How long so many steps take, fetching included."""
    started = time.monotonic()
    for _ in range(steps):
        batch = batch_of()
        trainer.train_on_batch(batch.inputs, batch.targets, sample_weight=batch.weights)
    return time.monotonic() - started


def _print(
    name: str, fed: list[float], ceiling: list[float], without: list[float], *, waited: list[float]
) -> None:
    """Medians over the rounds; ratios are taken within a round, so that a busy machine hurts both sides."""
    step_ms = 1000 * statistics.median(ceiling) / STEPS
    ratio = statistics.median(c / f for c, f in zip(ceiling, fed, strict=True))
    cost = statistics.median((c - w) / w for c, w in zip(ceiling, without, strict=True))
    share = statistics.median(waited)
    row(f"{name}: a training step, milliseconds", f"{step_ms:.0f}", "none", True)
    row(f"{name}: speed of the feed against one held batch", f"{ratio:.2f}", ">= 0.97", ratio >= 0.97)
    row(f"{name}: share of the time spent waiting", f"{100 * share:.2f} %", "< 2 %", share < 0.02)
    row(f"{name}: augmentation, cost of a step without it", f"{100 * cost:.1f} %", "<= 10 %", cost <= 0.10)


def made_up(folder: Path, shape: tuple[int, ...] = SHAPE, count: int = SCANS) -> Any:
    """Scans of noise, by default as those of a few batches of radiographs, memory-mapped as real ones."""
    from pipeline.contracts.cohort import Cohort, Flow, Join
    from pipeline.contracts.normalized import Normalized
    from pipeline.contracts.unopened import Unopened
    from pipeline.tasks.classification.classes import Classes
    from pipeline.train.material import Material, Part

    generator = np.random.default_rng(0)
    with ShardWriter(folder / "shard-00000.npy") as shard:
        stored = tuple(shard.append(generator.normal(size=shape).astype(np.float16)) for _ in range(count))
    part = Part(
        case_ids=tuple(f"case-{number:04d}" for number in range(count)),
        targets=np.arange(count) % 2,
        stored=stored,
        shards=Shards(folder),
    )
    question = Classes(("negative", "positive"), "positive")
    cohort = Cohort(
        Unopened(question.to_json()), "", Join("", "", count, count), Flow({}, count, count, {}, 0), {}, ()
    )
    return Material(question, part, part, cohort, Normalized((), "", shape, None))


def main(arguments: list[str]) -> None:
    """Measures on the configuration given, or on made-up scans under those of `CONFIGS`."""
    backend.start(cores())
    if arguments:
        from pipeline.train import material

        path = Path(arguments[0])
        config = load_checked(path)
        measure(config, material.read(Workspace(Path.cwd(), path.stem), task_of(config.task)))
        return
    with tempfile.TemporaryDirectory() as folder:
        data = made_up(Path(folder))
        for name in CONFIGS:
            measure(load_checked(SOURCE / "configs" / f"{name}.yaml"), data)


if __name__ == "__main__":
    main(sys.argv[1:])
