"""Parts that a column of the table prescribes: their spellings, and patients that stand in several."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pipeline.contracts.cohort import Notice
from pipeline.errors import DataError
from pipeline.records import EXTERNAL, PARTS
from pipeline.tables import line_numbers

SPELLINGS: Final = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "tune": "validation",
    "tuning": "validation",
    "test": "test",
    "testing": "test",
    "holdout": "test",
    "hold-out": "test",
    "external": EXTERNAL,
}


@dataclass(frozen=True)
class Published:
    """The prescribed parts: of each scan (with the parts a scan has in several rows) and of each person."""

    column: str
    of_case: Mapping[str, frozenset[str]]
    of_person: Mapping[str, frozenset[str]]
    person_of_case: Mapping[str, str]

    @property
    def overlap(self) -> list[str]:
        """Persons with scans in more than one part."""
        return sorted(person for person, parts in self.of_person.items() if len(parts) > 1)

    def sentence(self) -> str:
        """How many patients and scans the overlap concerns, by part."""
        persons = self.overlap
        among = set(persons)
        inside, total = Counter[str](), Counter[str]()
        for case_id, parts in self.of_case.items():
            total.update(parts)
            if self.person_of_case[case_id] in among:
                inside.update(parts)
        scans = ", ".join(f"{inside[p]:,} of {total[p]:,} scans of {p}" for p in PARTS if total[p])
        return (
            f"the column '{self.column}' puts {len(persons):,} patients into more than one part; "
            f"they have {scans} ({', '.join(persons[:3])}{' and others' if len(persons) > 3 else ''})"
        )


def read_published(
    column: str, values: Mapping[str, Mapping[str, list[int]]], person_of_case: Mapping[str, str]
) -> Published:
    """The parts that `values` (by case_id: the words, with their lines) prescribe; an empty word is no part.

    Raises:
        DataError: a word is no part, or no scan is in train.
    """
    _require_known_words(column, values)
    of_case = {
        case_id: frozenset(SPELLINGS[word.casefold()] for word in values.get(case_id, {}) if word)
        for case_id in person_of_case
    }
    of_person: dict[str, frozenset[str]] = defaultdict(frozenset)
    for case_id, parts in of_case.items():
        of_person[person_of_case[case_id]] |= parts
    if not any("train" in parts for parts in of_person.values()):
        raise DataError(
            f"The column '{column}' puts no labelled scan into train. Leave out `cohort.part_column`."
        )
    return Published(column, of_case, dict(of_person), person_of_case)


def parts_of_persons(published: Published) -> dict[str, str]:
    """The part of each person with exactly one."""
    return {person: next(iter(parts)) for person, parts in published.of_person.items() if len(parts) == 1}


def require_no_overlap(published: Published) -> None:
    """Nothing, if no person stands in two parts.

    Raises:
        DataError: with the numbers of patients and scans, and the way on.
    """
    if published.overlap:
        sentence = published.sentence()
        raise DataError(
            f"{sentence[0].upper()}{sentence[1:]}, so results on them would be too good. Set "
            "`cohort.on_patient_overlap: redraw` to draw all parts anew by patient, or mend the column."
        )


def overlap_notices(published: Published) -> list[Notice]:
    """The notice that the parts were drawn anew, with the numbers."""
    if not published.overlap:
        return []
    among = set(published.overlap)
    case_ids = tuple(c for c, person in sorted(published.person_of_case.items()) if person in among)
    detail = f"{published.sentence()}: all parts were drawn anew by patient"
    return [Notice("patient_overlap", len(published.overlap), detail, case_ids)]


def _require_known_words(column: str, values: Mapping[str, Mapping[str, list[int]]]) -> None:
    unknown: dict[str, list[int]] = defaultdict(list)
    for lines_of in values.values():
        for word, lines in lines_of.items():
            if word and word.casefold() not in SPELLINGS:
                unknown[word] += lines
    if unknown:
        word = min(unknown)
        raise DataError(
            f"'{word}' in the column '{column}' ({line_numbers(unknown[word])}) is no part. "
            f"Known are {', '.join(sorted(SPELLINGS))}, and empty."
        )
