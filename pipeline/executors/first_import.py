"""Imported first in children: numeric libraries use one thread, and a child that comes too late says nothing.

The pool is the parallelism. A child that starts while its pool ends (Ctrl-C) finds the semaphores or the
pipe gone that it was to be given: nothing was lost, so nothing is said.
"""

import os
import sys
from types import TracebackType

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))


def _unless_too_late(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if not issubclass(kind, (OSError, EOFError)):
        sys.__excepthook__(kind, error, trace)


sys.excepthook = _unless_too_late
