"""The groups of each scan: what the table says of it, and what its header says where the table is silent.

A group is a function of one scan alone, so that nothing is fitted to the cohort, and a later scan falls in
the same group as an earlier one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.config.groups import HEADER_GROUPS
from pipeline.contracts.cohort import Notice
from pipeline.records import OTHER, Attribute, Case
from pipeline.tables.words import MISSING, number

_AGES: Final = (0, 2, 12, 18, 40, 65, 80)
"""Where bands of age begin, in years: those of children by ICH E11, 65 by ICH E7; 40 and 80 are a choice."""
_OLDEST: Final = 130
"""Nobody was older, so that a greater number is a year or a day of birth."""
_SPACINGS: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0)
"""Up to where bands of spacing reach, in mm: film, detectors, thin slices, thick ones (a choice)."""
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

Words = Mapping[str, str]
"""The word of each case."""
_Band = Callable[[float], str]


@dataclass(frozen=True)
class Groups:
    """Each group by its name, and what a person should know of them."""

    of_cases: Mapping[str, Words]
    notices: tuple[Notice, ...] = ()


def groups_of(
    cases: Mapping[str, Case],
    cells: Mapping[str, Words],
    *,
    meanings: Mapping[str, str],
    header_groups: Sequence[str],
) -> Groups:
    """The groups of the cases: of the table's `cells` (by column) and, where it is silent, of the headers.

    A column that means what it is called keeps its own words. What no header tells is no group.
    """
    told: dict[str, Words] = {}
    for column, meaning in meanings.items():
        known = column != meaning
        told[meaning] = {
            case_id: of_cell(cell, meaning) if known else cell for case_id, cell in cells[column].items()
        }
    read = {
        name: {case_id: of_header(case, name) for case_id, case in cases.items()}
        for name in header_groups
        if name not in told
    }
    known_to_both = {meanings[column] for column in meanings if column != meanings[column]} & {*HEADER_GROUPS}
    notices = _contradictions({name: told[name] for name in known_to_both}, cases)
    return Groups(
        {**told, **{name: words for name, words in read.items() if any(words.values())}}, tuple(notices)
    )


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

    >>> of_cell("weiblich", "sex"), of_cell("47", "age"), of_cell("nan", "age"), of_cell("Haus 2", "site")
    ('F', '40 to 64', '', 'Haus 2')
    """
    if meaning in HEADER_GROUPS and cell.casefold() in MISSING:
        return ""
    if meaning == "sex":
        return _SEX_OF.get(cell.casefold(), cell)
    if meaning == "age":
        return _read(cell, _age_band)
    if meaning == "field_strength":
        return _read(cell, _field)
    return cell


def _contradictions(of_table: Mapping[str, Words], cases: Mapping[str, Case]) -> Iterator[Notice]:
    """Of whom the table says something else than the header, for groups that both tell."""
    for name, values in sorted(of_table.items()):
        others = [
            case_id
            for case_id, case in sorted(cases.items())
            if values.get(case_id) and of_header(case, name) not in ("", values[case_id])
        ]
        if others:
            detail = f"scans whose table and header tell another {name}; the groups are those of the table"
            yield Notice("group_contradicts_header", len(others), detail, tuple(others))


def _read(cell: str, band: _Band) -> str:
    value = number(cell)
    return cell if value is None else band(value)


def _number(value: Attribute | None, band: _Band) -> str:
    return "" if value is None or isinstance(value, str) else band(float(value))


def _age_band(years: float) -> str:
    if not 0 <= years <= _OLDEST:
        return ""
    place = bisect_right(_AGES, years)
    if place == len(_AGES):
        return f"{_AGES[-1]} and over"
    return f"{_AGES[place - 1]} to {_AGES[place] - 1}"


def _field(tesla: float) -> str:
    return f"{round(tesla / _FIELDS) * _FIELDS:g} T"


def _visit(days: float) -> str:
    return "first study" if days <= 0 else "later study"


def _spacing(case: Case) -> str:
    """The band of the largest distance of voxels, that of slices in most volumes; none without mm."""
    if case.geometry.spacing_kind == "pixels":
        return ""
    largest = round(max(case.geometry.spacing), 3)  # 0.9999999 is 1
    place = bisect_left(_SPACINGS, largest)
    if place == 0:
        return f"up to {_SPACINGS[0]:g} mm"
    if place == len(_SPACINGS):
        return f"over {_SPACINGS[-1]:g} mm"
    return f"over {_SPACINGS[place - 1]:g} to {_SPACINGS[place]:g} mm"
