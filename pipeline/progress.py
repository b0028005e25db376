"""Progress for people: a live bar on a terminal, a plain line now and then elsewhere.

Lines count, they never name a file or a patient.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator
from typing import Protocol

# Choices: who waits longer than two seconds wonders, and a log of a night should stay readable.
_PLAIN_AFTER_SECONDS, _PLAIN_EVERY_SECONDS = 2.0, 10.0


class Bar(Protocol):
    """What a stage does with its progress."""

    def advance(self, count: int = 1) -> None:
        """Counts `count` more units as done."""

    def note(self, text: str) -> None:
        """Shows `text` beside the bar, such as the loss."""


@contextlib.contextmanager
def bar(label: str, total: int, unit: str) -> Iterator[Bar]:
    """A progress bar over `total` units ("files", "cases", "steps") with rate and time left."""
    if sys.stderr.isatty():
        with _rich_bar(label, total, unit) as shown:
            yield shown
    else:
        plain = _PlainBar(label, total, unit)
        yield plain
        plain.finish()


@contextlib.contextmanager
def waiting(text: str) -> Iterator[None]:
    """Says what is waited for, once, where it takes longer than two seconds and can't be counted."""
    stream = os.dup(sys.__stderr__.fileno()) if sys.__stderr__ else os.open(os.devnull, os.O_WRONLY)
    timer = threading.Timer(_PLAIN_AFTER_SECONDS, os.write, (stream, f"{text} ...\n".encode()))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        os.close(stream)


def say(text: str) -> None:
    """A line for the person at the terminal."""
    print(text, file=sys.stderr, flush=True)


class _PlainBar:
    def __init__(self, label: str, total: int, unit: str) -> None:
        self._label, self._total, self._unit = label, total, unit
        self._done, self._note = 0, ""
        self._start = time.monotonic()
        self._next = self._start + _PLAIN_AFTER_SECONDS

    def advance(self, count: int = 1) -> None:
        self._done += count
        if time.monotonic() > self._next:
            self._next = time.monotonic() + _PLAIN_EVERY_SECONDS
            self._say()

    def note(self, text: str) -> None:
        self._note = text

    def finish(self) -> None:
        if time.monotonic() - self._start > _PLAIN_AFTER_SECONDS:
            self._say()

    def _say(self) -> None:
        rate = self._done / max(time.monotonic() - self._start, 1e-9)
        remaining = (self._total - self._done) / rate if rate else 0.0
        note = f", {self._note}" if self._note else ""
        done = f"{self._done} of {self._total} {self._unit}"
        say(f"{self._label}: {done}, {rate:.0f}/s, {remaining:.0f} s left{note}")


@contextlib.contextmanager
def _rich_bar(label: str, total: int, unit: str) -> Iterator[Bar]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(f"{unit} {{task.fields[rate]}}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(label, total=total, note="", rate="")

        class RichBar:
            def advance(self, count: int = 1) -> None:
                speed = progress.tasks[0].speed
                progress.update(task, advance=count, rate=f"{speed:.0f}/s" if speed else "")

            def note(self, text: str) -> None:
                progress.update(task, note=text)

        yield RichBar()
