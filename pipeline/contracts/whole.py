"""Files that no stage reads: they show patients, can't be taken apart, and go with the first of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.contracts.damage import Remedy


@dataclass(frozen=True)
class WholeFile:
    """A file of a fixed name, of a form of its own."""

    name: str
    remedy: Remedy
    goes_whole: bool = True

    def path(self, folder: Path) -> Path:
        """Where the file lies."""
        return folder / self.name
