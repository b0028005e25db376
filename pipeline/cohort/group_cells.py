"""The groups of scans by the table of labels: a column after the join, with all that doesn't fit told.

No word of a cell is repeated to anybody: what few scans have could point to a person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pipeline.cohort.groups import CONFLICT, Words, of_cell
from pipeline.cohort.join import Join
from pipeline.cohort.labels import CONFLICT_SHARE, values_of_case
from pipeline.contracts.cohort import Notice
from pipeline.errors import DataError
from pipeline.tables import Table, line_numbers
from pipeline.tables.words import NOT_AVAILABLE, normal

SPELLING: Final = "group_spelling"


@dataclass(frozen=True)
class Cells:
    """The group of each scan by a column, empty where it is unknown, and what a person should know."""

    of_case: Words
    notices: tuple[Notice, ...] = ()


def group_cells(
    table: Table, column: str, meaning: str, *, join: Join, scans: Mapping[str, Collection[str]]
) -> Cells:
    """The groups of scans by a column, which means `meaning`; `scans` has each with its identical copies.

    Rows of one scan agree where they name one group, whatever their words; an empty cell says nothing. Where
    they don't agree, nobody knows the group.

    Raises:
        DataError: there is no such column; or the rows of more than CONFLICT_SHARE of the scans that have a
            group contradict each other.
    """
    values = values_of_case(table, column, join)
    lines = {
        case_id: _by_group([values[copy] for copy in copies if copy in values], column, meaning)
        for case_id, copies in sorted(scans.items())
    }
    conflicts = {case_id: of_group for case_id, of_group in lines.items() if len(of_group) > 1}
    of_case = {case_id: next(iter(own)) if len(own) == 1 else "" for case_id, own in lines.items()}
    known = sum(map(bool, lines.values()))
    if len(conflicts) > CONFLICT_SHARE * known:
        raise DataError(_too_many(conflicts, known, column, join))
    return Cells(of_case, (*_conflicting(conflicts, column), *_spellings(of_case, column)))


def _by_group(rows: Iterable[Mapping[str, list[int]]], column: str, meaning: str) -> dict[str, list[int]]:
    """The lines of each group that the cells of one scan name."""
    by_group: dict[str, list[int]] = defaultdict(list)
    for cell, lines in (item for cells in rows for item in cells.items()):
        word = normal(cell)
        if word.casefold() not in NOT_AVAILABLE:
            by_group[word if meaning == column else of_cell(word, meaning)] += lines
    return {group: lines for group, lines in by_group.items() if group}


def _first(conflicts: Mapping[str, Mapping[str, list[int]]]) -> str:
    """The lines of one scan whose rows contradict each other."""
    return line_numbers(line for lines in conflicts[min(conflicts)].values() for line in lines)


def _too_many(conflicts: Mapping[str, Mapping[str, list[int]]], known: int, column: str, join: Join) -> str:
    keys = ", ".join(key.yaml() for key in join.keys)
    return (
        f"The column '{column}' (`cohort.groups`) names several groups for {len(conflicts):,} of {known:,} "
        f"scans when {join.sentence()} ({_first(conflicts)} of the table, say). Take it out of "
        "`cohort.groups`, or name a column that is unique to each scan in `cohort.id`, or with this one "
        f"another that tells a patient's scans apart, as in `id: [{keys}, {{column: NAME, names: day}}]`."
    )


def _conflicting(conflicts: Mapping[str, Mapping[str, list[int]]], column: str) -> Iterator[Notice]:
    if conflicts:
        detail = (
            f"scans whose rows contradict each other in the column '{column}' ({_first(conflicts)}, for "
            "instance), so that they are in none of its groups: make their rows agree, or take the column "
            "out of `cohort.groups`"
        )
        yield Notice(CONFLICT, len(conflicts), detail, tuple(sorted(conflicts)))


def _spellings(of_case: Words, column: str) -> Iterator[Notice]:
    """That words differ in capital letters alone: a scan's group must not depend on which is the commoner."""
    spelt: dict[str, set[str]] = defaultdict(set)
    for group in of_case.values():
        spelt[group.casefold()].add(group)
    twins = {word for words in spelt.values() if len(words) > 1 for word in words}
    cases = tuple(case_id for case_id, group in of_case.items() if group in twins)
    if cases:
        detail = (
            f"scans whose words in the column '{column}' differ from others in capital letters alone: they "
            "are groups of their own until they are written alike"
        )
        yield Notice(SPELLING, len(cases), detail, cases)
