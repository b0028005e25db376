"""Which scans each row of the table is about, by columns that name them.

Scans are known by keyed pseudonyms only, so a value of the table is made a pseudonym under the
same key and looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from pipeline.cohort.days import days_of
from pipeline.cohort.spoiled import what_happened
from pipeline.cohort.traits import trait_words
from pipeline.contracts.cohort import NAMED_BY
from pipeline.errors import DataError
from pipeline.spelling import other_spellings, spellings
from pipeline.tables import Table
from pipeline.tables.words import as_yaml

KINDS: Final = NAMED_BY
"""What a column can name, the most specific first."""

DAY: Final = "day"
"""What a column names beside the patient's: the day of the study."""

ONE_SCAN: Final = frozenset({"sop", "path", "name", "stem"})
"""Kinds that name one file: a value that fits several scans names none of them."""

Cases = frozenset[str]
NOTHING: Final[Cases] = frozenset()


@dataclass(frozen=True)
class KeyColumn:
    """A column, and what it names: an identifier (of KINDS) or, beside one, an attribute of the scans."""

    column: str
    names: str

    def described(self) -> str:
        """The key, in words for the person."""
        return f"'{self.column}' ({KINDS.get(self.names, self.names.replace('_', ' '))})"

    def yaml(self) -> str:
        """The key as the YAML has it."""
        return f"{{column: {as_yaml(self.column)}, names: {self.names}}}"


@dataclass(frozen=True)
class Known:
    """The identifiers of all scans: `index[kind][pseudonym]` is a set of case_ids.

    `pseudonym(kind, *values)` makes values of the table comparable; `folder` is the table's folder
    as seen from RAW ("" when it lies elsewhere), for paths written from there. `traits[name][word]` are
    the scans whose attribute `name` has this word.
    """

    index: Mapping[str, Mapping[str, Cases]]
    pseudonym: Callable[..., str]
    folder: str = ""
    traits: Mapping[str, Mapping[str, Cases]] = field(default_factory=dict)

    @cached_property
    def total(self) -> int:
        """How many scans have an identifier."""
        return len(frozenset[str]().union(*(ids for words in self.index.values() for ids in words.values())))

    def cases(self, kind: str, value: str) -> Cases:
        """The scans that `value` names as `kind`; the first of its spellings that is known counts."""
        return self._first(kind, list(spellings(kind, value, self.folder)))

    def candidates(self, kind: str, value: str) -> Cases:
        """The scans that `value` may name as `kind`, also several of a kind that names one."""
        index = self.index.get(kind, {})
        words = spellings(kind, value, self.folder)
        return next((cases for word in words if (cases := index.get(self.pseudonym(kind, word)))), NOTHING)

    def respelled(self, kind: str, value: str) -> Cases:
        """The scans that `value` names when it is spelled otherwise; none where that fits in two ways."""
        readings = {self._first(kind, [spelling]) for spelling in other_spellings(kind, value)} - {NOTHING}
        return readings.pop() if len(readings) == 1 else NOTHING

    def cases_of_day(self, patient: str, day: str) -> Cases:
        """The scans of a patient on a day, written 2020-04-03."""
        index = self.index.get(DAY, {})
        written = [*spellings("patient", patient, ""), *other_spellings("patient", patient)]
        return NOTHING.union(*(index.get(self.pseudonym(DAY, word, day), NOTHING) for word in written))

    def _first(self, kind: str, written: Sequence[str]) -> Cases:
        index = self.index.get(kind)
        if not index:
            return NOTHING
        for spelling in written:
            cases = index.get(self.pseudonym(kind, spelling), NOTHING)
            if len(cases) == 1 or (cases and kind not in ONE_SCAN):
                return cases
        return NOTHING


@dataclass(frozen=True)
class Join:
    """Which scans each row of the table is about (case_ids, none where unknown), and how that was found.

    `respelled` is the number of rows that name a scan only with other leading zeros or letters.
    """

    keys: tuple[KeyColumn, ...]
    cases: tuple[Cases, ...]
    respelled: int = 0

    @property
    def column(self) -> str:
        """The columns, for the files."""
        return " + ".join(key.column for key in self.keys)

    @property
    def kind(self) -> str:
        """What the columns name, for the files."""
        return " + ".join(key.names for key in self.keys)

    @property
    def identifiers(self) -> tuple[str, ...]:
        """The columns that hold identifiers, none of them of an attribute or a day."""
        return tuple(key.column for key in self.keys if key.names in KINDS)

    @property
    def days(self) -> tuple[str, ...]:
        """The columns that hold days."""
        return tuple(key.column for key in self.keys if key.names == DAY)

    @cached_property
    def matched(self) -> int:
        """How many rows are about a scan."""
        return sum(bool(cases) for cases in self.cases)

    @cached_property
    def reached(self) -> int:
        """How many scans have a row."""
        return len(NOTHING.union(*self.cases))

    def sentence(self) -> str:
        """The join, in words for the person."""
        columns = " and ".join(key.described() for key in self.keys)
        other = f" ({self.respelled:,} spelled otherwise)" if self.respelled else ""
        s = "s" if len(self.keys) > 1 else ""
        return f"joined by column{s} {columns}: {self.matched:,} of {len(self.cases):,} rows{other}"

    def yaml(self) -> str:
        """The line of the YAML that chooses this join."""
        keys = [key.yaml() for key in self.keys]
        return f"id: {keys[0]}" if len(keys) == 1 else f"id: [{', '.join(keys)}]"


def join_by(table: Table, keys: Sequence[KeyColumn], *, known: Known) -> Join:
    """The join by columns and what they name: of several, a row is about the scans that fit all of them.

    Raises:
        DataError: there is no such column, or none of its values is known.
    """
    join = join_respelled(table, keys[0], known=known) if len(keys) == 1 else _join_all(table, keys, known)
    if not join.matched:
        raise DataError(_no_match(table, keys, known))
    return join


def join_as_written(table: Table, key: KeyColumn, *, known: Known) -> Join:
    """The join by one column whose values are taken as they stand.

    Raises:
        DataError: there is no such column.
    """
    cells = table.column(key.column)
    cases_of = {value: known.cases(key.names, value) for value in set(cells) if value}
    return Join((key,), tuple(cases_of.get(cell, NOTHING) for cell in cells))


def join_respelled(table: Table, key: KeyColumn, *, known: Known) -> Join:
    """The join by one column whose values may be spelled otherwise, unless that tells its scans apart.

    Raises:
        DataError: there is no such column.
    """
    join = join_as_written(table, key, known=known)
    cells = table.column(key.column)
    cases_of = dict(zip(cells, join.cases, strict=True))
    if all(cases_of[cell] for cell in cells if cell):
        return join
    other = {value: known.respelled(key.names, value) for value in cases_of}
    if any(cases_of[value] and other[value] - cases_of[value] for value in cases_of):
        return join
    rows = sum(bool(not cases_of[cell] and other[cell]) for cell in cells)
    return Join((key,), tuple(cases_of[cell] or other[cell] for cell in cells), rows)


def _join_all(table: Table, keys: Sequence[KeyColumn], known: Known) -> Join:
    """Rows whose values all fit the same scans; where one column names files, only one scan may be left."""
    patient = _patient_of(keys)
    sides = [_fitting(table, key, patient, known) for key in keys]
    cases = [frozenset.intersection(*scans) for scans in zip(*sides, strict=True)]
    if any(key.names in ONE_SCAN for key in keys):
        cases = [scans if len(scans) == 1 else NOTHING for scans in cases]
    return Join(tuple(keys), tuple(cases))


def _patient_of(keys: Sequence[KeyColumn]) -> str:
    return next((key.column for key in keys if key.names == "patient"), "")


def _of_day(table: Table, key: KeyColumn, patient: str, known: Known) -> list[Cases]:
    """The scans of each row's patient on the day that the row names."""

    def cell_of(row: int) -> str:
        return table.cell(key.column, table.lines[row])

    days = days_of(table.column(key.column), cell_of=cell_of)
    rows = zip(table.column(patient), days, strict=True)
    return [known.cases_of_day(who, day) if who and day else NOTHING for who, day in rows]


def _fitting(table: Table, key: KeyColumn, patient: str, known: Known) -> list[Cases]:
    """The scans that one column of several leaves possible; `patient` is the column of the patient or ""."""
    cells = table.column(key.column)
    if key.names == DAY:
        return _of_day(table, key, patient, known)
    if key.names in ONE_SCAN:
        return [known.candidates(key.names, cell) if cell else NOTHING for cell in cells]
    if key.names in KINDS:
        return list(join_respelled(table, key, known=known).cases)
    words = known.traits.get(key.names, {})
    return [
        NOTHING.union(*(words.get(word, NOTHING) for word in trait_words(key.names, cell))) for cell in cells
    ]


def _how_to_fit(table: Table, keys: Sequence[KeyColumn], known: Known) -> str:
    """What to write in the first column that alone fits no scan."""
    unfit = next((key for key in keys if not any(_fitting(table, key, _patient_of(keys), known))), None)
    if unfit is None or unfit.names in KINDS:
        return "Check `cohort.id`."
    if unfit.names == DAY:
        return f"Write the days of '{unfit.column}' as 2020-12-31, or take it out of `cohort.id`."
    words = " and ".join(f"'{word}'" for word in sorted(known.traits[unfit.names])[:5])
    return f"Write '{unfit.column}' as the scans say it ({words}), or take it out of `cohort.id`."


def _no_match(table: Table, keys: Sequence[KeyColumn], known: Known) -> str:
    stated = known.traits.keys() | {DAY}
    lacking = [key for key in keys if key.names not in KINDS and key.names not in stated]
    if lacking:
        return (
            f"No scan that was read says its {lacking[0].names.replace('_', ' ')}, so "
            f"{lacking[0].described()} tells none apart. Take it out of `cohort.id`."
        )
    columns = " and ".join(f"'{key.column}'" for key in keys)
    names = " and ".join(KINDS.get(key.names, key.names.replace("_", " ")) for key in keys)
    if len(keys) > 1:
        each = ", ".join(
            f"{sum(map(bool, _fitting(table, key, _patient_of(keys), known))):,} by {key.described()}"
            for key in keys
        )
        return (
            f"No row fits a scan by the columns {columns} together ({names}); of {len(table.rows):,} rows, "
            f"{each} alone do. {_how_to_fit(table, keys, known)}"
        )
    others = [join_respelled(table, KeyColumn(keys[0].column, kind), known=known) for kind in KINDS]
    best = max(others, key=lambda join: (join.matched, -join.respelled))
    advice = "Check `cohort.id`, or set it to 'auto' to have the column found."
    if best.matched:
        advice = f"{best.matched:,} rows name one by its {KINDS[best.kind]}: `{best.yaml()}`."
    accidents = what_happened(table, [key.column for key in keys])
    return f"No value of the column {columns} is the {names} of a scan that was read. {advice}{accidents}"
