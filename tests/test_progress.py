"""What takes longer than two seconds says so, once or now and then; what is quick says nothing."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from pipeline import progress


class Clock:
    """Time that passes when a test says so, and the timers that were set by it."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._due: list[tuple[float, Callable[[], None], SimpleNamespace]] = []

    def monotonic(self) -> float:
        return self.now

    def timer(
        self, seconds: float, call: Callable[..., None], arguments: tuple[object, ...]
    ) -> SimpleNamespace:
        handle = SimpleNamespace(start=lambda: None, join=lambda: None, cancelled=False)
        handle.cancel = lambda: setattr(handle, "cancelled", True)
        self._due.append((self.now + seconds, lambda: call(*arguments), handle))
        return handle

    def passes(self, seconds: float) -> None:
        self.now += seconds
        due = [each for each in self._due if each[0] <= self.now]
        self._due = [each for each in self._due if each not in due]
        for _, call, handle in due:
            if not handle.cancelled:
                call()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(progress, "time", made)
    monkeypatch.setattr(progress, "threading", SimpleNamespace(Timer=made.timer))
    return made


def test_what_is_waited_for_is_said_once(clock: Clock, capfd: pytest.CaptureFixture[str]) -> None:
    with progress.waiting("measuring"):
        clock.passes(1.9)
        assert capfd.readouterr().err == ""
        clock.passes(0.2)
        clock.passes(60)
    assert capfd.readouterr().err == "measuring ...\n"


def test_it_is_said_while_the_program_is_busy(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "_PLAIN_AFTER_SECONDS", 0.001)
    said = ""
    with progress.waiting("measuring"):
        while not said:  # by a thread of its own, which comes when the machine lets it
            said = capfd.readouterr().err
    assert said == "measuring ...\n"


def test_what_is_quick_is_not_waited_for(clock: Clock, capfd: pytest.CaptureFixture[str]) -> None:
    with progress.waiting("measuring"):
        clock.passes(1.9)
    clock.passes(60)
    assert capfd.readouterr().err == ""


def test_a_failure_ends_the_waiting(clock: Clock, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="mine"), progress.waiting("measuring"):
        raise ValueError("mine")
    clock.passes(60)
    assert capfd.readouterr().err == ""


def test_plain_lines_begin_soon_and_then_come_now_and_then(
    clock: Clock, capfd: pytest.CaptureFixture[str]
) -> None:
    with progress.bar("evaluate", 5, "cases") as shown:
        shown.advance()
        clock.passes(4)
        shown.advance()
        clock.passes(9)
        shown.advance()  # ten seconds have not passed since the last line
        clock.passes(2)
        shown.advance()
        shown.advance()
    assert capfd.readouterr().err.splitlines() == [
        "evaluate: 2 of 5 cases, 0/s, 6 s left",
        "evaluate: 4 of 5 cases, 0/s, 4 s left",
        "evaluate: 5 of 5 cases, 0/s, 0 s left",
    ]


def test_what_is_done_soon_has_no_line(clock: Clock, capfd: pytest.CaptureFixture[str]) -> None:
    with progress.bar("evaluate", 2, "cases") as shown:
        shown.advance()
        clock.passes(1.9)
        shown.advance()
    assert capfd.readouterr().err == ""
