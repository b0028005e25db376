from __future__ import annotations

import itertools
import signal
from pathlib import Path

from faulty_work import at_most_half_a_second, numbers

from pipeline.executors import Executor, Failure
from pipeline.ingest.isolation import header_refusal, pixel_refusal, run_isolated
from pipeline.ingest.limits import FileLimits

HERE = Executor(Path(), workers=1)
LIMITS = FileLimits(seconds=60, memory_mb=1024)


def test_a_part_that_kills_its_child_costs_itself_alone() -> None:
    tasks = [(1, 7), (2, 5, 6), (8,)]  # 2 aborts the process
    found = dict(
        run_isolated(
            numbers, tasks, split=lambda task: [(one,) for one in task], executor=HERE, limits=LIMITS
        )
    )
    reasons = {
        task: pixel_refusal(result).reason for task, result in found.items() if isinstance(result, Failure)
    }
    assert reasons == {(2,): "decode_error", (5,): "internal_error"}
    squares = [result for result in found.values() if not isinstance(result, Failure)]
    assert sorted(itertools.chain(*squares)) == [
        1,
        36,
        49,
        64,
    ]  # 1 and 7 together, or alone if it died too soon


def test_a_child_that_is_stuck_is_ended_by_its_own_clock() -> None:
    ((_, failed),) = run_isolated(
        at_most_half_a_second, [30.0], split=lambda task: [task], executor=HERE, limits=LIMITS
    )
    assert isinstance(failed, Failure)
    assert str(pixel_refusal(failed)) == "decode_error: the decoder did not end in time"


def test_each_kind_of_failure_has_its_reason() -> None:
    assert pixel_refusal(Failure("memory", "more than 5 MB")).reason == "limit_exceeded"
    assert pixel_refusal(Failure("hung", "more than 5 s")).reason == "decode_error"
    assert (
        pixel_refusal(Failure("died", f"exit code {-signal.SIGALRM}")).detail
        == "the decoder did not end in time"
    )
    assert pixel_refusal(Failure("error", "KeyError")).reason == "internal_error"
    assert header_refusal(Failure("died", "exit code -7")).reason == "io_error"
    assert header_refusal(Failure("died", f"exit code {-signal.SIGALRM}")).reason == "limit_exceeded"
    assert header_refusal(Failure("memory", "more than 5 MB")).reason == "limit_exceeded"
    killed = Failure("died", f"exit code {-signal.SIGKILL}")  # what the kernel does when memory runs out
    for refusal in (header_refusal(killed), pixel_refusal(killed)):
        assert str(refusal) == "limit_exceeded: memory: exit code -9"
