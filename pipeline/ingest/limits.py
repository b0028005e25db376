"""What one foreign file may cost before it is given up."""

from __future__ import annotations

from dataclasses import dataclass

INFLATION_FACTOR = 100  # real images deflate by less than 20; above this and ...
INFLATION_FREE_BYTES = 64 << 20  # ... this size it is a bomb


@dataclass(frozen=True)
class FileLimits:
    """What one file may cost.

    That is bytes on disk and decoded, seconds for a plane, megabytes of a child's memory, depth of
    sequences, and the number of files in an archive.
    """

    file_bytes: int = 2048 << 20
    decoded_bytes: int = 1024 << 20
    seconds: float = 30.0
    memory_mb: int = 4096
    depth: int = 32
    members: int = 1_000_000


def most_unpacked(packed_bytes: int, limit_bytes: int) -> int:
    """The most bytes that so many compressed ones may become: no more than the limit, and no bomb."""
    return min(limit_bytes, max(INFLATION_FREE_BYTES, INFLATION_FACTOR * packed_bytes))
