"""The points at which a run can be killed: how tests prove that a kill leaves the state before or after."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import Counter
from pathlib import Path

_passed: Counter[str] = Counter()


def crash_point(name: str) -> None:
    """Kills the run, parent and child, when SCANLOOM_CRASH_AT names this point: how tests prove recovery.

    `NAME#3` kills at the third passing. SCANLOOM_CRASH_LOG names a file that lists the points passed.
    """
    wanted, log = (os.environ.get(f"SCANLOOM_CRASH_{name_end}") for name_end in ("AT", "LOG"))
    if log:
        with Path(log).open("a") as stream:
            stream.write(f"{name}\n")
    if wanted:
        _passed[name] += 1
        if wanted in (name, f"{name}#{_passed[name]}"):
            if (parent := multiprocessing.parent_process()) and parent.pid:
                os.kill(parent.pid, signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)
