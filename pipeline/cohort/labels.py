"""The label of each scan: the target column after the join, with everything that doesn't fit told."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pipeline.cohort.exclusions import Exclusion
from pipeline.cohort.join import Join
from pipeline.cohort.spoiled import unread_days, what_happened
from pipeline.contracts.cohort import Notice
from pipeline.errors import DataError
from pipeline.tables import Table, line_numbers
from pipeline.tables.words import counted, quoted
from pipeline.tasks.contract import Reader, Refuse

CONFLICT_SHARE: Final = 0.20
"""More scans than this with contradicting labels mean that the table was joined at the wrong level.

A choice: readers who contradict themselves do so in far fewer scans.
"""


@dataclass(frozen=True)
class Labels:
    """Labels by case_id, with what was left out and what a person should know.

    `missing` counts the scans without a label by the words that stand for it.
    """

    of_case: Mapping[str, str]
    exclusions: tuple[Exclusion, ...]
    notices: tuple[Notice, ...]
    missing: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Target:
    """The column of labels, how its cells are read, and what refuses it at its line of the YAML."""

    column: str
    reader: Reader
    refuse: Refuse


def label_cases(table: Table, target: Target, *, join: Join, case_ids: Collection[str]) -> Labels:
    """The label of each scan of `case_ids` that the table gives exactly one.

    Raises:
        ConfigError: the column is another kind of question, or has words that `cohort.classes` doesn't know.
        DataError: the target column is missing, no scan has a label, or the labels of more than
            CONFLICT_SHARE of the scans contradict each other.
    """
    cells = values_of_case(table, target.column, join)
    values = {case_id: _by_value(lines_of, target.reader) for case_id, lines_of in cells.items()}
    _require_question(table, target, [values[case_id] for case_id in case_ids if case_id in values])
    of_case: dict[str, str] = {}
    exclusions = []
    missing = Counter[str]()
    for case_id in sorted(case_ids):
        lines_of = values.get(case_id, {})
        words = sorted(word for word in lines_of if word)
        agreed = target.reader.agreed(words) if words else None
        if agreed is not None:
            of_case[case_id] = agreed
        else:
            said = {target.reader.in_words(word): lines_of[word] for word in words}
            exclusions.append(_without_label(case_id, said, lines_of, cells.get(case_id, {})))
            missing.update([min(sorted(cells[case_id]), key=len)] if lines_of and not words else [])
    conflicts = [item for item in exclusions if item.reason == "label_conflict"]
    _require_labels(of_case, conflicts, target, join, what_happened(table, join.identifiers))
    notices = [
        *_conflicting(conflicts, target.reader.on_conflict),
        *_missing(missing, target.reader.on_missing),
        *_decimal_commas(cells, target.reader),
        *_unmatched_rows(table, join),
        *_hidden(table, join),
        *_unused(table, target, of_case),
        *target.reader.notices(Counter(cell for case_id in of_case for cell in cells[case_id])),
    ]
    return Labels(of_case, tuple(exclusions), tuple(notices), missing)


def values_of_case(table: Table, column: str, join: Join) -> dict[str, dict[str, list[int]]]:
    """The different values a column gives each scan, with the lines they stand in.

    Raises:
        DataError: there is no such column; the nearest is named.
    """
    values: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for value, line, case_ids in zip(table.column(column), table.lines, join.cases, strict=True):
        for case_id in case_ids:
            values[case_id][value].append(line)
    return values


def _by_value(lines_of: Mapping[str, list[int]], reader: Reader) -> dict[str, list[int]]:
    """The lines of each value that the cells of one scan name; under "" those without."""
    by_value: dict[str, list[int]] = defaultdict(list)
    for cell, lines in lines_of.items():
        by_value[reader.value_of(cell)] += lines
    return by_value


def _require_question(table: Table, target: Target, values: Sequence[Mapping[str, list[int]]]) -> None:
    counts = Counter(word for lines_of in values for word in lines_of if word)
    lines: dict[str, int] = {}
    for lines_of in values:
        for word, numbers in lines_of.items():
            lines[word] = min([*numbers, lines.get(word, numbers[0])])

    def cell_of(word: str) -> str:
        return table.cell(target.column, lines[word])

    target.reader.require(counts, target.column, cell_of=cell_of, refuse=target.refuse)


def _without_label(
    case_id: str,
    said: Mapping[str, list[int]],
    lines_of: Mapping[str, list[int]],
    cells: Collection[str],
) -> Exclusion:
    if said:
        lines = line_numbers(line for numbers in said.values() for line in numbers)
        return Exclusion(case_id, "label_conflict", f"labels {quoted(list(said))} in {lines} of the table")
    if lines_of:
        written = quoted(sorted(cell for cell in cells if cell))
        problem = f"no label but {written}" if written else "no label"
        return Exclusion(case_id, "label_empty", f"{problem} in {line_numbers(lines_of[''])} of the table")
    return Exclusion(case_id, "not_in_table", "the table of labels has no row for it")


def _require_labels(
    of_case: Mapping[str, str],
    conflicts: Sequence[Exclusion],
    target: Target,
    join: Join,
    accidents: str,
) -> None:
    column, otherwise = target.column, target.reader.on_conflict
    if len(conflicts) > CONFLICT_SHARE * (len(of_case) + len(conflicts)):
        raise DataError(
            f"The column '{column}' gives {len(conflicts)} scans contradicting labels when {join.sentence()} "
            f"({conflicts[0].detail}, say). Name a column that is unique to each scan in `cohort.id`, or "
            "with this one another that tells a patient's scans apart, as in "
            f"`id: [{join.keys[0].yaml()}, {{column: NAME, names: laterality}}]`"
            f"{f'; or, {otherwise}' if otherwise else ''}.{accidents}"
        )
    if not of_case:
        raise DataError(f"No scan has a label: the column '{column}' is empty in all rows that name a scan.")


def _conflicting(conflicts: Sequence[Exclusion], otherwise: str) -> Iterator[Notice]:
    if conflicts:
        detail = (
            f"scans left out because their rows contradict each other: {conflicts[0].detail}, for instance"
            f"{f' ({otherwise})' if otherwise else ''}"
        )
        yield Notice("label_conflict", len(conflicts), detail, tuple(item.case_id for item in conflicts))


def _missing(missing: Counter[str], advice: str) -> Iterator[Notice]:
    if missing:
        detail = f"scans without a label, by what stands in its place: {counted(missing)}"
        detail += f" ({advice})" if advice else ""
        yield Notice("label_empty", missing.total(), detail)


def _decimal_commas(cells: Mapping[str, Mapping[str, list[int]]], reader: Reader) -> Iterator[Notice]:
    """That commas were read as decimal signs, where the reader reads numbers."""
    read = [
        case_id
        for case_id, lines_of in cells.items()
        if any("," in cell and reader.value_of(cell) == cell.replace(",", ".") for cell in lines_of)
    ]
    if read:
        yield Notice("decimal_comma", len(read), "scans whose number has a decimal comma, read as a point")


def _unmatched_rows(table: Table, join: Join) -> Iterator[Notice]:
    rows = [row for row, cases in enumerate(join.cases) if not cases]
    if rows:
        accidents = what_happened(table, join.identifiers, rows) + unread_days(table, join.days, rows)
        detail = f"rows of the table that name no scan: {line_numbers(table.lines[row] for row in rows)}"
        detail += f".{accidents.removesuffix('.')}" if accidents else ""
        yield Notice("label_without_scan", len(rows), detail)


def _hidden(table: Table, join: Join) -> Iterator[Notice]:
    """Rows that were read though nobody sees them who opens the workbook."""
    cases = zip(table.lines, join.cases, strict=True)
    lines = [line for line, found in cases if found and line in table.hidden]
    if lines:
        detail = (
            f"rows that are hidden in the sheet '{table.sheet}' and were read like all others: "
            f"{line_numbers(lines)} (delete those that shouldn't count, or say `cohort.sheet`)"
        )
        yield Notice("hidden_row", len(lines), detail)


def _unused(table: Table, target: Target, of_case: Mapping[str, str]) -> Iterator[Notice]:
    reader = target.reader
    in_table = {reader.value_of(cell) for cell in set(table.column(target.column))} - {""}
    named, used = (
        {name for value in values for name in reader.named(value)} for values in (in_table, of_case.values())
    )
    unused = sorted(named - used)
    if unused:
        yield Notice("class_without_scan", len(unused), f"labels that no scan has: {quoted(unused)}")
