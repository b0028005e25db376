"""Signals in training: the first is noted, the second kills."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from pipeline.train.interrupts import watched


@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_the_first_signal_is_noted_and_gives_the_shells_exit_code(
    number: signal.Signals, exit_code: int
) -> None:
    before = signal.getsignal(number)
    with watched() as stop:
        assert stop.signal_number is None
        os.kill(os.getpid(), number)
        assert stop.signal_number == number
    assert stop.error().exit_code == exit_code
    assert number.name in str(stop.error())
    assert signal.getsignal(number) is before


def test_the_second_signal_ends_the_process_at_once() -> None:
    code = """if True:
        import os, signal
        from pipeline.train.interrupts import watched
        with watched():
            os.kill(os.getpid(), signal.SIGTERM)
            print("still here", flush=True)
            os.kill(os.getpid(), signal.SIGTERM)
            print("not reached", flush=True)
    """
    ended = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert ended.returncode == -signal.SIGTERM
    assert ended.stdout == "still here\n"
