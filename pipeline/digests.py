"""Digests that name contents: SHA-256 in hex, the same on every machine."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path


def of_bytes(data: bytes) -> str:
    """The SHA-256 of `data`, 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def of_file(path: Path) -> str:
    """The SHA-256 of a file's bytes, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def of_json(value: object) -> str:
    """The SHA-256 of a JSON value, whatever the order of its keys.

    >>> of_json({"a": 1, "b": 2}) == of_json({"b": 2, "a": 1})
    True
    """
    return of_bytes(canonical_json(value).encode())


def canonical_json(value: object) -> str:
    """One text for one JSON value: keys sorted, no spaces, no NaN. Raises ValueError on NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
