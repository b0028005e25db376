"""Headers between the first pass and the plan: in a temporary file, since there may be millions of them."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from pipeline.ingest.headers import Header
from pipeline.workspace import retry_error

_IN_MEMORY_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Told:
    """What must be known of all files at once, and the pickled header."""

    series_id: str
    sop_id: str
    digest: str
    header: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """What must be known of all files at once, and where the header lies."""

    series_id: str
    sop_id: str
    digest: str
    start: int
    length: int


def told(header: Header) -> Told:
    """A header made ready for the spool, as children do."""
    return Told(header.series_id, header.sop_id, header.digest, pickle.dumps(header, -1))


class Spool:
    """The headers of a run by token; use as a context manager. Raises RetryError when the disk is full."""

    def __init__(self, folder: Path) -> None:
        self.entries: dict[str, Entry] = {}
        self._folder = folder
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES, dir=str(folder))  # noqa: SIM115
        self._end = 0

    def add(self, token: str, one: Told) -> None:
        """Takes the header of one more file."""
        try:
            self._file.seek(self._end)
            self._file.write(one.header)
        except OSError as error:
            raise retry_error(error, self._folder / "headers") from error
        length = len(one.header)
        self.entries[token] = Entry(one.series_id, one.sop_id, one.digest, self._end, length)
        self._end += length

    def drop(self, tokens: Iterable[str]) -> None:
        """Forgets files."""
        for token in tokens:
            del self.entries[token]

    def headers(self, tokens: Iterable[str]) -> dict[str, Header]:
        """The headers of files, by token."""
        found = {}
        for token in tokens:
            entry = self.entries[token]
            self._file.seek(entry.start)
            found[token] = pickle.loads(self._file.read(entry.length))
        return found

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        self._file.close()
