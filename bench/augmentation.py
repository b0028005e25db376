"""What augmentation costs a training step at five sizes, beside its bar.

Run as `python -m bench.augmentation`: the resnet of the chest radiographs on made-up scans, with all their
random changes and with none, two threads, in turns.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bench.feed import made_up, unaugmented
from bench.project import SOURCE, row
from bench.race import race, ratio, serve
from pipeline import backend
from pipeline.checks import load_checked

THREADS: Final = 2
ROUNDS: Final = 5
CONFIG: Final = "chest-xray-pneumonia"
SIZES: Final = {
    "128": (32, (128, 128, 1), 10),
    "256": (16, (256, 256, 1), 8),
    "512": (8, (512, 512, 1), 5),
    "64x64x64": (4, (64, 64, 64, 1), 8),
    "128x128x128": (2, (128, 128, 128, 1), 3),
}
"""Of a name: scans a batch, their shape, and steps a round."""
MOST: Final = 0.10


def step(size: str, changes: str) -> Callable[[], object]:
    """A training step on one batch held in memory, with the configured changes or with none."""
    from pipeline.train import assembly, intensities
    from pipeline.train.feed import make_batch

    backend.start(THREADS)
    count, shape, _ = SIZES[size]
    config = load_checked(SOURCE / "configs" / f"{CONFIG}.yaml")
    train = config.train.model_copy(update={"batch_size": count})
    config = config.model_copy(update={"train": train})
    with tempfile.TemporaryDirectory() as folder:
        data = made_up(Path(folder), shape, count)
        statistics = intensities.measured(count, data.train.read)
        made = assembly.assemble(
            config if changes == "all" else unaugmented(config),
            data,
            statistics,
            assembly.computing(config.train),
        )
        batch = make_batch(made.examples, 0, seed=1, batch_size=count)
    return lambda: made.trainer.train_on_batch(batch.inputs, batch.targets, sample_weight=batch.weights)


def measure(size: str) -> None:
    """Prints what the changes cost, as a share of a step without them."""
    runners = {changes: ("bench.augmentation", size, changes) for changes in ("none", "all")}
    taken = race(runners, rounds=ROUNDS, steps=SIZES[size][2])
    plain, changed = taken["none"], taken["all"]
    wall, cpu = (ratio(getattr(changed, kind), getattr(plain, kind)) - 1 for kind in ("wall", "cpu"))
    what = f"augmentation at {size}, cost of a step of {plain.median_wall:.0f} ms (of CPU)"
    row(what, f"{100 * wall:.1f} % ({100 * cpu:.1f} %)", f"<= {100 * MOST:.0f} %", wall <= MOST)


def main(arguments: list[str]) -> None:
    """Measures all sizes or the one named, or serves the steps of one as a runner."""
    if len(arguments) > 1:
        serve(step(*arguments))
        return
    for size in arguments or SIZES:
        measure(size)


if __name__ == "__main__":
    main(sys.argv[1:])
