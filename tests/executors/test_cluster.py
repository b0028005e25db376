"""A real cluster of two worker processes on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import distributed
import pytest
from faulty_work import work

from pipeline.executors import ChildLimits, Crew, Failure, run

LIMITS = ChildLimits(seconds=2.5, memory_mb=2048)


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        yield cluster.scheduler_address


def test_a_child_that_dies_hangs_or_grows_costs_its_own_batch_alone_on_a_worker_too(
    scheduler: str, tmp_path: Path
) -> None:
    results = list(run(work, range(1, 8), crew=Crew(tmp_path, scheduler=scheduler), limits=LIMITS))
    assert results == [
        (1, 1),
        (2, Failure("died", "exit code -6")),
        (3, Failure("hung", "more than 2.5 s")),
        (4, Failure("memory", "more than 2048 MB")),
        (5, Failure("error", "KeyError")),
        (6, 36),
        (7, 49),
    ]
    assert list(tmp_path.iterdir()) == []  # the file that proves the shared folder is gone
