"""The champion: the generation in use, how one takes its place, and what it says about scans.

Reads a candidate with its verdict. Writes `generations/NNNN/`, the ledger of promotions and the
pointer `champion.json`. Guarantees that only `promote` and `rollback` move the pointer, each with a
name and a line in the ledger, and that a kill at any moment leaves the old champion or the new one.
"""

from pipeline.champion.generations import (
    check_generation,
    damaged_seals,
    generations,
    named_generation,
    seal,
)
from pipeline.champion.memory import require_champion, require_whole
from pipeline.champion.pointer import Champion, current, line_of_champions
from pipeline.champion.promotion import promote, rollback
from pipeline.champion.pruning import prune

__all__ = [
    "Champion",
    "check_generation",
    "current",
    "damaged_seals",
    "generations",
    "line_of_champions",
    "named_generation",
    "promote",
    "prune",
    "require_champion",
    "require_whole",
    "rollback",
    "seal",
]
