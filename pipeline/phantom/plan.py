"""Who is scanned where, when, on which machine and with what finding: the phantom before any pixel.

Every choice about a person comes from the seed, the delivery and the person's number alone, so a
larger cohort begins with the smaller one.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, Literal, TypeVar, get_args

import numpy as np
from pydicom.uid import (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from pipeline.phantom.people import HARBOUR, NORTH, SOUTH, Person, Site, draw_person
from pipeline.phantom.scanner import SHARP, SMOOTH, THIRD, Scanner

Finding = Literal["nodule", "clear"]
Stream = Literal["plan", "chest", "scan", "scout", "papers", "findings", "cells", "masks"]
Option = TypeVar("Option")

NODULE_SHARE: Final = {SMOOTH.manufacturer: 0.45, SHARP.manufacturer: 0.55, THIRD.manufacturer: 0.5}
"""A model that only told the scanners apart would have an AUROC of 0.55."""
RETURNING: Final = 8
"""Every eighth person is scanned a second time."""
SYNTAXES: Final = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
    JPEGLSLossless,
    JPEG2000Lossless,
)
_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_DNS, "phantom.scanloom")


@dataclass(frozen=True)
class Delivery:
    """A batch of scans as it arrives: its number, its hospitals with their shares, and its days."""

    number: int
    sites: tuple[tuple[Site, float], ...]
    first_day: date
    days: int


FIRST: Final = Delivery(0, ((NORTH, 0.55), (SOUTH, 0.45)), date(2015, 3, 2), days=1200)
LATER: Final = Delivery(1, ((NORTH, 0.30), (SOUTH, 0.30), (HARBOUR, 0.40)), date(2019, 1, 14), days=300)


@dataclass(frozen=True)
class Study:
    """One visit of one person to a scanner.

    `entropy` seeds everything drawn for the person; `visit` is 0 for the first scan, 1 for the
    follow-up. `labelled` says whether the table of labels has a row for it.
    """

    person: Person
    site: Site
    scanner: Scanner
    finding: Finding
    day: date
    syntax: str
    entropy: tuple[int, ...]
    visit: int = 0
    photometric: str = "MONOCHROME2"
    labelled: bool = True

    def uid(self, *parts: object) -> str:
        """A unique identifier for a part of the study: 2.25 and a UUID (DICOM PS3.5 B.2)."""
        name = "/".join(map(str, (*self.entropy, self.person.patient_id, self.visit, *parts)))
        return f"2.25.{uuid.uuid5(_NAMESPACE, name).int}"

    def generator(self, stream: Stream, visit: int = 0) -> np.random.Generator:
        """The random numbers of one purpose, drawn anew for each visit that is told apart."""
        return _generator(self.entropy, stream, visit)


def plan(seed: int, *, patients: int, delivery: Delivery, volumes: bool) -> list[Study]:
    """The studies of `patients` people, in the order of their numbers."""
    batch = delivery.number + 2 * volumes
    return [
        study for number in range(patients) for study in _studies((seed, batch, number), delivery=delivery)
    ]


def with_more_nodules(studies: Sequence[Study]) -> list[Study]:
    """The studies, but every second person has nodules whatever was drawn: some three of four have them."""
    return [replace(study, finding="nodule") if study.entropy[-1] % 2 else study for study in studies]


def _studies(entropy: tuple[int, int, int], *, delivery: Delivery) -> list[Study]:
    """The one or two visits of one person."""
    rng = _generator(entropy, "plan")
    day = delivery.first_day + timedelta(days=int(rng.integers(delivery.days)))
    patient_id = f"{entropy[1] + 1}{entropy[2]:04d}-{rng.integers(1000):03d}"
    person = draw_person(rng, patient_id, first_scan=day)
    site = _choice(rng, delivery.sites)
    scanner = _choice(rng, site.scanners)
    finding: Finding = "nodule" if rng.random() < NODULE_SHARE[scanner.manufacturer] else "clear"
    first = Study(person, site, scanner, finding, day, syntax=str(rng.choice(SYNTAXES)), entropy=entropy)
    returns = entropy[2] % RETURNING == RETURNING - 1
    return [first, _follow_up(first, rng)] if returns else [first]


def _follow_up(first: Study, rng: np.random.Generator) -> Study:
    """The same person some months later, at the same hospital but perhaps on its other scanner."""
    day = first.day + timedelta(days=int(rng.integers(90, 500)))
    scanner, syntax = _choice(rng, first.site.scanners), str(rng.choice(SYNTAXES))
    return replace(first, day=day, scanner=scanner, syntax=syntax, visit=1)


def _generator(entropy: tuple[int, ...], stream: Stream, visit: int = 0) -> np.random.Generator:
    return np.random.default_rng([*entropy, get_args(Stream).index(stream), visit])


def _choice(rng: np.random.Generator, options: tuple[tuple[Option, float], ...]) -> Option:
    """One of the options, as often as its share says."""
    edges = np.cumsum([share for _, share in options])
    return options[int(np.searchsorted(edges[:-1], rng.random(), side="right"))][0]
