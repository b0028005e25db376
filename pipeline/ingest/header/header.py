"""What is known of a file before its pixels are decoded, and which images are wanted.

Everything in a `Header` is a pseudonym, a number, or a word that the standard defines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.ingest.formats.description import Stated
from pipeline.ingest.header.hints import Hints
from pipeline.ingest.header.owners import NOBODY, Owners
from pipeline.ingest.header.series_rules import Rule
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.series.frames import Frame
from pipeline.ingest.source.fetched import Kept
from pipeline.records import Attribute


@dataclass(frozen=True)
class Marks:
    """What a mask was drawn on, in pseudonyms: a series, and of its images those that are named.

    `structure` is the declared one that its layout says that it marks, "" where that is none of them, and
    None where the file itself says it.
    """

    series_id: str
    images: frozenset[str]
    structure: str | None = None


@dataclass(frozen=True)
class Channel:
    """Which channel of a case a file is: its number, and how many the layout announces (0: none told).

    `series_id` is that of the first channel, under which all of them are planned.
    """

    series_id: str
    number: int
    announced: int


@dataclass(frozen=True)
class Header:
    """What is known of a file before its pixels are decoded.

    `reason` is "ok" for an image that can be planned; `image` says whether the file claims to be an image.
    `frames` are there for every wanted image whose header is understood, also where its pixels are refused:
    a volume without them would be incomplete. `owned` says that the patient is told by `ingest.patient_from`,
    `hints` are words of its path and free texts.
    `archive` is the token of the archive that the file lies in, `members` the number of files in one;
    `kept` is where the bytes of a fetched file wait for its pixels to be read. `marks` is there for a mask,
    whose `series_id` is that of the images that it marks: it is read whenever one of them is. A mask that is
    refused has it wherever it can be told, for what it would have marked there is unknown. Where no one
    series can be told, `may_mark` are the study, or the tokens of the images, that it may be of.
    """

    size: int
    mtime_ns: int
    digest: str = ""
    reason: str = "ok"
    detail: str = ""
    notes: tuple[str, ...] = ()
    image: bool = False
    sop_id: str = ""
    series_id: str = ""
    patient_id: str = ""
    identifiers: tuple[tuple[str, str], ...] = ()
    frames: tuple[Frame, ...] = ()
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    hints: Hints = ()
    open_rules: tuple[str, ...] = ()
    owned: bool = False
    archive: str = ""
    members: int = 0
    kept: Kept | None = None
    channel: Channel | None = None
    marks: Marks | None = None
    may_mark: tuple[str, ...] = ()

    @property
    def study_id(self) -> str:
        """The study that the file names, "" where it names none."""
        return next((word for kind, word in self.identifiers if kind == "study"), "")


@dataclass(frozen=True)
class Selection:
    """Which images are wanted, and what one file may cost.

    `text_reviewed` says that a person looked at the pixels of this data set for text about patients,
    `dates` what a case may tell of its study's date; an image must fit one of the `rules`, if there are any.
    `masks` are the structures that are wanted, with what files call them; without any no mask is read.
    `formats` are what files of other formats than DICOM are, by the format's name; others are left out.
    """

    modalities: tuple[str, ...]
    limits: FileLimits
    text_reviewed: bool = False
    dates: str = "none"
    rules: tuple[Rule, ...] = ()
    include: tuple[str, ...] = ()
    owners: Owners = NOBODY
    formats: Mapping[str, Stated] = field(default_factory=dict)
    masks: Mapping[str, tuple[int | str, ...]] = field(default_factory=dict)
