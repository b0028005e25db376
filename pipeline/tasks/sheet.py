"""Which column of a foreign table says what: by its usual name, or by the one that was given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline import printed
from pipeline.contracts import targets
from pipeline.contracts.predictions import SCORE, TRUTH
from pipeline.errors import DataError, nearest
from pipeline.invisible import visible
from pipeline.spelling import whole
from pipeline.tables import Table, line_numbers
from pipeline.tables.words import NOT_AVAILABLE, both_signs, number, quoted, thousands

# Words in the names that people give to such columns, most telling first.
_LIKELY: Final = {
    "TRUTH": ("truth", "label", "gold", "reference", "diagnosis", "target", "class", "outcome"),
    "PATIENT": ("patient", "subject", "person", "pid", "mrn"),
}

_SUMMARIES: Final = frozenset(
    {
        "mean", "average", "avg", "median", "sum", "total", "totals", "std", "sd", "summe", "gesamt",
        "mittelwert", "mittel", "durchschnitt", "anzahl", "moyenne", "total général", "somme", "media",
        "suma", "promedio", "totale", "gemiddelde", "totaal",
    }
)  # fmt: skip
"""What spreadsheets and people call a row below a table that sums it up, in small letters."""
_POWER: Final = re.compile(r"\d([.,]\d+)?[eE]\+\d+")


@dataclass(frozen=True)
class Columns:
    """What the table calls its columns, and its positive class; empty where it has the usual names.

    `score` is a single column with the score of the class `positive`; `models` are the names of several
    models, each with columns of its own; `fold` is the column of the folds of a cross-validation.
    """

    truth: str = ""
    patient: str = ""
    case: str = ""
    score: str = ""
    positive: str = ""
    models: tuple[str, ...] = ()
    fold: str = ""

    def arguments(self) -> dict[str, str]:
        """What was given, by the words that make has for it."""
        given = {
            "TRUTH": self.truth, "PATIENT": self.patient, "CASE": self.case, "SCORE": self.score,
            "POSITIVE": self.positive, "MODELS": ",".join(self.models), "FOLD": self.fold,
        }  # fmt: skip
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True)
class Sheet:
    """A table, where it came from, and what is known of its columns."""

    path: Path
    table: Table
    columns: Columns

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.path.name

    def command(self, more: Mapping[str, str]) -> str:
        """The command that was given, with more told."""
        return printed.make("score", {"TABLE": str(self.path), **self.columns.arguments(), **more})

    def column(self, name: str) -> tuple[str, ...]:
        """The cells of a column. Raises DataError (the nearest name) when there is none."""
        if name not in self.table.columns:
            raise DataError(f"{self.name}: no column '{name}' ({nearest(name, self.table.columns)}).")
        return self.table.column(name)


def truths(sheet: Sheet) -> tuple[str, ...]:
    """The columns of the truth of several targets, truth_TARGET; none where one column holds the truth."""
    if sheet.columns.truth or TRUTH in sheet.table.columns:
        return ()
    return tuple(name for name in sheet.table.columns if name.startswith(f"{TRUTH}_"))


def truth(sheet: Sheet) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The truth of each row, empty where unknown, of several targets joined; 1 for 1.0; and a note.

    Programs write NA or nan for a truth that isn't known: it is none, unless it has a score of its own.

    Raises DataError without such a column.
    """
    if several := truths(sheet):
        rows = zip(*(sheet.table.column(name) for name in several), strict=True)
        return tuple(targets.joined(row) for row in rows), ()
    given = sheet.columns.truth
    if not given and "truth" not in sheet.table.columns:
        example = {"TRUTH": _likely(sheet, "TRUTH") or "column"}
        raise DataError(
            f"{sheet.name}: no column 'truth' ({nearest('truth', sheet.table.columns)}). "
            f"Say which one holds the true class: `{sheet.command(example)}`."
        )
    written = tuple(" ".join(visible(cell).split()) for cell in sheet.column(given or "truth"))
    cells = tuple("" if _is_unknown(sheet, cell) else cell for cell in written)
    words = sorted({cell for cell, known in zip(written, cells, strict=True) if cell and not known})
    rows_without = sum(cell in words for cell in written)
    s = "" if rows_without == 1 else "s"
    notes = (f"{rows_without:,} row{s} of unknown truth: {quoted(words)}",) if words else ()
    if all(re.fullmatch(r"-?\d+(\.0+)?", cell) for cell in cells if cell):
        cells = tuple(cell.partition(".")[0] for cell in cells)
    return cells, notes


def _is_unknown(sheet: Sheet, cell: str) -> bool:
    has_score = cell == sheet.columns.positive or any(
        name == f"{SCORE}{cell}" or name.endswith(f"_{cell}") for name in sheet.table.columns
    )
    return cell.casefold() in NOT_AVAILABLE and not has_score


def patients(sheet: Sheet) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The patient of each row, in one spelling, and a note where there were several.

    Raises DataError without such a column: intervals would be guessed.
    """
    given = sheet.columns.patient
    if given or "patient_id" in sheet.table.columns:
        column = given or "patient_id"
        _require_whole_names(sheet, column)
        return _in_one_spelling(sheet, sheet.column(column))
    likely = _likely(sheet, "PATIENT")
    case = sheet.columns.case or ("case_id" if "case_id" in sheet.table.columns else "")
    advice = f"name the column: `{sheet.command({'PATIENT': likely or 'column'})}`"
    if case and not likely:
        advice += f"; if each row is another patient, `{sheet.command({'PATIENT': case})}`"
    raise DataError(
        f"{sheet.name}: no column 'patient_id' ({nearest('patient_id', sheet.table.columns)}). "
        f"Intervals need to know which rows are of one patient, so {advice}."
    )


def _require_whole_names(sheet: Sheet, column: str) -> None:
    """Raises DataError for names that a spreadsheet shortened: several patients may have become one.

    And for a row below the table that sums it up, which would count as one more patient.
    """
    _require_no_summary(sheet, column)
    cells = zip(sheet.column(column), sheet.table.lines, strict=True)
    short = [line for cell, line in cells if _POWER.fullmatch(cell)]
    if short:
        raise DataError(
            f"{sheet.name}: '{column}' has numbers that a spreadsheet shortened, such as 1.23E+15 "
            f"({line_numbers(short)}), so that several patients may have become one. Format the column as "
            "text, and export it again."
        )


def _require_no_summary(sheet: Sheet, column: str) -> None:
    """Raises DataError where a row is named as the sum or the mean of the others."""
    cells = zip(sheet.column(column), sheet.table.lines, strict=True)
    found = next(((cell, line) for cell, line in cells if cell.casefold().rstrip(":") in _SUMMARIES), None)
    if found is not None:
        raise DataError(
            f"{sheet.name}, line {found[1]}: the '{column}' is '{found[0]}', so the row sums up others and "
            "is no case. Take it out."
        )


def _in_one_spelling(sheet: Sheet, names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names as each was first written; of two that people or spreadsheets spell otherwise, one."""
    first: dict[str, tuple[str, int]] = {}
    for name, line in zip(names, sheet.table.lines, strict=True):
        first.setdefault(_plain(name), (name, line))
    other = {name: first[_plain(name)] for name in names if first[_plain(name)][0] != name}
    if not other:
        return names, ()
    again = next(line for name, line in zip(names, sheet.table.lines, strict=True) if name in other)
    earlier = next(line for name, (_, line) in other.items() if sheet.table.lines[names.index(name)] == again)
    s, are = ("", "is") if len(other) == 1 else ("s", "are")
    note = (
        f"{len(other):,} patient{s} {are} spelt in two ways (capital letters, leading zeros, 1.0 for 1), as "
        f"in lines {earlier} and {again}: taken for one person each"
    )
    return tuple(first[_plain(name)][0] for name in names), (note,)


def _plain(name: str) -> str:
    """A name without what two spellings of it differ by.

    >>> _plain("007.0"), _plain("P-7")
    ('7', 'p-7')
    """
    bare = whole(name)
    return (bare.lstrip("0") or "0") if bare.isascii() and bare.isdigit() else bare.casefold()


def cases(sheet: Sheet) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The name of each row's case, and a note on names that may be one, or where no column has them."""
    given = sheet.columns.case
    if given or "case_id" in sheet.table.columns:
        _require_no_summary(sheet, given or "case_id")
        names = sheet.column(given or "case_id")
        return names, tuple(_nearly_alike(sheet, names))
    numbered = tuple(f"line {line}" for line in sheet.table.lines)
    return numbered, ("no column case_id: each row counts as a case of its own",)


def _nearly_alike(sheet: Sheet, names: Sequence[str]) -> Iterator[str]:
    """A note where cases have names that people or spreadsheets may have spelt in two ways."""
    first: dict[str, tuple[str, int]] = {}
    pairs = []
    for name, line in zip(names, sheet.table.lines, strict=True):
        known, earlier = first.setdefault(_plain(name), (name, line))
        if known != name:
            pairs.append((earlier, line))
    if pairs:
        s, are = ("", "is") if len(pairs) == 1 else ("s", "are")
        yield (
            f"{len(pairs):,} case{s} {are} called as another, but for capital letters, leading zeros or 1.0 "
            f"for 1, as in lines {pairs[0][0]} and {pairs[0][1]}: each counts as a case of its own"
        )


def require_one_decimal_sign(sheet: Sheet, column: str, words: Sequence[str]) -> None:
    """Raises DataError where commas of a column may part thousands."""
    numbers = sorted({word for word in words if number(word) is not None})
    if mixed := both_signs(numbers):
        raise DataError(
            f"{sheet.name}: '{column}' has decimal commas ('{mixed[0]}') and decimal points ('{mixed[1]}'), "
            "so one of them may part thousands. Write all numbers alike."
        )
    if grouped := thousands(numbers):
        raise DataError(
            f"{sheet.name}: '{column}' has numbers such as '{grouped}', whose comma may part thousands or be "
            "a decimal sign. Write them without parting thousands, with a decimal point."
        )


def _likely(sheet: Sheet, which: str) -> str:
    """The column whose name says that it may be the one; empty where none does."""
    return next(
        (name for word in _LIKELY[which] for name in sheet.table.columns if word in name.casefold()), ""
    )


def numeric(sheet: Sheet, taken: Sequence[str] = ()) -> list[str]:
    """The columns that hold numbers only, but those that are `taken`."""
    written = re.compile(r"-?\d*[.,]?\d+([eE]-?\d+)?%?")
    return [
        name
        for name in sheet.table.columns
        if name not in taken and all(written.fullmatch(cell) for cell in sheet.table.column(name) if cell)
    ]
