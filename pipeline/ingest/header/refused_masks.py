"""The masks of a layout that were refused before their image was asked for: their place says which it is.

Whatever is wrong with such a file, also if it can't be opened or ends the child that reads it, it is of that
scan: what it would have marked there is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.executors import Executor, Failure
from pipeline.ingest.header.header import Header, Selection
from pipeline.ingest.header.reading import told_by_place
from pipeline.ingest.header.spool import Page, Spool, pages
from pipeline.ingest.header.survey import batched, inside, unless_buried
from pipeline.ingest.isolation import at_most, run_isolated
from pipeline.ingest.source.companions import is_mask
from pipeline.ingest.source.discover import SourcePath
from pipeline.ingest.source.layouts import has_a_formats_name
from pipeline.pseudonyms import Key

__all__ = ["tell_places"]


@dataclass(frozen=True)
class _Task:
    """Refused masks with their headers, of which those of `buried` patients are not kept."""

    files: tuple[SourcePath, ...]
    headers: Mapping[str, Header]
    key: Key
    selection: Selection
    buried: frozenset[str]


def tell_places(
    files: Iterable[SourcePath],
    spool: Spool,
    *,
    key: Key,
    selection: Selection,
    buried: frozenset[str],
    executor: Executor,
) -> None:
    """Gives the headers of such files in the spool the image that they mark, wherever that can be read."""
    refused = [file for file in files if selection.masks and _is_without_image(file, spool)]
    tasks = [_Task(batch, _headers(batch, spool), key, selection, buried) for batch in batched(refused)]
    for _, result in run_isolated(_told, tasks, split=_alone, executor=executor, limits=selection.limits):
        for page in () if isinstance(result, Failure) else result:  # it is the image that can't be read
            spool.add(page)


def _is_without_image(file: SourcePath, spool: Spool) -> bool:
    """Whether a file is a mask, and not a text beside one, of which no image is known."""
    facts = spool.entries[file.token].facts
    return (
        is_mask(file)
        and has_a_formats_name(file.relative)
        and bool(file.companions)
        and not (facts.series_id or facts.may_mark or facts.is_archive)
    )


def _headers(files: Sequence[SourcePath], spool: Spool) -> dict[str, Header]:
    return spool.headers(file.token for file in files)


def _told(task: _Task) -> list[Page]:
    headers: dict[str, Header] = {}
    for file in task.files:
        with at_most(task.selection.limits.seconds):
            told = told_by_place(file, task.headers[file.token], key=task.key, selection=task.selection)
        headers[file.token] = inside(unless_buried(told, task.buried), file)
    return pages(headers)


def _alone(task: _Task) -> list[_Task]:
    return [replace(task, files=(file,)) for file in task.files]
