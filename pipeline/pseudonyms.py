"""Keyed pseudonyms: the same identifier under the same key gives the same word on any machine.

HMAC-SHA-256 under a secret of 32 bytes: without the key nobody can list identifiers and compare
(an unkeyed hash of a patient ID is undone by trying all IDs). The key lies outside the project.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import os
import secrets
import shlex
import stat
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from mmap import mmap
from pathlib import Path

from blake3 import blake3

from pipeline.errors import UsageError
from pipeline.writing import atomic

KEY_BYTES = 32  # as long as the hash (RFC 2104, 3: a shorter key weakens it)
PHANTOM = "phantom"
PHANTOM_NOTE = "READ ME FIRST.txt"
PHANTOM_LINE = "Invented patients, written by `scanloom phantom`: nobody's scans."
"""The name and the first line of the file by which a folder says that nobody's data are in it."""
_OWN_KEY = (
    "Set HOME to a folder of your own that is kept, or name a file outside the project in `ingest.key`, made "
    f"once by: head -c {KEY_BYTES} /dev/urandom > FILE && chmod 600 FILE"
)
_PHANTOM_SECRET = b"scanloom phantom: invented people"[:KEY_BYTES]
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = [first + second for first in _LETTERS for second in _LETTERS]
_PAIR_PLACES = range(115, -1, -10)  # of ten bits each, the last five of 125 are a letter of their own
_REMEMBERED, _BLOCK_BYTES = 1024, 64  # the block of SHA-256 (RFC 2104, 2)


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
        return _word(self.secret, kind, fields)

    def digest(self, data: bytes) -> str:
        """32 hex digits for a text, by HMAC-SHA-256: for what is drawn by it to be drawn alike anywhere."""
        return hmac.digest(self.secret, data, "sha256")[:16].hex()

    def content_digest(self, data: bytes | mmap | memoryview) -> str:
        """32 hex digits for the bytes of a file or an array: equal bytes are seen, the source can't be found.

        By keyed BLAKE3, which costs a third of HMAC-SHA-256 on what ingest spends most of its time on.
        """
        return blake3(data, key=self._content_key).hexdigest(16)

    @cached_property
    def _content_key(self) -> bytes:
        return hmac.digest(self.secret, b"content", "sha256")


@lru_cache(_REMEMBERED)  # the files of a series share most of their identifiers
def _word(secret: bytes, kind: str, fields: tuple[str, ...]) -> str:
    parts = [part.strip(" \0").encode("utf-8", "surrogateescape") for part in (kind, *fields)]
    inner, outer = (state.copy() for state in _keyed(secret))
    inner.update(b"".join([len(part).to_bytes(4, "big") + part for part in parts]))
    outer.update(inner.digest())
    number = int.from_bytes(outer.digest()[:16], "big") >> 3
    pairs = [_PAIRS[number >> place & 1023] for place in _PAIR_PLACES]
    return kind[0] + "".join(pairs) + _LETTERS[number & 31]


@lru_cache(8)
def _keyed(secret: bytes) -> tuple[hashlib._Hash, hashlib._Hash]:
    """The inner and outer hash of an HMAC (RFC 2104) that have taken in the key; copied for a message."""
    short = hashlib.sha256(secret).digest() if len(secret) > _BLOCK_BYTES else secret
    block = short.ljust(_BLOCK_BYTES, b"\0")
    inner, outer = (hashlib.sha256(bytes(byte ^ pad for byte in block)) for pad in (0x36, 0x5C))
    return inner, outer


def load_key(configured: str | None, name: str, project: Path) -> tuple[Key, str | None]:
    """The analysis' key, and a sentence for the user when it was made just now: the first ingest may do so.

    `configured` is the YAML's `ingest.key`: a path, None for `~/.config/scanloom/keys/NAME.key`
    (made at first use), or "phantom" for the public key of the invented patients. Raises UsageError
    when the file is another user's or can be read by others, is a link, too short, or lies inside the
    project, or when there is no folder for a new one.
    """
    if configured != PHANTOM and configured is None and not os.path.lexists(path := default_key_path(name)):
        _make(path, project)
        sentence = f"Made the key {path}: keep it safe, without it no scan can be added later."
        return Key(path.read_bytes()), sentence
    return present_key(configured, name, project), None


def present_key(configured: str | None, name: str, project: Path) -> Key:
    """The analysis' key as `load_key` gives it, but never a new one.

    Raises UsageError as `load_key`, and when there is none.
    """
    if configured == PHANTOM:
        return Key(_PHANTOM_SECRET)
    path = key_path(configured, name)
    _check(path, project)
    return Key(path.read_bytes())


def key_path(configured: str | None, name: str) -> Path:
    """Where the key lies, or would. Raises UsageError when that hangs on a home folder that nobody knows."""
    return _at_home(configured) if configured else default_key_path(name)


def require_same_key(key: Key, stored_id: str | None, *, what: str) -> None:
    """Nothing, if `what` ("These scans were read") was done under this key, or under none yet.

    Raises UsageError with the ids of both keys.
    """
    if stored_id not in (None, key.key_id):
        raise UsageError(
            f"{what} under the key {stored_id}, and the key in use is {key.key_id}. Put back the first key "
            "(`ingest.key`), or start a new analysis: a YAML of another name."
        )


def require_phantom(raw: Path) -> None:
    """Nothing, if the folder of scans, or one that it lies in, is one that the phantom wrote.

    Raises UsageError: under a public key, the pseudonyms of real patients could be undone.
    """
    notes = [folder / PHANTOM_NOTE for folder in (raw.resolve(), *raw.resolve().parents)]
    if not any(_says_phantom(note) for note in notes):
        raise UsageError(
            f"`ingest.key: {PHANTOM}` is the public key of the invented patients, and "
            f"{raw.name} doesn't hold those. Leave `ingest.key` out to have a key of your own made."
        )


def _says_phantom(note: Path) -> bool:
    line = PHANTOM_LINE.encode()
    if not note.is_file():
        return False
    with note.open("rb") as stream:
        return stream.readline(len(line) + 2).rstrip(b"\r\n") == line


def default_key_path(name: str) -> Path:
    """Where an analysis' key lies when the YAML doesn't say. Raises UsageError when no home is known."""
    named = os.environ.get("XDG_CONFIG_HOME")
    base = Path(named) if named else _at_home("~/.config")
    return base / "scanloom" / "keys" / f"{name}.key"


def _at_home(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError:  # HOME is not set, and the system's list of users doesn't know this one
        raise UsageError(
            f"The key can't be looked for at {path}: this user has no home folder here. {_OWN_KEY}"
        ) from None


def _make(path: Path, project: Path) -> None:
    if path.resolve().is_relative_to(project.resolve()):
        raise UsageError(f"The key {path} would lie inside the project, where data go. {_OWN_KEY}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        raise UsageError(
            f"There can be no key at {path}: its folder can't be made ({error.strerror}). {_OWN_KEY}"
        ) from None
    with atomic(path) as temporary:
        temporary.touch(mode=0o600)
        temporary.write_bytes(secrets.token_bytes(KEY_BYTES))


def _check(path: Path, project: Path) -> None:
    if path.is_symlink():
        raise UsageError(f"The key {path} is a link. Give the path of the file itself in `ingest.key`.")
    if not path.is_file():
        raise UsageError(
            f"The key {path} is not there. Put back the key this analysis was made with; for a new analysis, "
            f"make it: head -c {KEY_BYTES} /dev/urandom > {shlex.quote(str(path))} && "
            f"chmod 600 {shlex.quote(str(path))}"
        )
    if path.stat().st_uid != os.getuid():
        raise UsageError(f"The key {path} belongs to another user. Copy it to a file of your own, mode 0600.")
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise UsageError(f"The key {path} can be read by others (mode {mode:04o}). Run: chmod 600 '{path}'")
    if path.stat().st_size < KEY_BYTES:
        raise UsageError(
            f"The key {path} has fewer than {KEY_BYTES} bytes. Put back the key from your backup."
        )
    if path.resolve().is_relative_to(project.resolve()):
        raise UsageError(f"The key {path} lies inside the project, where data go. Move it out, mode 0600.")
