"""How much memory this machine has, and how much this process takes."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Final

_STATUS: Final = Path("/proc/self/status")
_CONTAINER: Final = Path("/sys/fs/cgroup/memory.max")
_SECONDS: Final = 0.02  # between two looks: an allocation that a step lives on lasts longer


def machine_bytes() -> int:
    """The bytes of memory of the machine, or of the container that this process runs in."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(whole, int(_CONTAINER.read_text()))
    except (OSError, ValueError):  # no container, or one without a limit
        return whole


def own_bytes() -> int | None:
    """The bytes that this process holds, files that it only maps left out; None where nobody tells."""
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith("RssAnon:")]
    return 1024 * int(found[0]) if found else None


class Watch:
    """Looks again and again how much this process holds; `most_bytes` is the most that was seen."""

    def __init__(self) -> None:
        self.most_bytes = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, name="memory", daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while True:
            self.most_bytes = max(self.most_bytes, own_bytes() or 0)
            if self._stop.wait(_SECONDS):
                return
