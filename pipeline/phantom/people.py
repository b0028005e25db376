"""Invented people and hospitals, with everything a real file would say about them.

Nobody here exists. The names, numbers and dates are planted so that it can be seen that none of
them passes the ingest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

import numpy as np

from pipeline.phantom.scanner import SHARP, SMOOTH, THIRD, Scanner

Sex = Literal["F", "M"]

GIVEN_NAMES: Final[dict[Sex, tuple[str, ...]]] = {
    "F": ("Amara", "Birgit", "Chloé", "Elif", "Freja", "Hélène", "Inês", "Jolana", "Keiko"),
    "M": ("Anders", "Bogdan", "César", "Emeka", "François", "Göran", "Ivo", "Jürgen", "Kofi"),
}
FAMILY_NAMES: Final = (
    "Abernathy", "Bjørnsen", "Castañeda", "Dragan", "Eberhard", "Fairweather", "Güler", "Hallström",
    "Iwasaki", "Jankauskas", "Kowalczyk", "Lindqvist", "Mbeki", "Nørgaard", "Okonkwo", "Pfeiffer",
    "Quintana", "Rosenthal", "Søgaard", "Thibault", "Uribe", "Vázquez", "Whitlock", "Yamazaki",
)  # fmt: skip
OLDEST, YOUNGEST = 93, 38


@dataclass(frozen=True)
class Person:
    """An invented patient; `name` is a DICOM person name, family before given."""

    patient_id: str
    name: str
    sex: Sex
    birth_date: date


@dataclass(frozen=True)
class Site:
    """A hospital: its scanners with their shares of the patients, and what its files say about it."""

    code: str
    institution: str
    address: str
    physicians: tuple[str, ...]
    character_set: str
    scanners: tuple[tuple[Scanner, float], ...]


NORTH = Site(
    code="north",
    institution="Northfield General Hospital",
    address="1 Larch Lane, Northfield",
    physicians=("Vesterholt^Ragna^^Dr", "Oduya^Tobias^^Dr"),
    character_set="ISO_IR 100",
    scanners=((SMOOTH, 0.7), (SHARP, 0.3)),
)
SOUTH = Site(
    code="south",
    institution="Southbrook Clinic",
    address="27 Mill Road, Southbrook",
    physicians=("Marchetti^Silvana^^Prof", "Castleford^Owen^^Dr"),
    character_set="ISO_IR 192",
    scanners=((SMOOTH, 0.3), (SHARP, 0.7)),
)
HARBOUR = Site(
    code="harbour",
    institution="Harbour Medical Centre",
    address="5 Quay Street, Eastport",
    physicians=("Lindgren^Pia^^Dr",),
    character_set="ISO_IR 192",
    scanners=((THIRD, 1.0),),
)


def draw_person(rng: np.random.Generator, patient_id: str, *, first_scan: date) -> Person:
    """An invented person, between 38 and 93 years old on the day of the first scan."""
    sex: Sex = "F" if rng.random() < 0.5 else "M"
    given, family = rng.choice(GIVEN_NAMES[sex]), rng.choice(FAMILY_NAMES)
    days = int(rng.integers(round(YOUNGEST * 365.25), round((OLDEST + 1) * 365.25)))
    return Person(patient_id, f"{family}^{given}", sex, first_scan - timedelta(days=days))


def age_in_years(person: Person, day: date) -> int:
    """Whole years between birth and `day`."""
    had_birthday = (day.month, day.day) >= (person.birth_date.month, person.birth_date.day)
    return day.year - person.birth_date.year - (not had_birthday)
