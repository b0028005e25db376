"""Append-only ledgers: one JSON object a line, each with the digest of the line before.

They hold what can't be rebuilt: parts, looks, promotions. A changed, missing or reordered line
breaks the chain and is found at the next reading.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline import digests
from pipeline.errors import DamageError
from pipeline.workspace import crash_point, retry_error

Record = dict[str, Any]


def read(path: Path) -> list[Record]:
    """All records, oldest first; an absent ledger is empty.

    A last line without its newline was being written when the process was killed: it never
    counted and is left out. Raises DamageError naming the first line that breaks the chain.
    """
    return [json.loads(line) for line in _checked_lines(path)]


def append(path: Path, *records: Record) -> None:
    """Adds the records as one synced write; `created` and the chain's `previous` are filled in.

    Raises RetryError when the disk is full, DamageError when the chain is broken.
    """
    lines = _checked_lines(path)
    previous = digests.of_bytes(lines[-1].encode()) if lines else ""
    created = datetime.now(UTC).isoformat(timespec="seconds")
    text = ""
    for record in records:
        line = digests.canonical_json({**record, "created": created, "previous": previous})
        previous = digests.of_bytes(line.encode())
        text += line + "\n"
    crash_point(f"append:{path.name}")
    _write(path, sum(len(line.encode()) + 1 for line in lines), text.encode())
    crash_point(f"appended:{path.name}")


def _checked_lines(path: Path) -> list[str]:
    if not path.exists():
        return []
    lines = path.read_bytes().decode().split("\n")[:-1]
    previous = ""
    for number, line in enumerate(lines, start=1):
        if _previous_of(line) != previous:
            raise DamageError(
                f"{path.name}, line {number}: the chain of digests is broken, so a line was changed, "
                "removed or added by hand. Put back the ledger from your version control or backup."
            )
        previous = digests.of_bytes(line.encode())
    return lines


def _previous_of(line: str) -> str | None:
    try:
        return str(json.loads(line)["previous"])
    except (ValueError, KeyError, TypeError):
        return None


def _write(path: Path, good_bytes: int, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.ftruncate(descriptor, good_bytes)
            os.pwrite(descriptor, data, good_bytes)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise retry_error(error, path) from error
