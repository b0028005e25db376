"""What is new in RAW against the catalogue, and which known files it touches.

SQL does most of the comparing, so that one new file among very many costs little.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

from pipeline.catalogue import Catalogue, cases, files, identifiers
from pipeline.ingest.reasons import ARCHIVE, OWN_TABLE, TRANSIENT
from pipeline.ingest.source.companions import gaining
from pipeline.ingest.source.discover import SourcePath
from pipeline.ingest.source.layouts import has_a_formats_name, is_below_derivatives
from pipeline.records import MAY_MARK


@dataclass(frozen=True)
class Changes:
    """Files that are new or have another size or time, known files that are gone, and files put off.

    `again` are unchanged files whose reason may have passed, such as a disk that could not be read, the
    `reassigned` ones, which the table of labels now gives to another patient, and the `paired` ones, masks
    and channels that a new file is paired with. `used` counts the known files that are in cases, `used_gone`
    those of them that are gone.
    """

    fresh: tuple[SourcePath, ...]
    again: tuple[SourcePath, ...]
    gone: tuple[str, ...]
    young: int
    known: int
    used: int
    used_gone: int
    reassigned: int = 0
    paired: int = 0


class KnownFile(NamedTuple):
    """What the catalogue says of a path when a run begins."""

    size: int
    mtime_ns: int
    reason: str
    archive: str
    members: int


def known_files(catalogue: Catalogue) -> dict[str, KnownFile]:
    """Everything that was read before, by token."""
    return {row[0]: KnownFile._make(row[1:]) for row in files.known(catalogue)}


def unsettled_archives(
    found: Sequence[SourcePath], known: Mapping[str, KnownFile], *, again: Set[str]
) -> list[SourcePath]:
    """The known archives that must be listed again.

    They have changed, not all of their files are known (a run was killed), or one of these is to be tried
    again, as those of the archives in `again` are.
    """
    archives = {token for token, file in known.items() if file.reason == ARCHIVE}
    if not archives:
        return []
    inside = Counter(file.archive for file in known.values())
    passing = again | {file.archive for file in known.values() if file.reason in TRANSIENT}
    return [
        file
        for file in found
        if file.token in archives
        and (
            _differs(file, known[file.token])
            or inside[file.token] != known[file.token].members
            or file.token in passing
        )
    ]


def find_changes(
    found: Sequence[SourcePath],
    known: Mapping[str, KnownFile],
    *,
    is_young: Callable[[SourcePath], bool],
    closed: Set[str] = frozenset(),
    reassigned: Collection[str] = (),
) -> Changes:
    """The differences; young files (still being copied, perhaps) are left for the next run.

    `closed` are archives whose files are not in `found` and stay as they are, `reassigned` are tokens of
    known files whose patient is another one now.
    """
    differing = [file for file in found if file.token not in known or _differs(file, known[file.token])]
    fresh = tuple(file for file in differing if not is_young(file))
    passing = {token for token, file in known.items() if file.reason in TRANSIENT}
    # What changed is read anyway; the others are the same bytes, tried once more.
    again = (passing | set(reassigned)) - {file.token for file in differing}
    gone = known.keys() - {file.token for file in found}
    if closed:
        gone = {token for token in gone if known[token].archive not in closed}
    used = {token for token, file in known.items() if file.reason == "ok"}
    return Changes(
        fresh=fresh,
        again=tuple(file for file in found if file.token in again),
        gone=tuple(sorted(gone)),
        young=len(differing) - len(fresh),
        known=len(known),
        used=len(used),
        used_gone=len(used & gone),
        reassigned=len(again & set(reassigned) - gone),
    )


def with_pairs(changes: Changes, found: Sequence[SourcePath]) -> Changes:
    """The changes with the known files that a fresh one is paired with: a mask may be of another image."""
    known = {file.token for file in (*changes.fresh, *changes.again)}
    tokens = gaining(found, {file.token for file in changes.fresh}) - known
    paired = tuple(file for file in found if file.token in tokens)
    return replace(changes, again=(*changes.again, *paired), paired=len(paired))


def derived_archives(found: Sequence[SourcePath], known: Mapping[str, KnownFile]) -> set[str]:
    """The known archives that may hold masks of new images beside them: those below `derivatives`."""
    if not any(file.token not in known and has_a_formats_name(file.relative) for file in found):
        return set()
    return {file.token for file in found if file.token in known and is_below_derivatives(file.relative)}


def archives_of(catalogue: Catalogue, tokens: Iterable[str]) -> set[str]:
    """The archives that known files lie in."""
    return files.archives(catalogue, tokens) - {""}


def _differs(file: SourcePath, known: KnownFile) -> bool:
    """Whether a path has other bytes than before, or became a table of the settings, or ceased to be one."""
    if (known.size, known.mtime_ns) != (file.size, file.mtime_ns):
        return True
    return (known.reason == OWN_TABLE) != (file.reason == OWN_TABLE)


def lasting_digests(catalogue: Catalogue, tokens: Iterable[str]) -> dict[str, str]:
    """The stored digest of each known token whose reason stays as long as the bytes are the same."""
    rows = files.digests(catalogue, tokens)
    return {token: digest for token, digest, reason in rows if reason not in TRANSIENT}


Identity = tuple[str, ...]
"""The series and the image of a file, "" where it has none, and what of it a refused mask may be of."""


def may_be_marked(catalogue: Catalogue) -> set[str]:
    """The studies and images that known masks may be of which can't be used."""
    return identifiers.words_of(catalogue, MAY_MARK)


def identities(
    catalogue: Catalogue, tokens: Iterable[str], doubted: Mapping[str, Identity] = MappingProxyType({})
) -> dict[str, Identity]:
    """The identity of each known token; `doubted` is what `doubted_in` found."""
    rows = files.identities(catalogue, tokens)
    return {token: (series, image, *doubted.get(token, ())) for token, series, image in rows}


def doubted_in(catalogue: Catalogue, names: Set[str]) -> dict[str, Identity]:
    """Which of these studies and images each known file is of, or may mark; of files that do so."""
    found = {token: {token} for token, *_ in files.identities(catalogue, names)}
    for token, kind, name in identifiers.carrying(catalogue, names):
        if kind in ("study", MAY_MARK):
            found.setdefault(token, set()).add(name)
    return {token: tuple(sorted(own)) for token, own in found.items()}


def touched(
    catalogue: Catalogue, changed: Iterable[Identity], doubted: Mapping[str, Identity] = MappingProxyType({})
) -> set[str]:
    """Known tokens of the series and images of what changed, and of those that share one with them.

    So of those that share what a refused mask may be of.
    """
    own = list(changed)
    tokens: set[str] = set()
    while True:
        series, images = {one[0] for one in own} - {""}, {one[1] for one in own} - {""}
        others = {name for one in own for name in one[2:]}
        rows = files.sharing(catalogue, series=series, images=images)
        joined = {token for token, names in doubted.items() if not others.isdisjoint(names)} - tokens
        own = [(row[1], row[2], *doubted.get(row[0], ())) for row in rows if row[0] not in tokens]
        own += identities(catalogue, joined, doubted).values()
        more = {row[0] for row in rows} | joined
        if more <= tokens:
            return tokens
        tokens |= more


def still_in_doubt(catalogue: Catalogue, doubted: Mapping[str, tuple[str, str, Identity]]) -> list[str]:
    """The known files of these that are as they were: each with its digest, reason and what it may mark."""
    before = doubted_in(catalogue, may_be_marked(catalogue))
    rows = files.digests(catalogue, doubted)
    return [token for token, *known in rows if (*known, before.get(token, ())) == doubted[token]]


def cases_of(catalogue: Catalogue, tokens: Iterable[str]) -> dict[str, set[str]]:
    """The cases that the files have a part in: all file tokens by case_id."""
    tokens_of: dict[str, set[str]] = {}
    for case_id, token in cases.files_of_cases(catalogue, tokens):
        tokens_of.setdefault(case_id, set()).add(token)
    return tokens_of


def cases_without_files(catalogue: Catalogue) -> set[str]:
    """The cases one of whose files the catalogue doesn't know: they are read anew, or go."""
    return cases.without_files(catalogue)
