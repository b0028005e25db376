"""Random numbers by a hash of (seed, step, case, index)."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline import backend

backend.prepare()
pytest.importorskip("keras")

from pipeline.train import draws  # noqa: E402 - needs Keras's environment


def key_of(seed: int, step: int, case: int) -> np.ndarray:
    return np.asarray(draws.keys(seed, step=np.array([step], np.uint32), case=np.array([case], np.uint32)))


def test_the_hash_is_the_published_one_in_plain_integers() -> None:
    def lowbias32(x: int) -> int:
        x ^= x >> 16
        x = x * 0x7FEB352D & 0xFFFFFFFF
        x ^= x >> 15
        x = x * 0x846CA68B & 0xFFFFFFFF
        return x ^ x >> 16

    golden = 0x9E3779B9
    of_seed_and_step = lowbias32(lowbias32(11) ^ (5 * golden & 0xFFFFFFFF))
    expected = lowbias32((of_seed_and_step + golden & 0xFFFFFFFF) ^ 7)
    assert key_of(11, 5, 7)[0] == expected


def test_seed_step_and_case_each_change_the_key() -> None:
    keys = {
        int(key_of(*numbers)[0])
        for numbers in [(1, 2, 3), (2, 2, 3), (1, 3, 3), (1, 2, 4), (3, 2, 1), (2, 1, 3)]
    }
    assert len(keys) == 6


def test_keys_of_many_steps_and_cases_hardly_collide() -> None:
    step, case = (axis.ravel().astype(np.uint32) for axis in np.meshgrid(np.arange(100), np.arange(1000)))
    keys = np.asarray(draws.keys(1, step=step, case=case))
    # 100,000 random 32-bit numbers collide 1.2 times on average.
    assert np.unique(keys).size >= keys.size - 10


def test_uniform_numbers_have_the_moments_of_a_uniform_distribution() -> None:
    numbers = np.asarray(draws.uniform(key_of(1, 0, 0), 100_000, stream=0))[0]
    assert numbers.min() >= 0.0
    assert numbers.max() < 1.0
    assert abs(numbers.mean() - 0.5) < 4 * (1 / 12) ** 0.5 / 100_000**0.5
    assert abs(numbers.var() - 1 / 12) < 0.002
    assert abs(np.corrcoef(numbers[:-1], numbers[1:])[0, 1]) < 0.013


def test_normal_numbers_have_the_moments_of_a_normal_distribution() -> None:
    numbers = np.asarray(draws.normal(key_of(1, 0, 0), 100_001, stream=0))[0]
    assert numbers.shape == (100_001,)
    assert abs(numbers.mean()) < 0.013
    assert abs(numbers.std() - 1.0) < 0.01
    assert abs((numbers**4).mean() - 3.0) < 0.15


def test_streams_and_cases_are_uncorrelated() -> None:
    step, case = np.zeros(2, np.uint32), np.array([0, 1], np.uint32)
    keys = draws.keys(1, step=step, case=case)
    first, second = np.asarray(draws.uniform(keys, 50_000, stream=0))
    other = np.asarray(draws.uniform(keys, 50_000, stream=1))[0]
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.02
    assert abs(np.corrcoef(first, other)[0, 1]) < 0.02
