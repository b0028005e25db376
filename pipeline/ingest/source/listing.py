"""What archives hold: listed in child processes, without a byte of a scan being looked at.

An archive is listed whole or not at all: one that breaks off could hold half of a scan, which might look
like a whole one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.executors import Executor, Failure
from pipeline.ingest.isolation import header_refusal, run_isolated
from pipeline.ingest.limits import FileLimits, most_unpacked
from pipeline.ingest.reasons import Refusal
from pipeline.ingest.source import tars, zips
from pipeline.ingest.source.archives import Member, Packing, is_tar, packing_of
from pipeline.ingest.source.discover import SourcePath, path_token
from pipeline.ingest.source.files import ChangedWhileRead, open_archive
from pipeline.ingest.source.inflating import Inflating
from pipeline.ingest.source.members import pread_of
from pipeline.pseudonyms import Key

_TAR_BLOCK = 512


@dataclass(frozen=True)
class Listing:
    """The paths in an archive, in the order of their bytes."""

    members: tuple[SourcePath, ...]


@dataclass(frozen=True)
class Unlisted:
    """Why an archive isn't read; nothing in it is known."""

    reason: str
    detail: str = ""


Listed = Listing | Unlisted | None
"""What became of a file that looks like an archive; None where it turns out to be none."""


@dataclass(frozen=True)
class ListingTask:
    """An archive that one child lists."""

    archive: SourcePath
    key: Key
    limits: FileLimits


def list_archives(
    archives: Iterable[SourcePath], *, key: Key, executor: Executor, limits: FileLimits
) -> dict[str, Listed]:
    """What the archives hold, by token."""
    tasks = [ListingTask(archive, key, limits) for archive in archives]
    listings: dict[str, Listed] = {}
    for task, result in run_isolated(list_archive, tasks, split=_whole, executor=executor, limits=limits):
        if isinstance(result, Failure):
            refusal = header_refusal(result)
            result = Unlisted(refusal.reason, refusal.detail)
        listings[task.archive.token] = result
    return listings


def list_archive(task: ListingTask) -> Listed:
    """What an archive holds. Whatever is wrong with it, the reason says so; nothing is raised for it."""
    archive = task.archive
    try:
        with open_archive(archive.path) as (descriptor, status):
            # It is being written: half of an archive could hold half of a scan.
            if (status.st_size, status.st_mtime_ns) != (archive.size, archive.mtime_ns):
                raise ChangedWhileRead
            drafts = _members(descriptor, archive, task.limits)
            if drafts is None:
                return None
            return Listing(tuple(_named(drafts, archive.relative, task.key)))
    except Refusal as refusal:
        return Unlisted(refusal.reason, refusal.detail)
    except (OSError, ChangedWhileRead) as error:
        return Unlisted("io_error", type(error).__name__)


def _members(descriptor: int, archive: SourcePath, limits: FileLimits) -> Iterator[SourcePath] | None:
    """The paths in an archive, without tokens; None for what is none that can be read."""
    pread = pread_of(descriptor)
    packing = packing_of(pread(0, _TAR_BLOCK))
    if packing == "zip":
        return _of_zip(descriptor, archive, limits)
    if packing == "tar":
        return _of_tar(pread, archive, limits, "tar")
    if packing != "gzip":
        return None
    # No limit but that of bombs: `file_mb` bounds each file, not the archive.
    stream = Inflating(pread, most_unpacked(archive.size, 1 << 62))
    return _of_stream(stream, archive, limits) if is_tar(stream.read_at(0, _TAR_BLOCK)) else None


def _of_zip(descriptor: int, archive: SourcePath, limits: FileLimits) -> Iterator[SourcePath]:
    with open(descriptor, "rb", closefd=False) as stream:
        infos = zips.directory(stream, archive.size, limits)
    for info in infos:
        reason, detail = zips.refusal_of(info, limits.file_bytes)
        member = replace(
            _member(archive, "zip", info.header_offset, info.file_size),
            version=info.CRC,  # with the size it tells whether the bytes are the same
            packed=info.compress_size,
            method=info.compress_type,
            crc=info.CRC,
        )
        yield _draft(archive, info.filename.replace("\\", "/"), member, (reason, detail))


def _of_tar(
    read_at: Callable[[int, int], bytes], archive: SourcePath, limits: FileLimits, packing: Packing
) -> Iterator[SourcePath]:
    for number, entry in enumerate(tars.entries(read_at), start=1):
        if number > limits.members:
            raise Refusal("limit_exceeded", f"more than {limits.members} files in an archive")
        refusal = (entry.reason, entry.detail)
        if not entry.reason and entry.size > limits.file_bytes:
            refusal = ("limit_exceeded", f"{entry.size} bytes")
        yield _draft(archive, entry.name, _member(archive, packing, entry.start, entry.size), refusal)


def _of_stream(stream: Inflating, archive: SourcePath, limits: FileLimits) -> Iterator[SourcePath]:
    yield from _of_tar(stream.read_at, archive, limits, "tar.gz")
    stream.end()  # also what follows the end mark has to be sound: the checksum stands behind it


def _member(archive: SourcePath, packing: Packing, offset: int, size: int) -> Member:
    return Member(
        archive=archive.token,
        archive_path=archive.relative,
        packing=packing,
        archive_size=archive.size,
        archive_mtime_ns=archive.mtime_ns,
        version=archive.mtime_ns,
        size=size,
        offset=offset,
    )


def _draft(archive: SourcePath, name: str, member: Member, refusal: tuple[str, str]) -> SourcePath:
    reason, detail = refusal
    return SourcePath("", archive.path, name, member.size, member.version, reason, detail, member)


def _named(drafts: Iterable[SourcePath], archive: str, key: Key) -> Iterator[SourcePath]:
    """The paths with their tokens; those of one name are told apart by their number."""
    # An archive may hold two files of one name; both are files of RAW.
    seen: dict[str, int] = {}
    for draft in drafts:
        relative = f"{archive}/{_as_unpacked(draft.relative)}"
        token = path_token(key, relative)
        number = seen[token] = seen.get(token, 0) + 1
        if number > 1:
            token = key.pseudonym("path", relative, str(number))
        yield replace(draft, token=token, relative=relative)


def _as_unpacked(name: str) -> str:
    """A member's name without what would lead out of the folder it is unpacked to."""
    return "/".join(part for part in name.split("/") if part not in ("", ".", "..")) or "unnamed"


def _whole(task: ListingTask) -> Sequence[ListingTask]:
    return [task]
