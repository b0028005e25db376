"""`strangers.json`: what scans like those of training look like, and from where on one is unlike them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pipeline.contracts.damage import rewritten_by
from pipeline.contracts.objects import ObjectFile, Schema
from pipeline.contracts.scan_pictures import ScanPicture


@dataclass(frozen=True)
class Kind:
    """One kind of vectors: where those of training lie, and the distances that nine of ten patients keep.

    `usual` are those along the axes and off them, of the validation part. What is `one_way` is far on the
    axes' lower side alone, which no version before counted so.
    """

    centre: tuple[float, ...]
    scale: tuple[float, ...]
    axes: tuple[tuple[float, ...], ...]
    spread: tuple[float, ...]
    rest: float
    usual: tuple[float, float]
    one_way: bool = False


@dataclass(frozen=True)
class Strangers:
    """What is known of the training part's scans; `reason` says why nobody is told to be a stranger.

    A scan is a stranger beyond `limit`, which a `share` of patients like those of training pass by chance;
    `patients` of the validation part told so. `words` are those of headers, `ranges` their numbers.
    """

    share: float
    patients: int
    kinds: Mapping[str, Kind]
    limit: float | None = None
    words: Mapping[str, tuple[str, ...]] | None = None
    ranges: Mapping[str, tuple[float, float]] | None = None
    reason: str | None = None


FILE: Final = ObjectFile("strangers.json", Strangers, Schema("strangers", 1), rewritten_by("evaluate"))


@dataclass(frozen=True)
class Odd:
    """One scan of the test part that is a stranger: how unlike it is, why, and how it looks.

    `shown` is None in a file of an earlier version, whose pictures had neither window nor sides.
    """

    case_id: str
    patient_id: str
    score: float
    why: str
    shown: ScanPicture | None = None


@dataclass(frozen=True)
class Share:
    """How many patients have a scan beyond the limit, of those that could be judged; interval of `level`."""

    flagged: int
    patients: int
    level: float
    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Oddest:
    """The strangers of the test part: their share, and the strangest scans, the strangest first."""

    share: Share
    scans: tuple[Odd, ...]


ODDEST: Final = ObjectFile(
    "oddest.json", Oddest, Schema("oddest", 1), rewritten_by("evaluate"), goes_whole=True
)
