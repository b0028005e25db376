"""Whether patients who share a name and a birth date are more than chance brings together.

Among thousands of patients some are namesakes born on one day: with 3,700 patients of 320 names and 1,300
birth dates some 16 pairs. Only where there are more may name and birth date make two IDs one person.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import comb
from typing import Final

from pipeline.contracts.cohort import Notice
from pipeline.statistics.laws import poisson_tail

CHANCE: Final = 0.01
"""A choice: as many pairs or more come about by chance in one of a hundred sets of patients."""


@dataclass(frozen=True)
class Namesakes:
    """How many pairs of patient IDs share name and birth date, and how many would by chance."""

    pairs: int = 0
    expected: float = 0.0

    @property
    def by_chance(self) -> bool:
        """Whether chance explains them; without a pair there is nothing to explain."""
        return self.pairs > 0 and poisson_tail(self.pairs - 1, self.expected) >= CHANCE

    def notices(self) -> list[Notice]:
        """What a person should know where they are taken for chance."""
        if not self.by_chance:
            return []
        detail = (
            f"pairs of patient IDs share name and birth date, as about {self.expected:.0f} would by chance "
            "among so many: not taken for one person each (a table under `links` says who is)"
        )
        return [Notice("namesakes", self.pairs, detail)]


def namesakes(
    born: Mapping[str, Collection[str]],
    named: Mapping[str, Collection[str]],
    dated: Mapping[str, Collection[str]],
    *,
    most: int,
) -> Namesakes:
    """Pairs that share both, and the number expected if names and birth dates were independent.

    Each argument has the patient IDs of each word: of name with birth date, of the name, of the date. Words
    that more than `most` share are placeholders and make no pair.
    """
    pairs = sum(comb(len(set(ids)), 2) for ids in born.values() if len(set(ids)) <= most)
    days = [len(set(ids)) for ids in dated.values()]
    everybody = sum(days)
    if not everybody:
        return Namesakes(pairs)
    # two patients drawn without putting one back
    same_day = sum(day * (day - 1) for day in days) / max(everybody * (everybody - 1), 1)
    return Namesakes(pairs, same_day * sum(comb(len(set(ids)), 2) for ids in named.values()))
