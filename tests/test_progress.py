"""What takes longer than two seconds says so, once or now and then; what is quick says nothing."""

from __future__ import annotations

import time

import pytest

from pipeline import progress


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_PLAIN_AFTER_SECONDS", 0.05)


def test_what_is_waited_for_is_said_once(capfd: pytest.CaptureFixture[str]) -> None:
    with progress.waiting("measuring"):
        time.sleep(0.3)
    assert capfd.readouterr().err == "measuring ...\n"


def test_what_is_quick_is_not_waited_for(capfd: pytest.CaptureFixture[str]) -> None:
    with progress.waiting("measuring"):
        pass
    time.sleep(0.1)
    assert capfd.readouterr().err == ""


def test_a_failure_ends_the_waiting(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="mine"), progress.waiting("measuring"):
        raise ValueError("mine")
    time.sleep(0.1)
    assert capfd.readouterr().err == ""


def test_plain_lines_begin_soon_and_then_come_now_and_then(capfd: pytest.CaptureFixture[str]) -> None:
    with progress.bar("evaluate", 4, "cases") as shown:
        shown.advance()
        time.sleep(0.1)
        shown.advance()
        shown.advance()  # ten seconds have not passed since the last line
        shown.advance()
    lines = capfd.readouterr().err.splitlines()
    assert [line.partition(", ")[0] for line in lines] == [
        "evaluate: 2 of 4 cases",
        "evaluate: 4 of 4 cases",
    ]
