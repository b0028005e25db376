"""The bytes of a file inside an archive, read in place."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from pipeline.ingest.reasons import Refusal
from pipeline.ingest.source import zips
from pipeline.ingest.source.archives import Member
from pipeline.ingest.source.inflating import Inflating

Pread = Callable[[int, int], bytes]
_FARTHEST = 1 << 62  # what a damaged archive says; no call takes numbers below 0 or far above
_MOST_STREAMS = 4  # kept open by a child, each with up to 12 MB of states


@dataclass(frozen=True)
class Stream:
    """A compressed tape archive that is kept open."""

    descriptor: int
    inflating: Inflating


_streams: OrderedDict[tuple[str, int, int], Stream] = OrderedDict()
"""The compressed tape archives that this child has read from, by what `Member` says; the last one used last.

A child lives through many batches, which would all begin at the start of the archive without.
"""


def read_member(descriptor: int, member: Member) -> bytes:
    """The bytes of a file in the opened archive. Raises Refusal `archive_damaged`."""
    if member.packing == "zip":
        return zips.read(pread_of(descriptor), member)
    if member.packing == "tar":
        data = pread_of(descriptor)(member.offset, member.size)
    else:
        data = _stream(descriptor, member).read_at(member.offset, member.size)
    if len(data) < member.size:
        raise Refusal("archive_damaged", "it breaks off")
    return data


def approach(descriptor: int, member: Member) -> None:
    """Inflates up to where a file begins: that takes as long as what lies before it is large."""
    if member.packing == "tar.gz":
        _stream(descriptor, member).read_at(member.offset, 0)


def pread_of(descriptor: int) -> Pread:
    """What gives the bytes of an open file from a start on, fewer than asked for at its end only."""

    def pread(start: int, length: int) -> bytes:
        if not 0 <= start <= _FARTHEST:
            return b""
        data = os.pread(descriptor, length, start)
        while len(data) < length and (more := os.pread(descriptor, length - len(data), start + len(data))):
            data += more  # a call gives at most two gigabytes
        return data

    return pread


def _stream(descriptor: int, member: Member) -> Inflating:
    name = (member.archive, member.archive_size, member.archive_mtime_ns)
    if name not in _streams:
        # The stream outlives the opened file, whose descriptor is closed after each member.
        duplicate = os.dup(descriptor)
        _streams[name] = Stream(duplicate, Inflating(pread_of(duplicate)))
        if len(_streams) > _MOST_STREAMS:
            os.close(_streams.popitem(last=False)[1].descriptor)
    _streams.move_to_end(name)
    return _streams[name].inflating
