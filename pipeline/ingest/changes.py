"""What is new in RAW against the catalogue, and which known files it touches.

SQL does most of the comparing, so that one new file among very many costs little.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import NamedTuple

from pipeline.catalogue import Catalogue, cases, files
from pipeline.ingest.reasons import ARCHIVE, OWN_TABLE, TRANSIENT
from pipeline.ingest.source.companions import gaining
from pipeline.ingest.source.discover import SourcePath
from pipeline.ingest.source.layouts import has_a_formats_name, is_below_derivatives


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


def identities(catalogue: Catalogue, tokens: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Series and image of each known token, "" where it has none."""
    return {row[0]: (row[1], row[2]) for row in files.identities(catalogue, tokens)}


def touched(catalogue: Catalogue, changed: Iterable[tuple[str, str]]) -> set[str]:
    """Known tokens of the series and images of what changed, and of those that share one with them."""
    pairs = list(changed)
    series, images = {pair[0] for pair in pairs}, {pair[1] for pair in pairs}
    tokens: set[str] = set()
    while True:
        rows = files.sharing(catalogue, series=series - {""}, images=images - {""})
        more = {row[0] for row in rows} - tokens
        if not more:
            return tokens
        tokens |= more
        series = {row[1] for row in rows if row[0] in more}
        images = {row[2] for row in rows if row[0] in more}


def cases_of(catalogue: Catalogue, tokens: Iterable[str]) -> dict[str, set[str]]:
    """The cases that the files have a part in: all file tokens by case_id."""
    tokens_of: dict[str, set[str]] = {}
    for case_id, token in cases.files_of_cases(catalogue, tokens):
        tokens_of.setdefault(case_id, set()).add(token)
    return tokens_of


def cases_without_files(catalogue: Catalogue) -> set[str]:
    """The cases one of whose files the catalogue doesn't know: they are read anew, or go."""
    return cases.without_files(catalogue)
