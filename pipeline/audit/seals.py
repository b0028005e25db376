"""The digests of files and the chains of ledgers, followed anew."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from pipeline.audit.account import Account

LEDGERS: Final = ("parts", "looks", "promotions", "reviews")


def sha256(path: Path) -> str:
    """The SHA-256 of a file, or what stands for one that isn't there."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "not there"


def audit_ledgers(folder: Path, account: Account) -> None:
    """Follows each ledger from line to line, and to the number and head that heads.json keeps."""
    kept_file = folder / "heads.json"
    kept = _object(kept_file).get("ledgers", {})
    for name in LEDGERS:
        path = folder / f"{name}.jsonl"
        lines = path.read_bytes().split(b"\n")[:-1] if path.is_file() else []
        previous = ""
        for number, line in enumerate(lines, start=1):
            written = _previous(line)
            account.compare(
                f"ledger/{path.name}, line {number}: digest of the line before", written, previous
            )
            previous = hashlib.sha256(line).hexdigest()
        if lines or name in kept:
            head = kept.get(name, {})
            account.compare(f"ledger/heads.json: lines of {name}", head.get("lines"), len(lines))
            account.compare(f"ledger/heads.json: last line of {name}", head.get("head"), previous)


def _previous(line: bytes) -> str:
    """What a line says of the one before; of a line that is no record, that."""
    try:
        return str(json.loads(line)["previous"])
    except (KeyError, TypeError, ValueError):
        return "no record"


def audit_stages(data: Path, candidate: Path, account: Account) -> None:
    """Compares the outputs of every stage with the digests of its stamp; `data:` is the data's folder."""
    for stamp in sorted((data / "stages").glob("*.json")):
        outputs = _object(stamp).get("outputs", {})
        for name, digest in sorted(outputs.items()):
            place, _, file = name.rpartition(":")
            path = (data if place == "data" else candidate) / file
            account.compare(f"{file}: digest by the stamp of {stamp.stem}", digest, sha256(path))


def audit_generation(folder: Path, account: Account) -> None:
    """Compares the files of a generation with the digests by which it was frozen."""
    for name, digest in sorted(_object(folder / "digests.json").get("files", {}).items()):
        account.compare(f"generations/{folder.name}/{name}: digest", digest, sha256(folder / name))


def _object(path: Path) -> dict[str, Any]:
    """The JSON object of a file; empty of one that isn't there or can't be read, whose digests then lack."""
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, TypeError, ValueError):
        return {}
