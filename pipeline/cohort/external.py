"""Scans of another source: kept apart before anything is drawn, learned or chosen.

A patient who has scans of both sources counts to the other one, and the rest of the patient's scans are left
out. What the ledger says of a patient comes first: whoever was drawn into a part stays there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from posixpath import normpath
from typing import Final

from pipeline.cohort.duplicates import find_copies
from pipeline.cohort.exclusions import Exclusion
from pipeline.cohort.join import Join
from pipeline.cohort.labels import values_of_case
from pipeline.cohort.membership import Membership
from pipeline.cohort.parts import Placed
from pipeline.cohort.published import SPELLINGS
from pipeline.config import Cohort, Config
from pipeline.contracts.cohort import ALSO_EXTERNAL as ALSO
from pipeline.contracts.cohort import Notice
from pipeline.errors import nearest
from pipeline.pseudonyms import Key
from pipeline.records import EXTERNAL, Case
from pipeline.tables import Table
from pipeline.tables.words import NOT_AVAILABLE, normal
from pipeline.tasks.contract import Reader

ELSEWHERE: Final = "external_in_other_part"
UNKNOWN: Final = "external_answer_unknown"
_NOTICES: Final = {
    ALSO: "scans left out because they aren't of the other source, and their patients are external",
    ELSEWHERE: "scans of the other source left out because their patients are in another part by the ledger, "
    "or share something with one who is",
    UNKNOWN: "scans of the other source left out because no scan of this one has their answer: if it is one "
    "in other words, map them by `cohort.classes`",
}


@dataclass(frozen=True)
class People:
    """Patient id and person of each scan, each person's parts by the ledger, the scans of another source."""

    patient_of: Mapping[str, str]
    of_case: Mapping[str, str]
    parts: Mapping[str, Collection[str]]
    named: Collection[str]

    @property
    def abroad(self) -> frozenset[str]:
        """The persons in the external part: by the ledger, else by any scan of another source."""
        marked = {self.of_case[case_id] for case_id in self.named if case_id in self.of_case}
        known = {person for person, parts in self.parts.items() if set(parts) == {EXTERNAL}}
        return frozenset(known | (marked - self.parts.keys()))


def people(
    named: Collection[str],
    *,
    person_of: Mapping[str, str],
    patient_of: Mapping[str, str],
    ledger: Mapping[str, Placed],
) -> People:
    """Who has scans of another source; `patient_of` is the patient id of each scan that has a label."""
    parts: dict[str, set[str]] = defaultdict(set)
    for patient_id, placed in ledger.items():
        if patient_id in person_of:
            parts[person_of[patient_id]].add(placed.part)
    of_case = {case_id: person_of[patient] for case_id, patient in patient_of.items()}
    return People(patient_of, of_case, parts, named)


def with_copies(people: People, cases: Iterable[Case]) -> People:
    """The same people, with identical scans of a person on one side, whichever of them is kept.

    They are of the other source where the person is external, and else none of them is.
    """
    abroad, named = people.abroad, set(people.named)
    for copies in find_copies([case for case in cases if case.case_id in people.of_case]):
        persons = {people.of_case[case_id] for case_id in copies.case_ids}
        if len(persons) > 1 or named.isdisjoint(copies.case_ids):
            continue
        if persons <= abroad:
            named |= {*copies.case_ids}
        else:
            named -= {*copies.case_ids}
    return replace(people, named=frozenset(named))


def why_none(named: Collection[str], exclusions: Iterable[Exclusion]) -> tuple[str, str]:
    """Why none of the scans of the other source can be used, and what helps, where that is plain."""
    counts = Counter(exclusion.reason for exclusion in exclusions if exclusion.case_id in named)
    if counts and counts.most_common(1)[0][0] == UNKNOWN:
        why = f"the answers of {counts[UNKNOWN]:,} are none that scans of this source have"
        return why, "Map their words to the same classes: `cohort.classes: {CLASS: [WORD, OTHER WORD]}`"
    return "they have no label, or their patients are in another part", ""


def divided(membership: Membership, people: People, reader: Reader) -> Membership:
    """Who takes part, with no patient in the external part and another one, and the notices of it."""
    abroad = people.abroad
    reasons = {}
    for case_id in membership.label_of:
        named, external = case_id in people.named, people.of_case[case_id] in abroad
        if named != external:
            reasons[case_id] = ELSEWHERE if named else ALSO
    left = {case_id: value for case_id, value in membership.label_of.items() if case_id not in reasons}
    learned = {
        answer
        for case_id, value in left.items()
        if case_id not in people.named
        for answer in reader.named(value)
    }
    for case_id, value in left.items():
        if not learned.issuperset(reader.named(value)):
            reasons[case_id] = UNKNOWN
    return replace(
        membership,
        label_of={case_id: value for case_id, value in left.items() if case_id not in reasons},
        exclusions=(*membership.exclusions, *(_exclusion(*item) for item in reasons.items())),
        notices=(*membership.notices, *_notices(reasons)),
    )


def _exclusion(case_id: str, reason: str) -> Exclusion:
    details = {
        ALSO: "a scan of a patient who is in the external part",
        ELSEWHERE: "a scan of the other source, whose patient is in another part",
        UNKNOWN: "a scan of the other source, with an answer that no scan of this one has",
    }
    return Exclusion(case_id, reason, details[reason])


def _notices(reasons: Mapping[str, str]) -> Iterator[Notice]:
    for reason, count in sorted(Counter(reasons.values()).items()):
        cases = tuple(sorted(case_id for case_id, one in reasons.items() if one == reason))
        yield Notice(reason, count, _NOTICES[reason], cases)


def disputed(choices: Cohort, table: Table, join: Join, *, named: Collection[str] | None) -> Iterator[Notice]:
    """Of which scans the rows of the table name this source and the other one; empty cells name none."""
    if choices.part_column is not None:
        words = values_of_case(table, choices.part_column, join)
        parts = {id_: {SPELLINGS.get(word.casefold(), "") for word in said} for id_, said in words.items()}
        yield from _disputed(choices.part_column, {EXTERNAL}, parts, named)
    if choices.external is not None and choices.external.column is not None:
        words = values_of_case(table, choices.external.column, join)
        sources = {case_id: {normal(word) for word in said} for case_id, said in words.items()}
        yield from _disputed(choices.external.column, {*map(normal, choices.external.values)}, sources, named)


def _disputed(
    column: str, other: Collection[str], words: Mapping[str, Collection[str]], named: Collection[str] | None
) -> Iterator[Notice]:
    cases = tuple(
        case_id
        for case_id, said in sorted(words.items())
        if case_id in (named or ())
        and any(word in other for word in said)
        and any(word not in other and word.casefold() not in NOT_AVAILABLE for word in said)
    )
    if cases:
        detail = (
            f"scans whose rows name both this source and the other one in the column '{column}': they "
            "count to the other one until their rows agree"
        )
        yield Notice("source_conflict", len(cases), detail, cases)


def scans_of_another_source(
    config: Config, table: Table, join: Join, *, below: Mapping[str, Collection[str]]
) -> frozenset[str] | None:
    """The scans that the YAML says come from another source; None where it names none.

    `below` has the scans of each folder that it names. Raises ConfigError where a word or a folder has none.
    """
    choices = config.cohort
    found: set[str] = set()
    if choices.part_column is not None:
        words = values_of_case(table, choices.part_column, join)
        found |= {
            case_id
            for case_id, said in words.items()
            if any(SPELLINGS.get(word.casefold()) == EXTERNAL for word in said)
        }
    if choices.external is None:
        return frozenset(found) or None
    if choices.external.column is not None:
        found |= _by_column(config, table, join)
    for at, folder in enumerate(choices.external.folders):
        if not below.get(folder):
            raise config.refuse(
                ("cohort", "external", "folders", at),
                f"no scan that was read lies below '{folder}' in `ingest.raw`. Write the folder as seen from "
                "there.",
            )
        found |= {*below[folder]}
    return frozenset(found)


def digest_of_folders(choices: Cohort, key: Key) -> str:
    """The keyed digest of the folders that are of another source, in any order; empty without any."""
    folders = sorted({normpath(folder) for folder in choices.external.folders}) if choices.external else []
    return key.digest("\0".join(["folders of another source", *folders]).encode()) if folders else ""


def _by_column(config: Config, table: Table, join: Join) -> set[str]:
    """The scans whose row has one of the words. Raises ConfigError where no scan has one."""
    external = config.cohort.external
    if external is None or external.column is None:
        return set()
    cases: dict[str, set[str]] = defaultdict(set)
    for case_id, said in values_of_case(table, external.column, join).items():
        for word in said:
            cases[normal(word)].add(case_id)
    for at, word in enumerate(external.values):
        if normal(word) not in cases:
            raise config.refuse(
                ("cohort", "external", "values", at),
                f"no scan has '{word}' in the column '{external.column}' "
                f"({nearest(word, filter(None, cases))}).",
            )
    return {case_id for word in external.values for case_id in cases[normal(word)]}
