"""Single scans as a page shows them: `flips.json`, who changes sides for the worse, and `odd_scans.json`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pipeline.contracts.damage import rewritten_by
from pipeline.contracts.objects import ObjectFile, Schema

REFERENCE: Final = "reference"
CHAMPION: Final = "champion"
CANDIDATE: Final = "candidate"


@dataclass(frozen=True)
class Outline:
    """What one of the three above marks in the slice that is shown.

    `bits` has a number of 4 bytes (little-endian) a pixel, bit k for the k-th target, by zlib in base 64.
    """

    who: str
    bits: str


@dataclass(frozen=True)
class ScanPicture:
    """One slice of a scan: `rows` of grey values in base 64, none where `hidden` says why.

    `window` are the values that became black and white, in `unit`, which is empty where they are the
    network's own; `slice` (from 1) is that of a volume of so many `slices`, `sides` what of the patient lies
    at the left and the right edge, empty where that isn't known. Where answers are masks, it has
    `outlines`; a pixel is `tall` times as high as it is wide, and `mm_across` wide, None where nobody knows.
    """

    case_id: str
    patient_id: str
    rows: int = 0
    grey: str = ""
    window: tuple[float, ...] = ()
    unit: str = ""
    slice: int | None = None
    slices: int | None = None
    sides: tuple[str, ...] = ()
    hidden: str = ""
    outlines: tuple[Outline, ...] = ()
    tall: float = 1.0
    mm_across: float | None = None


@dataclass(frozen=True)
class Pictured:
    """The scans that are shown, in the order of what they are shown for."""

    scans: tuple[ScanPicture, ...]


FLIPS: Final = ObjectFile(
    "flips.json", Pictured, Schema("flips", 1), rewritten_by("compare"), goes_whole=True
)
ODD: Final = ObjectFile(
    "odd_scans.json", Pictured, Schema("odd_scans", 1), rewritten_by("drift"), goes_whole=True
)
"""The oddest of the new scans, and the typical training scans that are nearest to them."""
