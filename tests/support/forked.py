"""A child of the tests' own process that can be killed: it imports nothing anew, which is most of a start."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable


def ended(work: Callable[[], object], *, crash_at: str = "") -> int:
    """How a process ended that did the work: 0, 1 after an error, or less than 0 for the signal that killed it.

    For work without TensorFlow alone, whose threads a fork leaves behind.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if not child:
        status = 1
        try:
            os.environ["SCANLOOM_CRASH_AT"] = crash_at
            work()
            status = 0
        except BaseException:  # noqa: BLE001 - told by the exit status, as of a process of its own
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
