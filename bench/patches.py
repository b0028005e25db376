"""What patches of large, memory-mapped volumes cost a training step, and whether memory stays flat.

Run as `python -m bench.patches [GB]`: GB is what training may take (2 where nothing is said). Two cohorts of
made-up volumes are written to a temporary folder (`TMPDIR`), one of half and one of ten times as much, and
taken out of the system's cache, so that patches come from the disk.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.feed import seconds_of
from bench.project import SOURCE, row
from pipeline import backend
from pipeline.arrays import Shards, ShardWriter
from pipeline.bits import packed
from pipeline.checks import load_checked
from pipeline.config import Config
from pipeline.memory import Watch
from pipeline.provenance import cores
from pipeline.records import Stored

SPACE: Final = (300, 512, 512)
TIMES: Final = {"half of the memory": 0.5, "ten times the memory": 10.0}
SPEED: Final = 0.95
WAITING: Final = 0.02
FLAT: Final = 1.05  # times the memory that the small cohort takes: what two runs differ by anyway
ROUNDS: Final = 6
STEPS: Final = 16
GB: Final = 10**9


def volumes(folder: Path, count: int) -> Any:
    """A part of so many volumes of noise, a ball marked in each, in shards that are not in the cache."""
    from pipeline.train.material import Part

    noise = np.random.default_rng(0).normal(size=(*SPACE, 1)).astype(np.float16)
    axes = np.ogrid[tuple(slice(length) for length in SPACE)]
    squares: Any = sum((axis - length / 2) ** 2 for axis, length in zip(axes, SPACE, strict=True))
    ball = squares < 40**2
    bits = packed(ball[..., None].astype(np.uint8))
    some = np.flatnonzero(ball)[:: max(1, int(ball.sum()) // 256)][None].astype(np.int64)
    stored: list[tuple[Stored, ...]] = []
    for number in range(count):
        path = folder / f"shard-{number:05d}.npy"
        with ShardWriter(path) as shard:
            stored.append(tuple(shard.append(each) for each in (np.roll(noise, number, 0), bits, some)))
        _forget(path)
    images, marked, kept = zip(*stored, strict=True)
    return Part(
        case_ids=tuple(f"case-{number:04d}" for number in range(count)),
        targets=np.ones((count, 1), np.int8),
        stored=images,
        shards=Shards(folder),
        marked=marked,
        some=kept,
    )


def _forget(path: Path) -> None:
    """Takes a file out of the system's cache; it is on the disk already."""
    if hasattr(os, "posix_fadvise"):
        with path.open("rb") as stream:
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def material(part: Any) -> Any:
    """The part as what training reads, with one structure to find."""
    from pipeline.contracts.cohort import Cohort, Flow, Join
    from pipeline.contracts.normalized import Normalized
    from pipeline.contracts.unopened import Unopened
    from pipeline.tasks.segmentation.structures import Structures
    from pipeline.train.material import Material

    question, count = Structures(("ball",)), len(part.case_ids)
    cohort = Cohort(
        Unopened(question.to_json()), "", Join("", "", count, count), Flow({}, count, count, {}, 0), {}, ()
    )
    return Material(question, part, part.empty, cohort, Normalized((), "", (*SPACE, 1), (1.0, 1.0, 1.0)))


def settings(memory_gb: float) -> Config:
    """Those of the hippocampus, with a patch and a batch as the memory allows."""
    config = load_checked(SOURCE / "configs" / "hippocampus.yaml")
    how = {"patch": "auto", "batch_size": "auto", "memory_gb": memory_gb}
    return config.model_copy(update={"train": config.train.model_copy(update=how)})


def measure(config: Config, part: Any) -> tuple[int, list[float], list[float]]:
    """The most bytes while patches are fed, the speed against one held batch, and the share of waiting."""
    from pipeline.models import Intensities
    from pipeline.train import assembly, sizes
    from pipeline.train.feed import Prefetched, make_batch

    config, data = sizes.worked_out(config, material(part))
    assembled = assembly.assemble(config, data, Intensities((0.0,), (1.0,)), assembly.computing(config.train))
    batch_size = assembled.plan.batch_size
    make = partial(make_batch, assembled.examples, seed=config.train.seed, batch_size=batch_size)
    held, speeds, waits = make(0), [], []
    seconds_of(STEPS, assembled.trainer, lambda: held)  # the first traces and warms up
    with Watch() as watch:
        for number in range(ROUNDS):
            steady = seconds_of(STEPS, assembled.trainer, lambda: held)
            with Prefetched(make, range(number * STEPS, (number + 1) * STEPS)) as feed:
                fed = seconds_of(STEPS, assembled.trainer, iter(feed).__next__)
            speeds.append(steady / fed)
            waits.append(feed.waited_seconds / fed)
    return watch.most_bytes, speeds, waits


def one(memory_gb: float, times: float) -> None:
    """Measures on a cohort of so many times the memory, in a process of its own; prints what `main` reads."""
    backend.start(cores())
    with tempfile.TemporaryDirectory() as folder:
        part = volumes(Path(folder), count(memory_gb, times))
        print(json.dumps(measure(settings(memory_gb), part)))


def count(memory_gb: float, times: float) -> int:
    """How many volumes, with a byte of bits a voxel, are so many times the memory; two at least."""
    return max(2, round(times * memory_gb * GB / (3 * math.prod(SPACE))))


def main(arguments: list[str]) -> None:
    """Prints the figures of either cohort beside their bars."""
    memory_gb = float(arguments[0]) if arguments else 2.0
    if len(arguments) > 1:
        one(memory_gb, float(arguments[1]))
        return
    least: int | None = None
    for name, times in TIMES.items():
        command = [sys.executable, "-m", "bench.patches", str(memory_gb), str(times)]
        ended = subprocess.run(command, cwd=SOURCE, stdout=subprocess.PIPE, text=True, check=True)
        *_, last = ended.stdout.splitlines()
        most, speeds, waits = json.loads(last)
        speed, wait = statistics.median(speeds), statistics.median(waits)
        what = f"{count(memory_gb, times)} volumes, {name}"
        row(f"{what}: speed against one held batch", f"{speed:.3f}", f">= {SPEED}", speed >= SPEED)
        row(f"{what}: share of waiting", f"{100 * wait:.2f} %", "< 2 %", wait < WAITING)
        least = least or most
        row(f"{what}: own memory, MB", f"{most / 1e6:.0f}", "flat", most <= least * FLAT)


if __name__ == "__main__":
    main(sys.argv[1:])
