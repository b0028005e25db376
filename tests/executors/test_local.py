import signal
import tempfile
from pathlib import Path

import pytest
from faulty_work import interrupts_reach_me, work

from pipeline.executors import ChildLimits, Failure
from pipeline.executors.local import run

LIMITS = ChildLimits(seconds=600, memory_mb=2048)
SHORT = ChildLimits(seconds=1.5, memory_mb=2048)


def test_a_child_that_dies_or_grows_costs_its_own_batch_alone() -> None:
    results = list(run(work, [1, 2, 4, 5, 6, 7], workers=2, limits=LIMITS))
    assert results == [
        (1, 1),
        (2, Failure("died", "exit code -6")),
        (4, Failure("memory", "more than 2048 MB")),
        (5, Failure("error", "KeyError")),
        (6, 36),
        (7, 49),
    ]


def test_a_child_that_hangs_costs_its_own_batch_alone() -> None:
    hung = [3, 3]  # a busy machine may be too slow for any other
    assert list(run(work, hung, workers=1, limits=SHORT)) == [(3, Failure("hung", "more than 1.5 s"))] * 2


def test_the_result_does_not_depend_on_the_number_of_children() -> None:
    batches = [10, 20, 30, 40]
    assert list(run(work, batches, workers=1, limits=LIMITS)) == list(
        run(work, batches, workers=3, limits=LIMITS)
    )


def test_ctrl_c_never_reaches_a_child_not_even_while_it_starts_and_still_reaches_the_parent() -> None:
    assert list(run(interrupts_reach_me, [1, 2], workers=2, limits=LIMITS)) == [(1, False), (2, False)]
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_a_temporary_folder_with_a_long_path_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    assert list(run(work, [6, 7], workers=1, limits=LIMITS)) == [(6, 36), (7, 49)]
