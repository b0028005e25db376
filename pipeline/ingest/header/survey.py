"""The first pass: headers of many files, read in child processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.executors import Executor, Failure
from pipeline.ingest.dicom.templates import Templates
from pipeline.ingest.header.header import Header, Selection
from pipeline.ingest.header.reading import read_header
from pipeline.ingest.header.spool import Page, Spool, pages
from pipeline.ingest.header.understanding import PartialHeader
from pipeline.ingest.isolation import at_most, header_refusal, run_isolated
from pipeline.ingest.source.discover import SourcePath
from pipeline.ingest.source.fetched import Keep
from pipeline.ingest.source.files import approach
from pipeline.progress import bar
from pipeline.pseudonyms import Key

# A task that ends its child is tried again file by file: it must be short, but worth handing over.
_MOST_FILES, _MOST_BYTES = 256, 64 << 20


@dataclass(frozen=True)
class HeaderTask:
    """Files whose headers one child reads; those of `buried` patients are not kept.

    `keep` is where the bytes of fetched images stay until their pixels are read.
    """

    files: tuple[SourcePath, ...]
    key: Key
    selection: Selection
    buried: frozenset[str]
    keep: Keep | None = None


def read_headers(task: HeaderTask) -> list[Page]:
    """The headers of a task's files."""
    headers: dict[str, Header] = {}
    templates: Templates[PartialHeader] = Templates()
    for file in task.files:
        if file.member is not None:
            approach(file.path, file.member)
        with at_most(task.selection.limits.seconds):
            header = read_header(
                file, key=task.key, selection=task.selection, templates=templates, keep_in=task.keep
            )
        headers[file.token] = inside(unless_buried(header, task.buried), file)
    return pages(headers)


def survey(
    files: Sequence[SourcePath],
    spool: Spool,
    *,
    key: Key,
    selection: Selection,
    buried: frozenset[str],
    executor: Executor,
) -> list[SourcePath]:
    """Reads the header of each file into the spool; those that are archives, which are yet to be listed."""
    regular = [file for file in files if not file.reason]
    for page in pages({file.token: _unread(file) for file in files if file.reason}):
        spool.add(page)
    archives = []
    tasks = [HeaderTask(batch, key, selection, buried, spool.keep) for batch in batched(regular)]
    with bar("headers", len(regular), "files") as progress:
        for task, result in run_isolated(
            read_headers, tasks, split=_alone, executor=executor, limits=selection.limits
        ):
            if isinstance(result, Failure):
                result = pages({task.files[0].token: _lost(task, result)})
            for page in result:
                spool.add(page)
            archives += [file for file in task.files if spool.entries[file.token].facts.is_archive]
            progress.advance(len(task.files))
    return archives


def _lost(task: HeaderTask, failure: Failure) -> Header:
    """What stands for the header of the one file of a task whose child failed."""
    refusal = header_refusal(failure)
    (file,) = task.files
    header = Header(file.size, file.mtime_ns, reason=refusal.reason, detail=refusal.detail)
    return inside(header, file)


def _unread(file: SourcePath) -> Header:
    """What stands for the header of a path that can't be read as a file."""
    return inside(Header(file.size, file.mtime_ns, reason=file.reason, detail=file.detail), file)


def inside(header: Header, file: SourcePath) -> Header:
    """The header with the archive that the file lies in."""
    return header if file.member is None else replace(header, archive=file.member.archive)


def unless_buried(header: Header, buried: frozenset[str]) -> Header:
    """The header, of which nothing is kept where a patient of it was deleted on request."""
    words = {header.patient_id, *(word for kind, word in header.identifiers if kind == "patient")}
    if not words & buried:
        return header
    return Header(header.size, header.mtime_ns, header.digest, reason="consent_withdrawn", image=True)


def batched(files: Iterable[SourcePath]) -> Iterator[tuple[SourcePath, ...]]:
    """The files cut into what one child reads."""
    batch: list[SourcePath] = []
    size = 0
    for file in files:
        if batch and (len(batch) == _MOST_FILES or size + file.size > _MOST_BYTES):
            yield tuple(batch)
            batch, size = [], 0
        batch.append(file)
        size += file.size
    if batch:
        yield tuple(batch)


def _alone(task: HeaderTask) -> list[HeaderTask]:
    return [replace(task, files=(file,)) for file in task.files]
