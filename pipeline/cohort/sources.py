"""What the stage takes from the catalogue: scans, their identifiers, and what shares an identifier."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pipeline.catalogue import Catalogue, identifiers
from pipeline.catalogue import cases as stored_cases
from pipeline.catalogue import files as stored_files
from pipeline.cohort.doubtful_ids import DoubtfulIds, doubtful_ids
from pipeline.cohort.links import MOST_IDS
from pipeline.cohort.namesakes import Namesakes, namesakes
from pipeline.pseudonyms import Key, require_same_key
from pipeline.records import Case

ONE_PERSON: Final = "one_person"
"""The word of `cohort.accept` by which IDs are left apart although names, birth dates or other IDs agree."""
_WORDS: Final = {
    "study": "a study",
    "frame": "a frame of reference",
    "accession": "an accession number",
    "alias": "an ID that is spelt otherwise, or another ID",
    "born": "name and birth date",
}


_OF_THE_SCANNER: Final = ("accession", "frame")
"""Kinds that no two people share, whatever names and birth dates say."""
_OTHER_FORM: Final = "an ID without its issuer or letters, and a name or birth date"


@dataclass(frozen=True)
class Scans:
    """All scans, `index[kind][pseudonym]` with the case_ids, and numbers of files and series.

    `unused` are token, reason and detail of the files that no scan was made of.
    `shared` are the sets of two and more patient ids that stand under one study or accession number, one
    name and birth date, or each other's IDs; `evidence` says under which, `namesakes` how many share name and
    birth date by chance, `doubtful` which IDs may be one but for an issuer or letters. `identities` are the
    words by which each case names its patient, `likenesses` a small picture of each, and `planes` digests of
    the planes of each volume.
    """

    cases: Mapping[str, Case]
    index: Mapping[str, Mapping[str, frozenset[str]]]
    shared: tuple[frozenset[str], ...]
    files: Mapping[str, Mapping[str, int]]
    series: int
    unused: tuple[tuple[str, str, str], ...] = ()
    evidence: Mapping[frozenset[str], frozenset[str]] = field(default_factory=dict)
    namesakes: Namesakes = field(default_factory=Namesakes)
    doubtful: DoubtfulIds = field(default_factory=DoubtfulIds)
    identities: Mapping[str, frozenset[str]] = field(default_factory=dict)
    likenesses: Mapping[str, bytes] = field(default_factory=dict)
    planes: Sequence[tuple[str, str]] = ()


def load_scans(catalogue: Catalogue, key: Key, *, apart: bool = False) -> Scans:
    """Everything the stage needs to know about the scans that were read.

    With `apart`, names, birth dates and other IDs make no two IDs one person.

    Raises:
        UsageError: the scans were read under another key, so no label could be joined.
    """
    require_same_key(key, catalogue.meta("key_id"), what="These scans were read")
    cases = {case.case_id: case for case in catalogue.cases()}
    index = _index(catalogue, cases)
    files: dict[str, dict[str, int]] = defaultdict(dict)
    for state, reason, count in stored_files.counted(catalogue):
        files[state][reason] = count
    series = stored_cases.series_counted(catalogue)
    nothing = {key.pseudonym(kind, "") for kind in ("study", "accession")} | {""}
    unused = stored_files.not_accepted(catalogue)
    shared = _namesakes(cases, index)
    evidence = _evidence(cases, index, nothing, kinds=_kinds(apart=apart, by_chance=shared.by_chance))
    doubtful = doubtful_ids(cases, index)
    for pair in () if apart else doubtful.agreeing:
        evidence[pair] = evidence.get(pair, frozenset()) | {_OTHER_FORM}
    return Scans(
        cases=cases,
        index=index,
        shared=tuple(sorted(evidence, key=sorted)),
        files=dict(files),
        series=series,
        unused=tuple(unused),
        evidence=evidence,
        namesakes=shared,
        doubtful=doubtful,
        identities=_identities(cases, index, _kinds(apart=False, by_chance=shared.by_chance)),
        likenesses=stored_cases.likenesses(catalogue),
        planes=stored_cases.planes(catalogue),
    )


def _index(catalogue: Catalogue, cases: Mapping[str, Case]) -> dict[str, dict[str, frozenset[str]]]:
    index: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for kind, pseudonym, case_id in identifiers.of_cases(catalogue):
        if case_id in cases:
            index[kind][pseudonym].add(case_id)
    return {
        kind: {word: frozenset(case_ids) for word, case_ids in words.items()} for kind, words in index.items()
    }


def _evidence(
    cases: Mapping[str, Case],
    index: Mapping[str, Mapping[str, frozenset[str]]],
    nothing: Collection[str],
    *,
    kinds: Collection[str],
) -> dict[frozenset[str], frozenset[str]]:
    """Each set of patient ids that share something, with what; `nothing` is an empty one's pseudonyms."""
    patients: dict[tuple[str, str], set[str]] = defaultdict(set)
    for case in cases.values():
        patients["study", case.study_id].add(case.patient_id)
        if "alias" in kinds:
            patients["alias", case.patient_id].add(case.patient_id)
    for kind in kinds:
        for word, case_ids in index.get(kind, {}).items():
            patients[kind, word] |= {cases[case_id].patient_id for case_id in case_ids}
    found: dict[frozenset[str], frozenset[str]] = {}
    for (kind, word), ids in patients.items():
        if len(ids) > 1 and word not in nothing:
            found[frozenset(ids)] = found.get(frozenset(ids), frozenset()) | {_WORDS[kind]}
    return found


def _kinds(*, apart: bool, by_chance: bool) -> tuple[str, ...]:
    """The kinds of identifiers that make two IDs one person; birth dates not where chance explains them."""
    if apart:
        return _OF_THE_SCANNER
    return (*_OF_THE_SCANNER, "alias") if by_chance else (*_OF_THE_SCANNER, "alias", "born")


def _namesakes(cases: Mapping[str, Case], index: Mapping[str, Mapping[str, frozenset[str]]]) -> Namesakes:
    born, named, dated = (
        {
            word: {cases[case_id].patient_id for case_id in case_ids}
            for word, case_ids in index.get(kind, {}).items()
        }
        for kind in ("born", "person_name", "birth_date")
    )
    return namesakes(born, named, dated, most=MOST_IDS)


def _identities(
    cases: Mapping[str, Case], index: Mapping[str, Mapping[str, frozenset[str]]], kinds: Collection[str]
) -> dict[str, frozenset[str]]:
    """The words by which each case names its patient, those that too many share left out."""
    words: dict[str, set[str]] = {case_id: {case.patient_id} for case_id, case in cases.items()}
    named = [
        (word, ids) for kind in kinds if kind != "accession" for word, ids in index.get(kind, {}).items()
    ]
    for word, case_ids in named:
        few = len({cases[case_id].patient_id for case_id in case_ids}) <= MOST_IDS
        for case_id in case_ids if few else ():
            words[case_id].add(word)
    return {case_id: frozenset(found) for case_id, found in words.items()}
