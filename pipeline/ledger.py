"""Append-only ledgers: one JSON object a line, each with the digest of the line before.

They hold what can't be rebuilt: parts, looks, promotions. A changed, missing or reordered line breaks
the chain. The chain can't tell that its end was cut off, or that a ledger is gone: so `heads.json` beside
the ledgers holds the number of lines of each and the digest of the last, and others may hold it, too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pipeline import digests
from pipeline.errors import DamageError
from pipeline.writing import write_bytes, write_json

Record = dict[str, Any]
Heads = dict[str, dict[str, Any]]
"""Of each ledger by name: how many `lines` it has, and the digest of the last (`head`)."""

HEADS_FILE: Final = "heads.json"
REMEDY: Final = (
    "Put back the ledger as it was, from your version control or backup; where there is none, start a new "
    "analysis (a YAML of another name)."
)
_ENDING: Final = ".jsonl"


def read(path: Path) -> list[Record]:
    """All records, oldest first; an absent ledger is empty.

    A last line without its newline was being written when the process was killed: it never
    counted and is left out. Raises DamageError naming the first line that breaks the chain, or saying
    that lines are gone which `heads.json` knows.
    """
    lines = _checked_lines(path)
    if lost := _lost(path.stem, lines, kept_heads(path.parent), where=HEADS_FILE):
        raise DamageError(f"{lost} {REMEDY}")
    return [json.loads(line) for line in lines]


def append(path: Path, *records: Record) -> None:
    """Adds the records, all or none; `created` and the chain's `previous` are filled in.

    The ledger is written anew and renamed: added in place, a full disk or a kill could leave some of
    the records, and they would count. The heads follow; after a kill in between, the next run catches up.
    Raises RetryError when the disk is full, DamageError when the chain is broken or a ledger beside it lost
    lines.
    """
    lines = _checked_lines(path)
    require(path.parent, kept_heads(path.parent), where=HEADS_FILE)
    previous = digests.of_bytes(lines[-1]) if lines else ""
    created = datetime.now(UTC).isoformat(timespec="seconds")
    for record in records:
        line = digests.canonical_json({**record, "created": created, "previous": previous}).encode()
        previous = digests.of_bytes(line)
        lines.append(line)
    write_bytes(path, b"".join(line + b"\n" for line in lines))
    catch_up(path.parent)


def catch_up(folder: Path) -> None:
    """Makes `heads.json` know all lines; to be called once `require` has found that none is gone.

    A run that was killed may have left it behind its last lines.
    """
    if known := heads(folder):
        write_json(folder / HEADS_FILE, {"schema": "heads/1", "ledgers": known})


def heads(folder: Path) -> Heads:
    """The heads of all ledgers in the folder that have lines."""
    lines_of = {path.stem: _lines(path) for path in sorted(folder.glob(f"*{_ENDING}"))}
    return {
        name: {"lines": len(lines), "head": digests.of_bytes(lines[-1])}
        for name, lines in lines_of.items()
        if lines
    }


def kept_heads(folder: Path) -> Heads:
    """The heads in the folder's `heads.json`; none where a version before it wrote the ledgers.

    Raises DamageError when it can't be read.
    """
    path = folder / HEADS_FILE
    if not path.exists():
        return {}
    try:
        return heads_of(json.loads(path.read_bytes()))
    except ValueError:
        raise DamageError(
            f"ledger/{HEADS_FILE} is damaged. Put it back from your version control or backup; where there "
            "is none, remove it: the next run writes it again."
        ) from None


def heads_of(record: Mapping[str, Any]) -> Heads:
    """The heads that a JSON record keeps under `ledgers`, checked. Raises ValueError."""
    try:
        return {
            name: {"lines": max(1, int(kept["lines"])), "head": str(kept["head"])}
            for name, kept in record["ledgers"].items()
        }
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError("no heads of ledgers") from error


def require(folder: Path, known: Heads, *, where: str) -> None:
    """Nothing, if the ledgers in the folder still hold the lines whose heads are `known`.

    `where` is told as what knows of them. Raises DamageError naming each ledger that lost lines.
    """
    losses = [_lost(name, _lines(folder / f"{name}{_ENDING}"), known, where=where) for name in sorted(known)]
    if any(losses):
        raise DamageError(" ".join([*filter(None, losses), REMEDY]))


def _lost(name: str, lines: Sequence[bytes], known: Heads, *, where: str) -> str:
    """A sentence on lines that `known` has and the ledger hasn't; empty where all are there."""
    if name not in known:
        return ""
    count = known[name]["lines"]
    if len(lines) < count:
        state = f"has {len(lines)} lines" if lines else "is not there or empty"
        return f"ledger/{name}{_ENDING} {state}, and {where} says that it had {count}: its end is gone."
    if digests.of_bytes(lines[count - 1]) != known[name]["head"]:
        return f"ledger/{name}{_ENDING}, line {count}: not the line that {where} knows."
    return ""


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().split(b"\n")[:-1] if path.exists() else []


def _checked_lines(path: Path) -> list[bytes]:
    lines = _lines(path)
    previous = ""
    for number, line in enumerate(lines, start=1):
        if _previous_of(line) != previous:
            raise DamageError(
                f"{path.name}, line {number}: the chain of digests is broken, so a line was changed, "
                f"removed or added by hand. {REMEDY}"
            )
        previous = digests.of_bytes(line)
    return lines


def _previous_of(line: bytes) -> str | None:
    try:
        return str(json.loads(line)["previous"])
    except (ValueError, KeyError, TypeError):
        return None
