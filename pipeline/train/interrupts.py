"""SIGTERM and SIGINT while training: noted, so that the step in progress can end; a second one kills."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType

from pipeline.errors import Interrupted

_WATCHED = (signal.SIGINT, signal.SIGTERM)


@dataclass
class Stop:
    """Whether a signal asked to stop, and which."""

    signal_number: int | None = None

    def error(self) -> Interrupted:
        """The error that ends the run, with the exit code a shell gives a process killed by the signal."""
        assert self.signal_number is not None
        name = signal.Signals(self.signal_number).name
        message = f"Stopped by {name} after a whole step; the same command goes on from there."
        return Interrupted(message, exit_code=128 + self.signal_number)


@contextlib.contextmanager
def watched() -> Iterator[Stop]:
    """Notes the first signal in the Stop it gives; leaves the handlers as they were."""
    stop = Stop()

    def note(number: int, frame: FrameType | None) -> None:
        if stop.signal_number is not None:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        stop.signal_number = number

    before = {number: signal.signal(number, note) for number in _WATCHED}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
