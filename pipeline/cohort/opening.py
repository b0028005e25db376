"""The tables that the YAML names, opened: told at `configure` what would cost an ingest to be told later."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pipeline import tables
from pipeline.config import Cohort, Config
from pipeline.config.text import KeyPath
from pipeline.contracts import targets
from pipeline.errors import nearest
from pipeline.tables import NoSuchSheet, SeveralSheets, Table
from pipeline.tables.words import as_yaml, normal
from pipeline.tasks.registry import task_of

_TABLES = frozenset({".csv", ".tsv", ".txt", ".xlsx", ".xlsm"})


NO_TABLE: Final = Table((), (), ())
"""In the place of a table where none is named: the truth stands in masks, and no column is asked for."""


def table_path(config: Config, root: Path, key: str, name: str) -> Path:
    """The path of the table that the YAML names under `cohort.KEY`.

    Raises ConfigError when there is none, with the nearest name in its folder.
    """
    path = root / name
    if path.is_file():
        return path
    folder = path.parent
    tables_there = (
        [entry.name for entry in folder.iterdir() if entry.suffix.lower() in _TABLES]
        if folder.is_dir()
        else []
    )
    hint = f" ({nearest(path.name, tables_there)})" if tables_there else ""
    raise config.refuse(("cohort", key), f"there is no table '{name}'{hint}. Mend the path.")


def open_labels(config: Config, root: Path) -> tuple[Path, Table]:
    """The table of labels and its path, with all columns that the YAML names.

    Raises:
        ConfigError: no such table, sheet or column, with the nearest name; or several sheets that fit.
        DataError: not a table.
    """
    choices, columns = config.cohort, dict[KeyPath, str]()
    in_masks = task_of(config.task).target.READS_MASKS
    path = table_path(config, root, "labels", choices.labels or "")
    if not in_masks:
        columns |= {("cohort", "target", at): column for at, column in enumerate(choices.target)}
    if choices.part_column is not None:
        columns["cohort", "part_column"] = choices.part_column
    if choices.external is not None and choices.external.column is not None:
        columns["cohort", "external", "column"] = choices.external.column
    columns |= {("cohort", "groups", column): column for column in choices.groups}
    source = config.ingest.patient_from
    if source is not None and not isinstance(source, str) and source.column is not None:
        columns["ingest", "patient_from"] = source.column
    columns |= {("cohort", "id", at): key.column for at, key in enumerate(choices.keys)}
    wanted = {column for column in columns.values() if not tables.is_placeholder(column)}
    try:
        table = tables.read(path, wanted=wanted, sheet=choices.sheet)
    except NoSuchSheet as error:
        raise config.refuse(("cohort", "sheet"), str(error)) from None
    except SeveralSheets as error:
        lines = " or ".join(f"`sheet: {as_yaml(name)}`" for name in error.names)
        raise config.refuse(
            ("cohort", "labels"), f"{error}. Copy one of these lines below `cohort:`: {lines}."
        ) from None
    for keys, column in columns.items():
        if column not in table.columns:
            raise config.refuse(keys, _no_column(table, column, path))
    return path, table if in_masks else _with_target(table, choices)


def check_labels(config: Config, root: Path) -> None:
    """Nothing, if the table of labels has what the YAML names: columns, sheet, and what the task asks of the
    target.

    Raises:
        ConfigError: it doesn't, with the nearest name.
        DataError: not a table.
    """
    choices, target = config.cohort, task_of(config.task).target
    table = open_labels(config, root)[1] if choices.labels is not None else None
    if table is not None:
        _require_words_of_source(config, table)
    if choices.links is not None:
        table_path(config, root, "links", choices.links)
    if table is None or target.READS_MASKS:
        return
    target.check(
        table.column(choices.column),
        choices,
        cell_of=lambda row: table.cell(choices.column, table.lines[row]),
        refuse=config.refuse,
    )


def _require_words_of_source(config: Config, table: Table) -> None:
    """Nothing, if the column that tells another source has every word that the YAML names."""
    external = config.cohort.external
    if external is None or external.column is None:
        return
    words = {normal(cell) for cell in table.column(external.column)} - {""}
    for at, word in enumerate(external.values):
        if normal(word) not in words:
            raise config.refuse(
                ("cohort", "external", "values", at),
                f"the column '{external.column}' doesn't have the word '{word}' ({nearest(word, words)}).",
            )


def _with_target(table: Table, choices: Cohort) -> Table:
    """The table with the columns of several targets as one, each row's cells joined."""
    if len(choices.target) == 1:
        return table
    cells = zip(*(table.column(name) for name in choices.target), strict=True)
    return table.with_column(choices.column, [targets.joined(row) for row in cells])


def _no_column(table: Table, column: str, path: Path) -> str:
    where = f" of the sheet '{table.sheet}'" if table.sheet is not None else ""
    hint = nearest(column, table.columns)
    return f"the table {path.name}{where} has no column '{column}' ({hint}).{_one_hot(table)}"


def _one_hot(table: Table) -> str:
    """A hint at columns of 0 and 1 of which each row has one."""
    flags = [c for c in table.columns if {normal(cell) for cell in table.column(c)} == {"0", "1"}]
    if len(flags) < 2:
        return ""
    ones = [
        sum(normal(cell) == "1" for cell in cells) for cells in zip(*map(table.column, flags), strict=True)
    ]
    names = ", ".join(f"'{flag}'" for flag in flags[:4]) + (" and others" if len(flags) > 4 else "")
    if set(ones) == {1}:
        return (
            f" The columns {names} hold a 1 for one class a row: make them one column with the name of the "
            "class, or name one of them to ask for it against the rest."
        )
    return (
        f" The columns {names} hold several findings a row: name one of them, or all to ask for each: "
        f"`target: {as_yaml(flags)}`."
    )
