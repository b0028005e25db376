"""What the stage takes from the catalogue: scans, their identifiers, and what shares an identifier."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from pipeline.catalogue import Catalogue
from pipeline.pseudonyms import Key, require_same_key
from pipeline.records import Case

_IDENTIFIED = """
SELECT i.kind, i.pseudonym, c.case_id FROM identifiers i JOIN case_files c ON c.token = i.token
UNION
SELECT i.kind, i.pseudonym, c.case_id FROM identifiers i
JOIN files copy ON copy.token = i.token AND copy.reason = 'duplicate_identical' AND copy.sop_id <> ''
JOIN files used ON used.sop_id = copy.sop_id AND used.token <> copy.token
JOIN case_files c ON c.token = used.token
"""
"""A file left out as an identical copy names the scan that its twin became."""


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
    counted = "SELECT state, reason, COUNT(*) FROM files GROUP BY state, reason ORDER BY state, reason"
    for state, reason, count in catalogue.query(counted):
        files[state][reason] = count
    series = catalogue.query("SELECT COUNT(DISTINCT series_id) FROM cases")[0][0]
    nothing = {key.pseudonym(kind, "") for kind in ("study", "accession")} | {""}
    unused = catalogue.query(
        "SELECT token, reason, detail FROM files WHERE state <> 'accepted' ORDER BY token"
    )
    shared = _shared(cases, index, nothing)
    return Scans(cases, index, shared, dict(files), int(series), tuple(unused))


def _index(catalogue: Catalogue, cases: Mapping[str, Case]) -> dict[str, dict[str, frozenset[str]]]:
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for kind, pseudonym, case_id in catalogue.query(_IDENTIFIED):
        if case_id in cases:
            found[kind][pseudonym].add(case_id)
    return {
        kind: {word: frozenset(case_ids) for word, case_ids in words.items()} for kind, words in found.items()
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
