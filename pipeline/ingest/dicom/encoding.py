"""How the elements of a data set are written, and what all reading of one file shares (PS3.5 section 7)."""

from __future__ import annotations

import mmap
from dataclasses import dataclass, field
from typing import Literal

from pipeline.ingest.reasons import Refusal

Buffer = bytes | mmap.mmap
Order = Literal["<", ">"]
Element = tuple[bytes, int, int]
"""Value representation (b"" in implicit syntaxes), offset of the value, length (or UNDEFINED)."""
Elements = dict[int, Element]

UNDEFINED = 0xFFFFFFFF
MAX_NESTED_ELEMENTS = 2_000_000  # ten thousand frames with two hundred elements each


@dataclass(frozen=True)
class Encoding:
    """How a data set's elements are written, and how deep its sequences may go."""

    explicit: bool
    order: Order = "<"
    depth: int = 32
    nested: list[int] = field(default_factory=lambda: [MAX_NESTED_ELEMENTS], compare=False)
    """How many more nested elements may be walked, shared by everything read from one file."""
    notes: set[str] = field(default_factory=set, compare=False)
    """Notes on what is not written as the standard has it, shared by everything read from one file."""
    repeated: set[int] = field(default_factory=set, compare=False)
    """The elements that stand there twice, shared by everything read from one file."""

    @property
    def shared(self) -> tuple[list[int], set[str], set[int]]:
        """What is counted and noted over a whole file."""
        return self.nested, self.notes, self.repeated


@dataclass(frozen=True)
class Region:
    """The bytes `data[start:end]`; a delimited one ends at its delimiter, somewhere before `end`."""

    data: Buffer
    start: int
    end: int
    delimited: bool = False


def inside(encoding: Encoding, vr: bytes) -> Encoding:
    """How the sequence in an element is written: of unknown representation, it is implicit (PS3.5 6.2.2)."""
    if vr != b"UN":
        return encoding
    return Encoding(False, "<", encoding.depth, *encoding.shared)


def deeper(encoding: Encoding) -> Encoding:
    """The encoding one level down. Raises Refusal when that is deeper than allowed."""
    if encoding.depth < 1:
        raise Refusal("limit_exceeded", "sequences are nested deeper than allowed")
    return Encoding(encoding.explicit, encoding.order, encoding.depth - 1, *encoding.shared)
