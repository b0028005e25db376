"""The groups of each scan: what the table says of it, and what its header says where the table is silent.

A group is a function of one scan alone, so that nothing is fitted to the cohort, and a later scan falls in
the same group as an earlier one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.config.groups import HEADER_GROUPS
from pipeline.contracts.cohort import Notice
from pipeline.records import OTHER, Attribute, Case
from pipeline.tables.quantities import field_of, years_of
from pipeline.tables.words import MISSING
from pipeline.units import tesla

_AGES: Final = (0, 2, 12, 18, 40, 65, 80)
"""Where bands of age begin, in years: those of children by ICH E11, 65 by ICH E7; 40 and 80 are a choice."""
_OLDEST: Final = 130
"""Nobody was older, so that a greater number is a year or a day of birth."""
_SPACINGS: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0)
"""Up to where bands of spacing reach, in mm: film, detectors, thin slices, thick ones (a choice)."""
_ROUNDED: Final = 1.01
"""A spacing may be so much larger and still belong to the band: positions have two or three decimals."""
_FIELDS: Final = 0.5
"""Field strengths are told in steps of so many tesla: a scanner of 1.5 T calls itself 1.4936 as well."""
_SEXES: Final = {
    "F": (
        "f",
        "female",
        "w",
        "weiblich",
        "woman",
        "frau",
        "femme",
        "féminin",
        "mujer",
        "femenino",
        "femmina",
    ),
    "M": ("m", "male", "männlich", "man", "mann", "homme", "masculin", "hombre", "masculino", "maschio"),
    "O": ("o", "other", "d", "divers"),
}
"""The codes of PatientSex (PS3.3 C.7.1.1), and how tables write them."""
_SEX_OF: Final = {word: sex for sex, words in _SEXES.items() for word in words}
_WORDS: Final = {
    "manufacturer": "manufacturer",
    "model": "manufacturer_model_name",
    "kernel": "convolution_kernel",
    "view": "view_position",
    "sex": "patient_sex",
}
"""The groups that are a word of the header as it stands in the catalogue."""

CONFLICT: Final = "group_conflict"
"""The notice of scans of which the same source says several things."""

Words = Mapping[str, str]
"""The word of each case."""
_Band = Callable[[float], str]


@dataclass(frozen=True)
class Groups:
    """Each group by its name, and what a person should know of them."""

    of_cases: Mapping[str, Words]
    notices: tuple[Notice, ...] = ()


def groups_of(
    scans: Mapping[str, Sequence[Case]],
    told: Mapping[str, Words],
    *,
    alike: Collection[str],
    header_groups: Sequence[str],
) -> Groups:
    """The groups of the scans: those that the table has `told` and, where it names none, of the headers.

    `scans` has each scan with its identical copies: where their headers name several groups, it is in none.
    The groups of `alike` are in the words of headers in the table, too. What no header tells is no group.
    """
    read = {
        name: {case_id: _of_headers(copies, name) for case_id, copies in scans.items()}
        for name in header_groups
        if name not in told
    }
    known_to_both = {*alike} & told.keys() & {*HEADER_GROUPS}
    notices = (
        *_differing_copies(read),
        *_contradictions({name: told[name] for name in known_to_both}, scans),
    )
    known = {name: {case_id: _one(words) for case_id, words in of.items()} for name, of in read.items()}
    return Groups({**told, **{name: words for name, words in known.items() if any(words.values())}}, notices)


def of_header(case: Case, name: str) -> str:
    """The group `name` (of HEADER_GROUPS) that the header of a scan puts it in, empty where it is silent."""
    if name in _WORDS:
        word = str(case.attributes.get(_WORDS[name], ""))
        return "" if word == OTHER else word
    if name == "age":
        return _number(case.attributes.get("patient_age"), _age_band)
    if name == "field_strength":
        return _number(case.attributes.get("magnetic_field_strength"), _field)
    if name == "visit":
        return _number(case.attributes.get("days_since_first"), _visit)
    return _spacing(case)


def of_cell(cell: str, meaning: str) -> str:
    """The group that a cell of the table names, in the words that headers have where both can say it.

    A word for a missing value is none, but in a column that no header knows it may be a group.

    >>> of_cell("weiblich", "sex"), of_cell("540M", "age"), of_cell("nan", "age"), of_cell("Haus 2", "site")
    ('F', '40 to 64', '', 'Haus 2')
    """
    if meaning in HEADER_GROUPS and cell.casefold() in MISSING:
        return ""
    if meaning == "sex":
        return _SEX_OF.get(cell.casefold(), cell)
    if meaning == "age":
        years = years_of(cell)
        return cell if years is None else _age_band(years)
    if meaning == "field_strength":
        field = field_of(cell)
        return cell if field is None else _field(field)
    return cell.upper() if meaning in _WORDS else cell


def _of_headers(copies: Iterable[Case], name: str) -> frozenset[str]:
    """The groups that the headers of identical scans name; one that is silent names none."""
    return frozenset(word for case in copies if (word := of_header(case, name)))


def _one(words: Collection[str]) -> str:
    return next(iter(words)) if len(words) == 1 else ""


def _differing_copies(read: Mapping[str, Mapping[str, Collection[str]]]) -> Iterator[Notice]:
    """Of which scans identical copies are in several groups."""
    for name, words in read.items():
        several = tuple(case_id for case_id, found in sorted(words.items()) if len(found) > 1)
        if several:
            detail = (
                f"scans whose identical copies have headers that tell another {name}: they are in none of "
                "its groups"
            )
            yield Notice(CONFLICT, len(several), detail, several)


def _contradictions(of_table: Mapping[str, Words], scans: Mapping[str, Sequence[Case]]) -> Iterator[Notice]:
    """Of whom the table says something else than the header, for groups that both tell."""
    for name, values in sorted(of_table.items()):
        others = [
            case_id
            for case_id, copies in sorted(scans.items())
            if values.get(case_id) and _of_headers(copies, name) - {values[case_id]}
        ]
        if others:
            detail = f"scans whose table and header tell another {name}; the groups are those of the table"
            yield Notice("group_contradicts_header", len(others), detail, tuple(others))


def _number(value: Attribute | None, band: _Band) -> str:
    return "" if value is None or isinstance(value, str) else band(float(value))


def _age_band(years: float) -> str:
    if not 0 <= years <= _OLDEST:
        return ""
    place = bisect_right(_AGES, years)
    if place == len(_AGES):
        return f"{_AGES[-1]} and over"
    return f"{_AGES[place - 1]} to {_AGES[place] - 1}"


def _field(written: float) -> str:
    """The band of a field strength, empty where it can't be true; weak magnets are one band."""
    field = tesla(written)
    if field is None:
        return ""
    steps = round(field / _FIELDS)
    return f"{steps * _FIELDS:g} T" if steps else f"up to {_FIELDS / 2:g} T"


def _visit(days: float) -> str:
    return "first study" if days <= 0 else "later study"


def _spacing(case: Case) -> str:
    """The band of the largest distance of voxels, that of slices in most volumes; none without mm."""
    if case.geometry.spacing_kind == "pixels":
        return ""
    place = bisect_left(_SPACINGS, max(case.geometry.spacing) / _ROUNDED)
    if place == 0:
        return f"up to {_SPACINGS[0]:g} mm"
    if place == len(_SPACINGS):
        return f"over {_SPACINGS[-1]:g} mm"
    return f"over {_SPACINGS[place - 1]:g} to {_SPACINGS[place]:g} mm"
