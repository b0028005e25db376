"""What one foreign file may cost before it is given up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FileLimits:
    """Bytes on disk and decoded, seconds for a plane, megabytes of a child's memory, depth of sequences."""

    file_bytes: int = 2048 << 20
    decoded_bytes: int = 1024 << 20
    seconds: float = 30.0
    memory_mb: int = 4096
    depth: int = 32
