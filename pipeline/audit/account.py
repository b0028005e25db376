"""What an audit finds: each number that was computed anew, beside what was written."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

TOLERANCE: Final = 1e-9
"""Of a number, or of 1: two right ways round differently by some 1e-12."""
FITTED: Final = 1e-5
"""Of what an optimiser finds: it stops within this."""


@dataclass(frozen=True)
class Unequal:
    """A number or a digest that is not what it should be: where it stands, as written, computed anew."""

    where: str
    written: object
    anew: object

    def sentence(self) -> str:
        """What a person is told."""
        return f"{self.where}: written {self.written}, computed anew {self.anew}"


@dataclass
class Account:
    """How many numbers agree, which don't, and of which sort how many were not computed anew."""

    agreed: int = 0
    unequal: list[Unequal] = field(default_factory=list)
    unseen: Counter[str] = field(default_factory=Counter)

    def compare(self, where: str, written: object, anew: object, *, tolerance: float = TOLERANCE) -> None:
        """Adds one comparison; numbers agree within the tolerance, all else if it is the same."""
        if _equal(written, anew, tolerance):
            self.agreed += 1
        else:
            self.unequal.append(Unequal(where, written, anew))

    @property
    def compared(self) -> int:
        """How many were computed anew."""
        return self.agreed + len(self.unequal)


def _equal(written: object, anew: object, tolerance: float) -> bool:
    numbers = [value for value in (written, anew) if isinstance(value, int | float)]
    if len(numbers) < 2:
        return written == anew
    one, other = float(numbers[0]), float(numbers[1])
    return one == other or math.isclose(one, other, rel_tol=tolerance, abs_tol=tolerance)
