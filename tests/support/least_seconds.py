"""How long something takes at least: what compares two of them holds on a machine of any speed."""

from __future__ import annotations

import time
from collections.abc import Callable


def least_seconds(work: Callable[[], object], *, rounds: int = 5) -> float:
    """The least processor time of some rounds, in seconds; other programs only ever add to it."""
    taken = []
    for _ in range(rounds):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return min(taken)
