"""What the stage takes from the catalogue: scans, their identifiers, and what shares an identifier."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from pipeline.catalogue import Catalogue, identifiers
from pipeline.catalogue import cases as stored_cases
from pipeline.catalogue import files as stored_files
from pipeline.pseudonyms import Key, require_same_key
from pipeline.records import Case


@dataclass(frozen=True)
class Scans:
    """All scans, `index[kind][pseudonym]` with the case_ids, and numbers of files and series.

    `unused` are token, reason and detail of the files that no scan was made of.
    `shared` are the sets of two and more patient ids that stand under one study or accession number.
    """

    cases: Mapping[str, Case]
    index: Mapping[str, Mapping[str, frozenset[str]]]
    shared: tuple[frozenset[str], ...]
    files: Mapping[str, Mapping[str, int]]
    series: int
    unused: tuple[tuple[str, str, str], ...] = ()


def load_scans(catalogue: Catalogue, key: Key) -> Scans:
    """Everything the stage needs to know about the scans that were read.

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
    shared = _shared(cases, index, nothing)
    return Scans(cases, index, shared, dict(files), series, tuple(unused))


def _index(catalogue: Catalogue, cases: Mapping[str, Case]) -> dict[str, dict[str, frozenset[str]]]:
    index: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for kind, pseudonym, case_id in identifiers.of_cases(catalogue):
        if case_id in cases:
            index[kind][pseudonym].add(case_id)
    return {
        kind: {word: frozenset(case_ids) for word, case_ids in words.items()} for kind, words in index.items()
    }


def _shared(
    cases: Mapping[str, Case], index: Mapping[str, Mapping[str, frozenset[str]]], nothing: Collection[str]
) -> tuple[frozenset[str], ...]:
    """The sets of patient ids under one study or accession number; `nothing` is an empty one's pseudonyms."""
    patients: dict[tuple[str, str], set[str]] = defaultdict(set)
    for case in cases.values():
        patients["study", case.study_id].add(case.patient_id)
    for accession, case_ids in index.get("accession", {}).items():
        patients["accession", accession] = {cases[case_id].patient_id for case_id in case_ids}
    groups = {frozenset(ids) for (_, word), ids in patients.items() if len(ids) > 1 and word not in nothing}
    return tuple(sorted(groups, key=sorted))
