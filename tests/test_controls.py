"""What a control run changes: truths that go to other persons, images whose middle can't be seen."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.controls import blanked, dealt_anew


def test_the_middle_of_each_side_is_blanked_and_all_else_stays() -> None:
    image = np.arange(200, dtype=np.int16).reshape(10, 20, 1)
    found = blanked(image, 0.6, (7.4,))
    inside = np.zeros((10, 20), dtype=np.bool_)
    inside[2:8, 4:16] = True  # a fifth of ten rows and of twenty columns is left at each edge
    assert (found[inside, 0] == 7).all()
    np.testing.assert_array_equal(found[~inside], image[~inside])
    assert (found.dtype, image[5, 10, 0]) == (np.int16, 110)


def test_every_slice_and_channel_is_blanked_with_its_own_value() -> None:
    volume = np.ones((3, 10, 10, 2), dtype=np.float16)
    found = blanked(volume, 0.8, (0.5, -2.0))
    assert (found[:, 1:9, 1:9] == np.array([0.5, -2.0])).all()
    assert (found[:, 0] == 1).all() and (found[:, :, 9] == 1).all()


def _persons(count: int, cases: int = 1) -> list[str]:
    return [f"person {number:03d}" for number in range(count) for _ in range(cases)]


@pytest.mark.parametrize("seed", range(5))
def test_who_had_a_truth_and_who_had_not_get_it_alike(seed: int) -> None:
    truths = np.array([1] * 30 + [0] * 70)
    dealt = dealt_anew(truths, _persons(100), seed=seed)
    assert sorted(dealt) == sorted(truths)
    # Ten strides through the ranked hundred: a block of 30 or 70 misses the even share by one a stride at most.
    assert dealt[:30].mean() == pytest.approx(0.3, abs=0.1)
    assert dealt[30:].mean() == pytest.approx(0.3, abs=0.1)


def test_numbers_and_findings_are_dealt_whole() -> None:
    numbers = np.linspace(0, 1, 200)
    dealt = dealt_anew(numbers, _persons(200), seed=1)
    assert sorted(dealt) == sorted(numbers)
    assert abs(np.corrcoef(numbers, dealt)[0, 1]) < 0.1
    findings = np.array([[number % 2, number % 3 == 0] for number in range(60)])
    rows = dealt_anew(findings, _persons(60), seed=1)
    assert sorted(rows.tolist()) == sorted(findings.tolist())


def test_all_scans_of_a_person_get_the_truth_of_one_other_person() -> None:
    truths = np.repeat(np.arange(40), 3)
    dealt = dealt_anew(truths, _persons(40, cases=3), seed=1).reshape(40, 3)
    assert (dealt == dealt[:, :1]).all()
    assert sorted(dealt[:, 0]) == list(range(40))


def test_the_same_seed_deals_the_same_in_any_order_of_the_persons_cases() -> None:
    truths, persons = np.array([0, 1] * 20), _persons(40)
    assert (dealt_anew(truths, persons, seed=3) == dealt_anew(truths, persons, seed=3)).all()
    assert (dealt_anew(truths, persons, seed=3) != dealt_anew(truths, persons, seed=4)).any()
    backwards = dealt_anew(truths[::-1], persons[::-1], seed=3)[::-1]
    assert (backwards == dealt_anew(truths, persons, seed=3)).all()
