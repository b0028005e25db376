"""Rows by a list of values, however long."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from pipeline.catalogue.store import Catalogue

_PARAMETERS: Final = 500  # SQLite before 3.32 takes 999 in one statement


def chosen(catalogue: Catalogue, sql: str, values: Iterable[str]) -> list[tuple[Any, ...]]:
    """The rows of `sql IN (values)`."""
    wanted = sorted(values)
    rows: list[tuple[Any, ...]] = []
    for start in range(0, len(wanted), _PARAMETERS):
        part = wanted[start : start + _PARAMETERS]
        rows += catalogue.query(f"{sql} IN ({','.join('?' * len(part))})", part)
    return rows
