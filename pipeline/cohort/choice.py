"""Which column names the scans, where the YAML leaves it open: the one that none contradicts, or a refusal.

All columns are tried as everything that they could name. A join that gives any scan another value than
the chosen one refuses the cohort, for only a person knows which is right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from pipeline.cohort.evidence import Evidence, by_chance, evidence_of, headed, is_unnamed
from pipeline.cohort.join import (
    KINDS,
    NOTHING,
    ONE_SCAN,
    Cases,
    Join,
    KeyColumn,
    Known,
    join_as_written,
    join_respelled,
)
from pipeline.cohort.spoiled import what_happened
from pipeline.errors import ConfigError, DataError
from pipeline.tables import Table

NEARLY: Final = 0.5
"""A join that reaches this share of the scans that the best one reaches is compared with it.

A choice: a table that names half of the scans is a table of these scans.
"""

_FEW: Final = 0.1
"""What reaches a smaller share of the scans that the chosen join reaches is chance: a choice."""

_KNOWS: Final = 0.9
"""The share of rows that a finer join must know for a coarser one to be left out for it, and of scans that
are all but all: a choice, for a table may have rows of scans that were never delivered."""

_SHOWN: Final = 3  # a choice: more lines to copy from are read by nobody

Refuse = Callable[[tuple[str | int, ...], str], ConfigError]
Values = tuple[str, ...]
"""What a row says of a scan: label, part and groups."""


@dataclass(frozen=True)
class _Candidate:
    """A join with what it proves; `row_values[i]` is what row i says.

    `certain` says that its values don't match by chance, `named` that the column has a name.
    """

    join: Join
    evidence: Evidence
    certain: bool
    named: bool
    row_values: Sequence[Values]

    @property
    def rank(self) -> tuple[int, bool, int]:
        """Sorts first what reaches more scans, then what matches as written, then what is more specific."""
        return -self.join.reached, self.join.respelled > 0, list(KINDS).index(self.join.kind)

    @cached_property
    def values(self) -> Mapping[str, frozenset[Values]]:
        """What each scan is given."""
        values_of: dict[str, set[Values]] = defaultdict(set)
        for cases, values in zip(self.join.cases, self.row_values, strict=True):
            for case_id in cases:
                values_of[case_id].add(values)
        return {case_id: frozenset(each) for case_id, each in values_of.items()}

    def described(self) -> str:
        """The candidate, in words for the person."""
        join = self.join
        rows = f"{join.matched:,} of {len(join.cases):,} rows"
        return f"{join.keys[0].described()}, {rows} and {join.reached:,} scans"


def find_join(
    table: Table, columns: Sequence[str], *, value_columns: Sequence[str], known: Known, refuse: Refuse
) -> Join:
    """The join by one of `columns` that reaches most scans and that none contradicts.

    `value_columns` are those whose values the cohort takes: where two joins give a scan another one, they
    contradict each other. Of joins that agree and reach as many scans, the most specific is taken; a finer
    one that tells the scans of a coarser one apart goes before it.

    Raises:
        DataError: no column names scans.
        ConfigError: two contradict each other, or what was found proves nothing; with the lines that decide.
    """
    candidates = _candidates(table, columns, value_columns, known)
    if not candidates:
        raise DataError(_no_candidate(table, columns, known))
    enough = NEARLY * candidates[0].join.reached
    choosable = [
        c for c in candidates if c.named and c.evidence > Evidence.NOTHING and c.join.reached >= enough
    ]
    if not choosable:
        raise refuse(("cohort", "id"), _nothing_proved(candidates))
    kept = [c for c in choosable if not any(_finer(other, c) for other in choosable)]
    chosen = (kept or choosable)[0]
    for rival in candidates:
        scans = _differing(chosen, rival) if _may_contradict(rival, chosen, enough) else 0
        if scans and not _finer(chosen, rival):
            raise refuse(("cohort", "id"), _contradiction(chosen, rival, scans, value_columns))
    return chosen.join


def _candidates(
    table: Table, columns: Sequence[str], value_columns: Sequence[str], known: Known
) -> list[_Candidate]:
    """All joins that match, by rank; also spelled otherwise unless one as written is certain of all scans."""
    row_values = list(zip(*(table.column(column) for column in value_columns), strict=True)) or [()] * len(
        table.rows
    )
    keys = [KeyColumn(column, kind) for column in columns for kind in KINDS if known.index.get(kind)]

    def candidate(join: Join) -> _Candidate:
        return _Candidate(
            join,
            evidence_of(join, table, known, columns),
            certain=not by_chance(join, table, known),
            named=not is_unnamed(table, join.column),
            row_values=row_values,
        )

    joins = [join_as_written(table, key, known=known) for key in keys]
    candidates = [candidate(join) for join in joins if join.matched]
    if not any(c.certain and c.named and c.join.reached >= _KNOWS * known.total for c in candidates):
        joins = [join_respelled(table, key, known=known) for key in keys]
        candidates = [candidate(join) for join in joins if join.matched]
    return sorted(candidates, key=lambda candidate: candidate.rank)


def _may_contradict(rival: _Candidate, chosen: _Candidate, enough: float) -> bool:
    """Whether a rival can call the chosen join into question.

    Numbers that prove nothing can't do so to a proof. A rival that reaches few scans can where the chosen one
    is less than a proof, or where its own values can't match by chance and those of the chosen one can.
    """
    if chosen.evidence < Evidence.PROOF:
        return rival.certain or rival.join.reached >= _FEW * chosen.join.reached
    if rival.join.reached < enough:
        return rival.certain and not chosen.certain
    # A count of rows is the name of some numbered file, whatever its header: an ID beside it may be right.
    counted = chosen.join.kind in ONE_SCAN and not chosen.certain and headed(rival.join)
    return rival.evidence > Evidence.NOTHING or counted


def _finer(fine: _Candidate, coarse: _Candidate) -> bool:
    """Whether `fine` tells scans apart that `coarse` takes together, and nothing else is between them."""
    pairs = [pair for pair in zip(fine.join.cases, coarse.join.cases, strict=True) if pair[0] and pair[1]]
    return (
        fine.evidence >= coarse.evidence
        and len(pairs) >= _KNOWS * coarse.join.matched
        and all(a <= b for a, b in pairs)
        and any(a < b for a, b in pairs)
        and _differing(fine, coarse) > 0
    )


def _differing(one: _Candidate, other: _Candidate) -> int:
    """How many scans are given other values by the two.

    Or a value by one alone, from a row that the other takes for that of other scans.
    """
    both = one.values.keys() & other.values.keys()
    differing = {case_id for case_id in both if one.values[case_id] != other.values[case_id]}
    for a, b in zip(one.join.cases, other.join.cases, strict=True):
        if a and b and a != b:
            differing |= _alone(a - b, other) | _alone(b - a, one)
    return len(differing)


def _alone(cases: Cases, other: _Candidate) -> Cases:
    """The scans that the other join doesn't reach by any row."""
    return frozenset(case_id for case_id in cases if case_id not in other.values) if cases else NOTHING


def _contradiction(chosen: _Candidate, rival: _Candidate, scans: int, value_columns: Sequence[str]) -> str:
    columns = " or ".join(f"'{column}'" for column in value_columns)
    return (
        f"two columns name scans and contradict each other: by {chosen.described()}; by {rival.described()}. "
        f"{scans:,} scans would get another value of {columns}, or one from one of them alone. "
        f"Say which is right, by this line below `cohort:`: `{chosen.join.yaml()}` or `{rival.join.yaml()}`."
    )


def _nothing_proved(candidates: Sequence[_Candidate]) -> str:
    """The best joins of those that prove nothing, with the lines that choose them."""
    shown: list[_Candidate] = []
    for candidate in sorted(candidates, key=lambda c: (not c.named, not headed(c.join), c.rank)):
        if all(other.join.column != candidate.join.column for other in shown):
            shown.append(candidate)
    shown = shown[:_SHOWN]
    joins = "; ".join(f"by {candidate.described()}" for candidate in shown)
    lines = " or ".join(f"`{candidate.join.yaml()}`" for candidate in shown)
    return (
        f"no column says for certain which scans it names: {joins}. A column without a name, and numbers or "
        "letters that may as well be counts, ages or sides, are never chosen by themselves. If one of these "
        f"names the scans, copy its line below `cohort:`: {lines}. Else add a column of patient IDs, UIDs or "
        "paths."
    )


def _no_candidate(table: Table, columns: Sequence[str], known: Known) -> str:
    kinds = [KINDS[kind] for kind in KINDS if known.index.get(kind)]
    tried = ", ".join(f"'{column}'" for column in columns) or "none"
    return (
        f"No column of the table names the scans (tried {tried}). The scans can be named by their "
        f"{', '.join(kinds) or 'nothing: no scan was read'}. Add such a column, or check that the table "
        f"belongs to these scans.{what_happened(table, columns)}"
    )
