"""Patient IDs that are one but for an issuer, for letters beside a number, or for O in place of 0.

Two hospitals may well number their patients alike, so this alone makes no two IDs one person: another word of
the headers must agree. Where none can be compared, a person is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pipeline.contracts.cohort import Notice
from pipeline.records import Case

_FORMS: Final = (
    ("issued_id", "unissued_id"),
    ("lettered_number", "bare_number"),
    ("retyped_id", "unissued_id"),
    ("retyped_id", "issued_id"),
)
"""Pairs of kinds of identifiers whose words are compared."""
_AGREEING: Final = ("birth_date", "person_name")
_SEXES: Final = frozenset({"F", "M"})

Index = Mapping[str, Mapping[str, frozenset[str]]]
"""The cases of each word, by its kind."""


@dataclass(frozen=True)
class DoubtfulIds:
    """Pairs of patients whose names or birth dates agree as well, and how many can't be compared."""

    agreeing: tuple[frozenset[str], ...] = ()
    untold: int = 0

    def notices(self) -> list[Notice]:
        """What a person should know of those that can't be compared."""
        if not self.untold:
            return []
        detail = (
            "pairs of patient IDs differ in their issuer, in letters beside one number, or in O for 0, "
            "alone, and no name, birth date or sex says whether they are two people: not taken for one "
            "person each (a table under `links` says who is)"
        )
        return [Notice("doubtful_ids", self.untold, detail)]


def doubtful_ids(cases: Mapping[str, Case], index: Index) -> DoubtfulIds:
    """The pairs of patients, one of each form of an ID; where several have one form, it says nothing.

    Pairs that contradict each other are two people each. Where that is as frequent as that they agree, the
    numbers meet by chance, and of the others nothing is told.
    """
    said = {kind: _by_patient(cases, index.get(kind, {}).items()) for kind in _AGREEING}
    said["sex"] = _sexes(cases)
    agreeing, untold, contradicted = [], 0, 0
    for pair in sorted(_pairs(cases, index), key=sorted):
        one, other = pair
        both = {kind: (of.get(one), of.get(other)) for kind, of in said.items()}
        agrees = {kind: not a.isdisjoint(b) for kind, (a, b) in both.items() if a and b}
        if not agrees.get("birth_date", True) or not agrees.get("sex", True):
            contradicted += 1
        elif any(agrees.get(kind) for kind in _AGREEING):
            agreeing.append(pair)
        elif not agrees.keys() & {*_AGREEING}:
            untold += 1
    return DoubtfulIds(tuple(agreeing), untold if contradicted <= len(agreeing) else 0)


def _pairs(cases: Mapping[str, Case], index: Index) -> set[frozenset[str]]:
    pairs = set()
    for one, other in _FORMS:
        first, second = index.get(one, {}), index.get(other, {})
        for word in first.keys() & second.keys():
            patients = [{cases[case_id].patient_id for case_id in ids} for ids in (first[word], second[word])]
            if len(patients[0]) == len(patients[1]) == 1 and patients[0] != patients[1]:
                pairs.add(frozenset(patients[0] | patients[1]))
    return pairs


def _by_patient(
    cases: Mapping[str, Case], words: Iterable[tuple[str, frozenset[str]]]
) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for word, case_ids in words:
        for case_id in case_ids:
            found.setdefault(cases[case_id].patient_id, set()).add(word)
    return found


def _sexes(cases: Mapping[str, Case]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for case in cases.values():
        if (sex := str(case.attributes.get("patient_sex", ""))) in _SEXES:
            found.setdefault(case.patient_id, set()).add(sex)
    return found
