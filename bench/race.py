"""Programs that take the same steps in turns, each in a process of its own.

Frameworks in one process disturb each other's threads; in turns all of them meet the same other work.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bench.project import SOURCE

_READY: Final = "ready"
_WARM_UP: Final = 3  # steps: the first traces, the next settle


@dataclass(frozen=True)
class Taken:
    """What a step took in each round, in milliseconds: on the clock, and of processors."""

    wall: tuple[float, ...]
    cpu: tuple[float, ...]

    @property
    def median_wall(self) -> float:
        """The median round on the clock."""
        return statistics.median(self.wall)


def ratio(one: Sequence[float], other: Sequence[float]) -> float:
    """How many times as long the one takes, as the median of what the rounds say."""
    return statistics.median(a / b for a, b in zip(one, other, strict=True))


def serve(step: Callable[[], object]) -> None:
    """Takes as many steps as each line of the input says, and answers with what one took."""
    for _ in range(_WARM_UP):
        step()
    print(_READY, flush=True)
    for line in sys.stdin:
        count = int(line)
        wall, cpu = time.monotonic(), time.process_time()
        for _ in range(count):
            step()
        wall, cpu = time.monotonic() - wall, time.process_time() - cpu
        print(1000 * wall / count, 1000 * cpu / count, flush=True)


def race(modules: Mapping[str, Sequence[str]], *, rounds: int, steps: int) -> dict[str, Taken]:
    """What each `python -m MODULE ARGUMENTS`, which serves, took for a step.

    Raises RuntimeError when a program ends before its time.
    """
    runners = {name: _started(arguments) for name, arguments in modules.items()}
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in runners}
    try:
        for name, runner in runners.items():
            if _line(runner, name) != _READY:
                raise RuntimeError(f"{name} didn't become ready")
        for _ in range(rounds):
            for name, runner in runners.items():
                print(steps, file=runner.stdin, flush=True)
                wall, cpu = map(float, _line(runner, name).split())
                taken[name].append((wall, cpu))
    finally:
        for runner in runners.values():
            runner.terminate()
            runner.wait()
    return {
        name: Taken(*(tuple(column) for column in zip(*rows, strict=True))) for name, rows in taken.items()
    }


def _started(arguments: Sequence[str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", *arguments]
    quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}  # what TensorFlow says on its way isn't a figure
    return subprocess.Popen(
        command, cwd=SOURCE, env=quiet, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def _line(runner: subprocess.Popen[str], name: str) -> str:
    line = (runner.stdout or ()).readline() if runner.stdout else ""
    if not line:
        raise RuntimeError(f"{name} ended with code {runner.wait()}; its own words are above")
    return line.strip()
