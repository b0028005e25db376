"""Work for child processes that fails in each way a decoder can."""

import multiprocessing
import os
import signal
import time
from pathlib import Path

from pipeline.ingest.isolation import at_most


def work(number: int) -> int:
    if number == 2:
        os.abort()
    if number == 3:
        time.sleep(60)
    if number == 4:
        bytearray(4 * 2**30)
    if number == 5:
        raise KeyError("secret")
    return number * number


def numbers(task: tuple[int, ...]) -> list[int]:
    return [work(number) for number in task]


def at_most_half_a_second(seconds: float) -> None:
    with at_most(0.5):
        time.sleep(seconds)


def interrupts_reach_me(number: int) -> bool:
    return signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def kills_its_worker_once(marker: Path) -> str:
    if not marker.exists():
        marker.touch()
        os.kill(multiprocessing.parent_process().pid, signal.SIGKILL)
        time.sleep(60)
    return marker.name


def kills_its_worker(number: int) -> int:
    if number == 2:
        os.kill(multiprocessing.parent_process().pid, signal.SIGKILL)
        time.sleep(60)
    return number
