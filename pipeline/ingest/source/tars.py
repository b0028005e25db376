"""The files of a tape archive (POSIX ustar and pax, GNU, and what came before), by its headers."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipeline.ingest.reasons import Refusal

_BLOCK = 512
_LONGEST_BYTES = 1 << 20  # of a name or a set of pax records; a path has at most some thousand
_LONG_NAME, _LONG_LINK = tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK
_PAX, _PAX_GLOBAL = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE), tarfile.XGLTYPE
_LINKS = (tarfile.LNKTYPE, tarfile.SYMTYPE)
_NO_PATHS = (tarfile.DIRTYPE, b"V", b"D")  # folders, and the names of tapes and of folders on them
_EXTENDED_AT, _MORE_AT = 482, 504  # where a block of a sparse file says that another one follows
_SPARSE = "GNU.sparse."


@dataclass(frozen=True)
class Entry:
    """A path of a tape archive: where its bytes lie, and the reason if it isn't read."""

    name: str
    start: int
    size: int
    reason: str = ""
    detail: str = ""


@dataclass
class _Extended:
    """What stands in blocks before a file's own header."""

    name: str = ""
    records: dict[str, str] | None = None

    def record(self, key: str) -> str:
        return (self.records or {}).get(key, "")

    @property
    def sparse(self) -> bool:
        return any(key.startswith(_SPARSE) for key in self.records or {})


def entries(read_at: Callable[[int, int], bytes]) -> Iterator[Entry]:
    """The paths in their order; `read_at` gives bytes from a start on.

    Raises Refusal `archive_damaged` where a header is none, or the end is missing: half of a scan could
    else look like a whole one.
    """
    position, extended = 0, _Extended()
    while any(block := _whole(read_at, position, _BLOCK)):
        header = _header(block)
        position += _BLOCK
        if header.type in (_LONG_NAME, _LONG_LINK, *_PAX, _PAX_GLOBAL):
            _note(extended, header, _payload(read_at, position, header.size))
            position += _blocks(header.size)
            continue
        if header.type == tarfile.GNUTYPE_SPARSE:
            position = _after_map(read_at, position, block)
        size = _number(extended.record("size")) if extended.record("size") else header.size
        start, position = position, position + (_blocks(size) if _has_bytes(header) else 0)
        # The last byte of a file must be there, though it isn't read now.
        if position > start:
            _whole(read_at, position - 1, 1)
        if header.type not in _NO_PATHS:
            reason, detail = _refusal(header, sparse=extended.sparse)
            yield Entry(extended.record("path") or extended.name or header.name, start, size, reason, detail)
        extended = _Extended()


def _whole(read_at: Callable[[int, int], bytes], start: int, length: int) -> bytes:
    data = read_at(start, length)
    if len(data) < length:
        raise Refusal("archive_damaged", "it breaks off")
    return data


def _header(block: bytes) -> tarfile.TarInfo:
    try:
        header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError):
        raise Refusal("archive_damaged", "the header of a file is damaged") from None
    if header.size < 0:
        raise Refusal("archive_damaged", "the size of a file is negative")
    return header


def _has_bytes(header: tarfile.TarInfo) -> bool:
    """Whether bytes follow the header; links and special files may give the size of what they stand for."""
    return header.isreg() or header.type not in tarfile.SUPPORTED_TYPES


def _payload(read_at: Callable[[int, int], bytes], start: int, size: int) -> bytes:
    if size > _LONGEST_BYTES:
        raise Refusal("archive_damaged", f"a name of {size} bytes")
    return _whole(read_at, start, size)


def _note(extended: _Extended, header: tarfile.TarInfo, payload: bytes) -> None:
    """Keeps what the payload tells of the next file; what holds for all of them is no name and no size."""
    if header.type == _LONG_NAME:
        extended.name = payload.split(b"\0")[0].decode("utf-8", "surrogateescape")
    elif header.type in _PAX:
        extended.records = _records(payload)


def _records(payload: bytes) -> dict[str, str]:
    """The records `LENGTH KEY=VALUE` of a pax header."""
    records = {}
    while payload.strip(b"\0"):
        length = _number(payload.split(b" ", 1)[0].decode("latin-1"))
        key, equals, value = payload[:length].partition(b" ")[2].partition(b"=")
        if not equals or length > len(payload):
            raise Refusal("archive_damaged", "the header of a file is damaged")
        records[key.decode("utf-8", "surrogateescape")] = value[:-1].decode("utf-8", "surrogateescape")
        payload = payload[length:]
    return records


def _number(text: str) -> int:
    # No size has 20 digits; Python itself raises only beyond 4300.
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise Refusal("archive_damaged", "the header of a file is damaged")
    return int(text)


def _after_map(read_at: Callable[[int, int], bytes], position: int, block: bytes) -> int:
    """Where the bytes of a sparse file begin: after all blocks of its map."""
    more = block[_EXTENDED_AT]
    while more:
        more = _whole(read_at, position, _BLOCK)[_MORE_AT]
        position += _BLOCK
    return position


def _blocks(size: int) -> int:
    """The bytes of the blocks that so many bytes fill."""
    return -(-size // _BLOCK) * _BLOCK


def _refusal(header: tarfile.TarInfo, *, sparse: bool) -> tuple[str, str]:
    if header.type in _LINKS:
        return "link_not_followed", ""
    if sparse or header.type == tarfile.GNUTYPE_SPARSE:
        return "archive_not_opened", "a sparse file of a tape archive"
    if not header.isreg():
        return "special_file", ""
    return "", ""
