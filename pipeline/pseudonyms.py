"""Keyed pseudonyms: the same identifier under the same key gives the same word on any machine.

HMAC-SHA-256 under a secret of 32 bytes: without the key nobody can list identifiers and compare
(an unkeyed hash of a patient ID is undone by trying all IDs). The key lies outside the project.
"""

from __future__ import annotations

import base64
import hmac
import os
import secrets
import stat
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.workspace import atomic

KEY_BYTES = 32
PHANTOM = "phantom"
_PHANTOM_SECRET = b"scanloom phantom: invented people"[:KEY_BYTES]


@dataclass(frozen=True)
class Key:
    """The secret of one analysis; never printed, logged or stored in the project."""

    secret: bytes = field(repr=False)

    @cached_property
    def key_id(self) -> str:
        """Eight characters that tell keys apart and reveal nothing."""
        return self.pseudonym("key-id")[:8]

    def pseudonym(self, kind: str, *fields: str) -> str:
        """26 characters `[a-z][a-z2-7]{25}` for the fields, e.g. `pseudonym("patient", issuer, id)`.

        The first letter is the kind's. Fields are trimmed of spaces and NULs and length-prefixed, so
        that ("ab", "c") and ("a", "bc") differ; a different `kind` gives unrelated words.
        """
        message = bytearray()
        for part in (kind, *fields):
            encoded = part.strip(" \0").encode("utf-8", "surrogateescape")
            message += len(encoded).to_bytes(4, "big") + encoded
        word = base64.b32encode(hmac.digest(self.secret, message, "sha256")[:16])[:25]
        return kind[0] + word.decode().lower()

    def digest(self, data: bytes | memoryview) -> str:
        """32 hex digits for the bytes, under the key: equal bytes are seen, the source can't be found."""
        return hmac.digest(self.secret, data, "sha256")[:16].hex()


def load_key(configured: str | None, name: str, project: Path) -> tuple[Key, str | None]:
    """The analysis' key, and a sentence for the user when it was made just now.

    `configured` is the YAML's `ingest.key`: a path, None for `~/.config/scanloom/keys/NAME.key`
    (made at first use), or "phantom" for the public key of the invented patients. Raises UsageError
    when the file can be read by others, is a link, too short, or lies inside the project.
    """
    if configured == PHANTOM:
        return Key(_PHANTOM_SECRET), None
    path = Path(configured).expanduser() if configured else default_key_path(name)
    if configured is None and not path.exists():
        _make(path)
        return Key(
            path.read_bytes()
        ), f"Made the key {path}: keep it safe, without it no scan can be added later."
    _check(path, project)
    return Key(path.read_bytes()), None


def default_key_path(name: str) -> Path:
    """Where an analysis' key lies when the YAML doesn't say."""
    base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return base / "scanloom" / "keys" / f"{name}.key"


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with atomic(path) as temporary:
        temporary.touch(mode=0o600)
        temporary.write_bytes(secrets.token_bytes(KEY_BYTES))


def _check(path: Path, project: Path) -> None:
    if path.is_symlink():
        raise UsageError(f"The key {path} is a link. Give the path of the file itself in `ingest.key`.")
    if not path.is_file():
        raise UsageError(
            f"The key {path} is not there. Put back the key this analysis was made with, "
            "or leave out `ingest.key` to have a new one made."
        )
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise UsageError(f"The key {path} can be read by others (mode {mode:04o}). Run: chmod 600 '{path}'")
    if path.stat().st_size < KEY_BYTES:
        raise UsageError(
            f"The key {path} has fewer than {KEY_BYTES} bytes. Put back the key from your backup."
        )
    if path.resolve().is_relative_to(project.resolve()):
        raise UsageError(f"The key {path} lies inside the project, where data go. Move it out, mode 0600.")
