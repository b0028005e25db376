from __future__ import annotations

import subprocess
import sys

import pytest

from pipeline import memory


def test_a_machine_has_memory_of_which_this_process_takes_some() -> None:
    own = memory.own_bytes()
    if own is None:
        pytest.skip("nobody tells here")
    assert 2**20 < own < memory.machine_bytes()


_HELD_FOR_A_WHILE = """
import time
import numpy as np
from pipeline import memory

before = memory.own_bytes()
with memory.Watch() as watch:
    held = np.ones(2**26, np.uint8)
    ends = time.monotonic() + 60
    while watch.most_bytes < before + 2**25 and time.monotonic() < ends:
        time.sleep(0.01)  # until the watch has looked
    del held
print(watch.most_bytes - before)
"""


def test_the_watch_sees_what_was_held_only_for_a_while() -> None:
    """In a process of its own: one that ran other tests may give back more meanwhile than is held here."""
    if memory.own_bytes() is None:
        pytest.skip("nobody tells here")
    done = subprocess.run(
        [sys.executable, "-c", _HELD_FOR_A_WHILE], capture_output=True, text=True, check=True, timeout=120
    )
    assert int(done.stdout) >= 2**25
