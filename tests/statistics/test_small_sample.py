from __future__ import annotations

import pytest

from pipeline.statistics.small_sample import judge


@pytest.mark.parametrize(
    ("positives", "negatives", "shown", "flagged"),
    [
        (10, 10, True, False),
        (9, 10, True, True),
        (10, 5, True, True),
        (4, 100, False, False),
        (100, 0, False, False),
    ],
)
def test_numbers_need_five_patients_of_each_class_and_ten_to_go_unflagged(
    positives: int, negatives: int, shown: bool, flagged: bool
) -> None:
    found = judge(positives, negatives)
    assert found.estimable == shown
    assert (found.flag is not None) == flagged
    assert (found.reason is None) == shown


def test_the_reason_names_the_smaller_side() -> None:
    assert judge(3, 100).reason == "not estimable (3 patients with the finding)"
    assert judge(100, 0).reason == "not estimable (0 patients without the finding)"
