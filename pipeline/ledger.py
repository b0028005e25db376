"""Append-only ledgers: one JSON object a line, each with the digest of the line before.

They hold what can't be rebuilt: parts, looks, promotions. A changed, missing or reordered line
breaks the chain and is found at the next reading.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline import digests
from pipeline.errors import DamageError
from pipeline.workspace import write_bytes

Record = dict[str, Any]


def read(path: Path) -> list[Record]:
    """All records, oldest first; an absent ledger is empty.

    A last line without its newline was being written when the process was killed: it never
    counted and is left out. Raises DamageError naming the first line that breaks the chain.
    """
    return [json.loads(line) for line in _checked_lines(path)]


def append(path: Path, *records: Record) -> None:
    """Adds the records, all or none; `created` and the chain's `previous` are filled in.

    The ledger is written anew and renamed: added in place, a full disk or a kill could leave some of
    the records, and they would count. Raises RetryError when the disk is full, DamageError when the
    chain is broken.
    """
    lines = _checked_lines(path)
    previous = digests.of_bytes(lines[-1]) if lines else ""
    created = datetime.now(UTC).isoformat(timespec="seconds")
    for record in records:
        line = digests.canonical_json({**record, "created": created, "previous": previous}).encode()
        previous = digests.of_bytes(line)
        lines.append(line)
    write_bytes(path, b"".join(line + b"\n" for line in lines))


def _checked_lines(path: Path) -> list[bytes]:
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")[:-1]
    previous = ""
    for number, line in enumerate(lines, start=1):
        if _previous_of(line) != previous:
            raise DamageError(
                f"{path.name}, line {number}: the chain of digests is broken, so a line was changed, "
                "removed or added by hand. Put back the ledger from your version control or backup."
            )
        previous = digests.of_bytes(line)
    return lines


def _previous_of(line: bytes) -> str | None:
    try:
        return str(json.loads(line)["previous"])
    except (ValueError, KeyError, TypeError):
        return None
