"""Batches as a function of (seed, epoch, step), and the thread that makes them ahead."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from pipeline.train import feed as feed_module
from pipeline.train.feed import Batch, Examples, Prefetched, make_batch, order, steps_per_epoch


def examples(count: int = 10) -> Examples:
    scans = np.arange(count, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 1), np.uint8)
    return Examples(
        case_ids=tuple(f"case-{index}" for index in range(count)),
        targets=np.arange(count) % 3,
        weights=np.linspace(1, 2, count, dtype=np.float32),
        read=lambda index: scans[index],
    )


def batch(step: int, *, seed: int = 1, size: int = 3) -> Batch:
    return make_batch(examples(), step, seed=seed, batch_size=size)


def test_an_epoch_is_a_permutation_that_seed_and_epoch_alone_decide() -> None:
    assert sorted(order(1, 0, 50).tolist()) == list(range(50))
    np.testing.assert_array_equal(order(1, 0, 50), order(1, 0, 50))
    assert (order(1, 0, 50) != order(1, 1, 50)).any()
    assert (order(1, 0, 50) != order(2, 0, 50)).any()


def test_an_epoch_takes_every_case_at_most_once_and_leaves_out_the_ragged_rest() -> None:
    steps = steps_per_epoch(10, 3)
    assert steps == 3
    taken = [int(case) for step in range(steps) for case in batch(step).case]
    assert len(taken) == len(set(taken)) == 9


def test_a_step_of_the_second_epoch_takes_from_the_second_order() -> None:
    assert sorted(batch(4).case.tolist()) == sorted(order(1, 1, 10)[3:6].tolist())


def test_everything_in_a_batch_belongs_to_its_cases() -> None:
    made = batch(5)
    assert made.scans.dtype == np.uint8
    np.testing.assert_array_equal(made.scans[:, 0, 0, 0], made.case)
    np.testing.assert_array_equal(made.targets, made.case % 3)
    np.testing.assert_allclose(made.weights, 1 + made.case / 9, rtol=1e-6)
    np.testing.assert_array_equal(made.inputs["step"], [5, 5, 5])
    assert made.inputs["step"].dtype == np.uint32


def test_the_thread_gives_what_the_function_gives_in_its_order() -> None:
    with Prefetched(batch, range(2, 9)) as feed:
        made = list(feed)
    assert [one.step for one in made] == list(range(2, 9))
    for one in made:
        np.testing.assert_array_equal(one.case, batch(one.step).case)


def test_an_error_is_raised_where_its_batch_was_due() -> None:
    def broken(step: int) -> Batch:
        if step == 2:
            raise OSError("the disk went away")
        return batch(step)

    seen = []
    with pytest.raises(OSError, match="the disk went away"), Prefetched(broken, range(9)) as feed:
        for one in feed:
            seen.append(one.step)
    assert seen == [0, 1]


def test_leaving_early_ends_the_thread() -> None:
    with Prefetched(batch, range(1000)) as feed:
        next(iter(feed))
    assert not [thread for thread in threading.enumerate() if thread.name == "feed"]


def test_only_a_few_batches_are_made_ahead() -> None:
    made = []

    def counted(step: int) -> Batch:
        made.append(step)
        return batch(step)

    with Prefetched(counted, range(1000)) as feed:
        next(iter(feed))
        time.sleep(0.3)
        assert len(made) <= 5


class Clock:
    """Time that passes when a test says so, in place of the feed's; `asked` counts the waits that began."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.looks, self.asked = 0.0, 0, threading.Semaphore(0)
        monkeypatch.setattr(feed_module, "time", self)

    def monotonic(self) -> float:
        now, self.looks = self.now, self.looks + 1
        if self.looks % 2:  # the first of two looks a batch
            self.asked.release()
        return now


def test_waiting_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)

    def slow(step: int) -> Batch:
        clock.asked.acquire()
        clock.now += 5.0
        return batch(step)

    with Prefetched(slow, range(4)) as feed:
        list(feed)
    assert feed.waited_seconds == 20.0


def test_the_steps_themselves_are_no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    with Prefetched(batch, range(4)) as feed:
        for _ in feed:
            clock.now += 5.0
    assert feed.waited_seconds == 0.0
