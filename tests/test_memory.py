from __future__ import annotations

import numpy as np
import pytest

from pipeline import memory


def test_a_machine_has_memory_of_which_this_process_takes_some() -> None:
    own = memory.own_bytes()
    if own is None:
        pytest.skip("nobody tells here")
    assert 2**20 < own < memory.machine_bytes()


def test_the_watch_sees_what_was_held_only_for_a_while() -> None:
    before = memory.own_bytes()
    if before is None:
        pytest.skip("nobody tells here")
    with memory.Watch() as watch:
        held = np.ones(2**26, np.uint8)
        while watch.most_bytes < before + 2**25:
            held += 1  # until the watch has looked
        del held
    assert watch.most_bytes >= before + 2**25
