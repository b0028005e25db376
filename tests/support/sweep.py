"""Looks for words in files, whatever they are packed in and however they are written.

`find` opens containers (gzip, zip, HDF5, npy, PNG, SQLite, base64) and searches what is inside for every
form of every word: encodings, escapes, cases, turned names, layouts of dates, base64, hex and hashes.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import io
import json
import re
import sqlite3
import urllib.parse
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "latin-1", "iso2022_jp")
HASHES = ("md5", "sha1", "sha256")
DATE_LAYOUTS = ("%Y%m%d", "%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d %b %Y", "%B %d, %Y")
_DEEPEST = 6
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{64,}={0,2}")
_DATE = re.compile(r"\d{8}")
_KEY_BYTES = 4
_EXACT = ("base64", "raw")


@dataclass(frozen=True)
class Hit:
    """A word that was found: where it was planted, in which form, and in what."""

    planted: str
    form: str
    where: str


def find(words: Mapping[str, str], named: Iterable[tuple[str, bytes]]) -> list[Hit]:
    """Every word (by the place where it was planted) in every named piece of data or its name."""
    patterns = _Patterns(words)
    hits = []
    for name, data in named:
        pieces = [(f"{name} (its name)", name.encode("utf-8", "surrogateescape")), *contents(name, data)]
        for where, piece in pieces:
            hits += [Hit(planted, form, where) for planted, form in patterns.search(piece)]
    return hits


def files_below(*folders: Path, except_for: Iterable[Path] = ()) -> Iterator[tuple[str, bytes]]:
    """Relative name and bytes of every file below the folders, but for those that lie in `except_for`."""
    outside = tuple(except_for)
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not any(path.is_relative_to(skipped) for skipped in outside):
                yield path.relative_to(folder).as_posix(), path.read_bytes()


def forms(word: str) -> Iterator[tuple[str, bytes]]:
    """Every way in which the word may be written, named; case matters only in base64."""
    for text in dict.fromkeys((word, word.lower(), word.upper(), *_turned(word), *_dates(word))):
        for encoding in ENCODINGS:
            encoded = text.encode(encoding, "ignore")
            if encoded.decode(encoding) == text:
                yield encoding, encoded
                yield "hex", encoded.hex().encode()
                yield from ((f"base64 of {encoding}", form) for form in _base64(encoded))
                yield from ((name, form) for name, form in _hashes(encoded))
        yield "JSON", json.dumps(text)[1:-1].encode()
        yield "percent", urllib.parse.quote(text, safe="").encode()
        yield "percent", "".join(f"%{byte:02x}" for byte in text.encode()).encode()
        yield "HTML", html.escape(text).encode()
        yield "HTML", "".join(f"&#{ord(letter)};" for letter in text).encode()
        yield "HTML", "".join(f"&#x{ord(letter):x};" for letter in text).encode()


def contents(name: str, data: bytes, depth: int = 0) -> Iterator[tuple[str, bytes]]:
    """The data themselves and everything packed in them."""
    yield name, data
    if depth == _DEEPEST:
        return
    for kind, opened in (*_containers(data), *_decoded(data)):
        yield from contents(f"{name} > {kind}", opened, depth + 1)


class _Patterns:
    """All forms of all words. Those that are text are compared in small letters, the others as they are."""

    def __init__(self, words: Mapping[str, str]) -> None:
        named = [(planted, form, pattern) for planted, word in words.items() for form, pattern in forms(word)]
        self._exact = _Index((p, (w, f)) for w, f, p in named if f.startswith(_EXACT))
        self._lowered = _Index((p.lower(), (w, f)) for w, f, p in named if not f.startswith(_EXACT))

    def search(self, data: bytes) -> set[tuple[str, str]]:
        return self._exact.search(data) | self._lowered.search(data.lower())


class _Index:
    """Patterns by their first four bytes, so that all are looked for in one pass over the data."""

    def __init__(self, patterns: Iterable[tuple[bytes, tuple[str, str]]]) -> None:
        self._told = dict(patterns)
        self._by_start: defaultdict[bytes, list[bytes]] = defaultdict(list)
        for pattern in self._told:
            self._by_start[pattern[:_KEY_BYTES]].append(pattern)
        self._starts = np.zeros(1 << 24, dtype=bool)
        self._starts[np.frombuffer(b"".join(self._by_start), "<u4") & 0xFFFFFF] = True

    def search(self, data: bytes) -> set[tuple[str, str]]:
        flat = np.frombuffer(data, np.uint8).astype(np.uint32)
        places = np.flatnonzero(self._starts[flat[:-2] | flat[1:-1] << 8 | flat[2:] << 16])
        return {
            self._told[pattern]
            for place in places.tolist()
            for pattern in self._by_start.get(data[place : place + _KEY_BYTES], ())
            if data.startswith(pattern, place) and not _within_a_number(data, place, pattern)
        }


def _within_a_number(data: bytes, place: int, pattern: bytes) -> bool:
    """Whether eight digits are the inner part of a longer number: a date begins where its digits begin."""
    return pattern.isdigit() and place > 0 and data[place - 1 : place] in b"0123456789."


def _turned(name: str) -> tuple[str, ...]:
    """Family and given name in the orders and with the marks that people write."""
    family, mark, given = name.partition("^")
    if not mark:
        return ()
    return f"{given} {family}", f"{family} {given}", f"{family}, {given}", f"{given}^{family}", family, given


def _dates(word: str) -> tuple[str, ...]:
    if not _DATE.fullmatch(word):
        return ()
    day = datetime.strptime(word, "%Y%m%d")
    return tuple(day.strftime(layout) for layout in DATE_LAYOUTS)


def _base64(data: bytes) -> Iterator[bytes]:
    """The characters that don't depend on what stands before and behind, for each of three offsets."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data)
        own = encoded[-(-8 * before // 6) : (before + len(data)) * 8 // 6]
        yield own
        yield own.replace(b"+", b"-").replace(b"/", b"_")


def _hashes(data: bytes) -> Iterator[tuple[str, bytes]]:
    for name in HASHES:
        digest = hashlib.new(name, data)
        yield name, digest.hexdigest().encode()
        yield f"raw {name}", digest.digest()


def _containers(data: bytes) -> Iterator[tuple[str, bytes]]:
    for magic, kind, opener in _OPENERS:
        if data.startswith(magic):
            yield from ((f"{kind} {name}".strip(), inner) for name, inner in opener(data))


def _decoded(data: bytes) -> Iterator[tuple[str, bytes]]:
    for match in _BASE64.finditer(data):
        run = match[0].rstrip(b"=")
        run = run[: len(run) - (len(run) % 4 == 1)]
        yield "base64", base64.b64decode(run + b"=" * (-len(run) % 4))


def _gzip(data: bytes) -> Iterator[tuple[str, bytes]]:
    yield "", gzip.decompress(data)


def _zip(data: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        yield "names", "\n".join(archive.namelist()).encode()
        open_to_all = [info for info in archive.infolist() if not info.flag_bits & 1]
        yield from ((info.filename, archive.read(info)) for info in open_to_all)


def _hdf5(data: bytes) -> Iterator[tuple[str, bytes]]:
    import h5py

    found: list[tuple[str, bytes]] = []

    def keep(name: str, node: h5py.Group | h5py.Dataset) -> None:
        found.append(("name", name.encode()))
        found.extend((f"{name}@{key}", _shown(value)) for key, value in node.attrs.items())
        if isinstance(node, h5py.Dataset):
            found.append((name, _shown(node[()])))

    with h5py.File(io.BytesIO(data)) as file:
        keep("/", file)
        file.visititems(keep)
    yield from found


def _npy(data: bytes) -> Iterator[tuple[str, bytes]]:
    array = np.load(io.BytesIO(data), allow_pickle=False)
    if array.dtype.kind in "US":
        yield "text", _shown(array)


def _png(data: bytes) -> Iterator[tuple[str, bytes]]:
    place = 8
    while place + 8 <= len(data):
        length, kind = int.from_bytes(data[place : place + 4]), data[place + 4 : place + 8]
        body = data[place + 8 : place + 8 + length]
        if kind in (b"zTXt", b"iTXt", b"iCCP", b"IDAT"):
            starts = (found.start() for found in re.finditer(b"\x78", body))
            inflated = next(filter(None, (_inflated(body[start:]) for start in starts)), b"")
            if inflated:
                yield kind.decode(), inflated
        place += length + 12


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data)
    except zlib.error:
        return b""


def _sqlite(data: bytes) -> Iterator[tuple[str, bytes]]:
    """All values, so that one that crosses pages is seen whole; the pages themselves are searched as well."""
    connection = sqlite3.connect(":memory:")
    connection.deserialize(data[:18] + b"\1\1" + data[20:])  # not in write-ahead mode: there is no file
    connection.text_factory = bytes
    tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    for (table,) in tables:
        rows = connection.execute(f'SELECT * FROM "{table.decode()}"')
        yield table.decode(), b"\n".join(_shown(value) for row in rows for value in row)
    connection.close()


def _shown(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, np.ndarray) and value.dtype.kind in "OUS":
        return b"\n".join(_shown(item) for item in value.reshape(-1).tolist())
    return value.tobytes() if isinstance(value, np.ndarray) else str(value).encode()


_OPENERS = (
    (b"\x1f\x8b", "gzip", _gzip),
    (b"PK\x03\x04", "zip", _zip),
    (b"\x89HDF\r\n\x1a\n", "hdf5", _hdf5),
    (b"\x93NUMPY", "npy", _npy),
    (b"\x89PNG\r\n\x1a\n", "png", _png),
    (b"SQLite format 3\0", "sqlite", _sqlite),
)
