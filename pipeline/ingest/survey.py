"""The first pass: headers of many files, read in child processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.executors import Crew, Failure
from pipeline.ingest.discover import Found
from pipeline.ingest.headers import Findings, Header, Selection, read_header
from pipeline.ingest.isolation import at_most, header_refusal, run_isolated
from pipeline.ingest.templates import Templates
from pipeline.progress import Bar
from pipeline.pseudonyms import Key

_MOST_FILES, _MOST_BYTES = 256, 64 << 20


@dataclass(frozen=True)
class HeaderTask:
    """Files whose headers one child reads."""

    files: tuple[Found, ...]
    key: Key
    selection: Selection


def read_headers(task: HeaderTask) -> dict[str, Header]:
    """The headers of a task's files, by token."""
    found: dict[str, Header] = {}
    templates: Templates[Findings] = Templates()
    for file in task.files:
        with at_most(task.selection.limits.seconds):
            found[file.token] = read_header(file, key=task.key, selection=task.selection, templates=templates)
    return found


def survey(
    files: Sequence[Found], *, key: Key, selection: Selection, crew: Crew, progress: Bar
) -> dict[str, Header]:
    """The header of each file, by token."""
    headers: dict[str, Header] = {}
    tasks = [HeaderTask(batch, key, selection) for batch in _batches(files)]
    for task, result in run_isolated(read_headers, tasks, split=_alone, crew=crew, limits=selection.limits):
        if isinstance(result, Failure):
            refusal = header_refusal(result)
            blank = Header(task.files[0].size, task.files[0].mtime_ns)
            result = {task.files[0].token: replace(blank, reason=refusal.reason, detail=refusal.detail)}
        headers |= result
        progress.advance(len(result))
    return headers


def _batches(files: Iterable[Found]) -> Iterator[tuple[Found, ...]]:
    batch: list[Found] = []
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
