from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.statistics.multiple import holm


def rejected(p_values: list[float], alpha: float) -> set[int]:
    """What Holm's procedure rejects, step by step: the least p at alpha / m, the next at alpha / (m - 1), ..."""
    found: set[int] = set()
    for place in sorted(range(len(p_values)), key=lambda place: p_values[place]):
        if p_values[place] > alpha / (len(p_values) - len(found)):
            break
        found.add(place)
    return found


@settings(max_examples=200)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.floats(0.001, 0.999))
def test_a_corrected_p_is_the_least_alpha_at_which_holms_steps_reject(
    p_values: list[float], alpha: float
) -> None:
    corrected = holm(p_values)
    if all(abs(p - alpha) > 1e-9 for p in corrected):  # at alpha itself rounding decides
        assert {place for place, p in enumerate(corrected) if p <= alpha} == rejected(p_values, alpha)


def test_a_worked_family_is_corrected_as_by_hand() -> None:
    # 0.01 x 4, 0.02 x 3, the greater of 0.06 and 0.03 x 2, and 0.6
    assert holm([0.02, 0.01, 0.6, 0.03]) == pytest.approx([0.06, 0.04, 0.6, 0.06])


def test_an_empty_family_stays_empty() -> None:
    assert holm([]) == []
