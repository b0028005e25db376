"""Headers between the first pass and the plan: in a temporary file, since there may be millions of them."""

from __future__ import annotations

import contextlib
import pickle
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from pipeline.ingest.header.header import Header
from pipeline.ingest.reasons import ARCHIVE
from pipeline.ingest.source.fetched import Keep
from pipeline.writing import retry_error

_IN_MEMORY_BYTES = 16 << 20  # a small study touches no disk for it


class FileFacts(NamedTuple):
    """What must be known of all files at once.

    That are the pseudonyms of series and image, the file's digest, whether it is an archive, the study, and
    what a refused mask may be of.
    """

    series_id: str
    sop_id: str
    digest: str
    is_archive: bool
    study_id: str = ""
    may_mark: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """What is written and read back as one: the headers of files of one series, or of a single file."""

    facts: Mapping[str, FileFacts]
    headers: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """What is told of a file, and where its page lies: start and length."""

    facts: FileFacts
    page: tuple[int, int]


def pages(headers: Mapping[str, Header]) -> list[Page]:
    """Headers by token made ready for the spool, as children do: pickled together, a series shares much."""
    sets: defaultdict[tuple[str, str], dict[str, Header]] = defaultdict(dict)
    for token, header in headers.items():
        sets[header.series_id, "" if header.series_id else token][token] = header
    return [
        Page(
            {token: _facts_of(header) for token, header in series.items()},
            pickle.dumps(series, pickle.HIGHEST_PROTOCOL),
        )
        for series in sets.values()
    ]


def _facts_of(header: Header) -> FileFacts:
    is_archive = header.reason == ARCHIVE
    study = sys.intern(header.study_id)  # one text for all files of a study that are handed over together
    return FileFacts(header.series_id, header.sop_id, header.digest, is_archive, study, header.may_mark)


class Spool:
    """The headers of a run by token; use as a context manager. Raises RetryError when the disk is full.

    `keep` is where the bytes of fetched files stay beside their headers.
    """

    def __init__(self, folder: Path, keep: Keep | None = None) -> None:
        self.keep = keep
        self.entries: dict[str, Entry] = {}
        self._folder = folder
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES, dir=str(folder))  # noqa: SIM115
        self._end = 0

    def add(self, page: Page) -> None:
        """Takes the headers of some more files."""
        with self._telling():
            self._file.seek(self._end)
            self._file.write(page.headers)
        place = (self._end, len(page.headers))
        self.entries |= {token: Entry(facts, place) for token, facts in page.facts.items()}
        self._end += len(page.headers)

    def drop(self, tokens: Iterable[str]) -> None:
        """Forgets files; their bytes stay."""
        for token in tokens:
            del self.entries[token]

    def headers(self, tokens: Iterable[str]) -> dict[str, Header]:
        """The headers of files, by token."""
        wanted: defaultdict[tuple[int, int], list[str]] = defaultdict(list)
        for token in tokens:
            wanted[self.entries[token].page].append(token)
        found: dict[str, Header] = {}
        for (start, length), on_page in wanted.items():
            with self._telling():  # the seek writes what is still in a buffer
                self._file.seek(start)
                headers = pickle.loads(self._file.read(length))
            found |= {token: headers[token] for token in on_page}
        return found

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        """Tells a full disk as ours."""
        try:
            yield
        except OSError as error:
            raise retry_error(error, self._folder / "headers") from error

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        with contextlib.suppress(OSError):  # what is still in a buffer needs no place any more
            self._file.close()
