"""The kinds of number that parameters of steps are made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Finite = Annotated[float, Field(allow_inf_nan=False)]
Lengths = Annotated[
    tuple[Annotated[float, Field(gt=0, allow_inf_nan=False)], ...], Field(min_length=2, max_length=3)
]
Counts = Annotated[tuple[Annotated[int, Field(gt=0)], ...], Field(min_length=2, max_length=3)]


def require_ascending(low: float, high: float) -> None:
    """Nothing, if `low` is below `high`.

    Raises:
        ValueError: it isn't.
    """
    if low >= high:
        raise ValueError(f"expected low below high, received low {low:g} and high {high:g}")
