"""What is new in RAW against the catalogue, and which known files it touches.

SQL does the comparing, so that one new file among very many costs little.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from pipeline.catalogue import Catalogue
from pipeline.ingest.discover import Found
from pipeline.ingest.reasons import TRANSIENT

_PARAMETERS = 500


@dataclass(frozen=True)
class Changes:
    """Files that are new or have another size or time, known files that are gone, and files put off.

    `again` are unchanged files whose reason may have passed, such as a disk that could not be read, and the
    `reassigned` ones, which the table of labels now gives to another patient. `used` counts the known files
    that are in cases, `used_gone` those of them that are gone.
    """

    fresh: tuple[Found, ...]
    again: tuple[Found, ...]
    gone: tuple[str, ...]
    young: int
    known: int
    used: int
    used_gone: int
    reassigned: int = 0


def find_changes(
    found: Sequence[Found],
    catalogue: Catalogue,
    *,
    is_young: Callable[[Found], bool],
    reassigned: Collection[str] = (),
) -> Changes:
    """The differences; young files (still being copied, perhaps) are left for the next run.

    `reassigned` are tokens of known files whose patient is another one now.
    """
    rows = catalogue.query("SELECT token, size, mtime_ns, reason FROM files")
    known = {token: (size, mtime_ns) for token, size, mtime_ns, _ in rows}
    used = {token for token, _, _, reason in rows if reason == "ok"}
    passing = {token for token, _, _, reason in rows if reason in TRANSIENT}
    differing = [file for file in found if known.get(file.token) != (file.size, file.mtime_ns)]
    fresh = tuple(file for file in differing if not is_young(file))
    changed = {file.token for file in differing}
    again = (passing | set(reassigned)) - changed
    gone = known.keys() - {file.token for file in found}
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


def lasting_digests(catalogue: Catalogue, tokens: Iterable[str]) -> dict[str, str]:
    """The stored digest of each known token whose reason stays as long as the bytes are the same."""
    rows = _select(catalogue, "SELECT token, digest, reason FROM files WHERE token", tokens)
    return {token: digest for token, digest, reason in rows if reason not in TRANSIENT}


def identities(catalogue: Catalogue, tokens: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Series and image of each known token, "" where it has none."""
    rows = _select(catalogue, "SELECT token, series_id, sop_id FROM files WHERE token", tokens)
    return {row[0]: (row[1], row[2]) for row in rows}


def touched(catalogue: Catalogue, changed: Iterable[tuple[str, str]]) -> set[str]:
    """Known tokens of the series and images of what changed, and of those that share one with them."""
    pairs = list(changed)
    series, images = {pair[0] for pair in pairs}, {pair[1] for pair in pairs}
    found: set[str] = set()
    while True:
        rows = _select(catalogue, "SELECT token, series_id, sop_id FROM files WHERE series_id", series - {""})
        rows += _select(catalogue, "SELECT token, series_id, sop_id FROM files WHERE sop_id", images - {""})
        more = {row[0] for row in rows} - found
        if not more:
            return found
        found |= more
        series = {row[1] for row in rows if row[0] in more}
        images = {row[2] for row in rows if row[0] in more}


def cases_of(catalogue: Catalogue, tokens: Iterable[str]) -> dict[str, set[str]]:
    """The cases that the files have a part in: all file tokens by case_id."""
    names = {row[0] for row in _select(catalogue, "SELECT case_id FROM case_files WHERE token", tokens)}
    found: dict[str, set[str]] = {}
    for case_id, token in _select(catalogue, "SELECT case_id, token FROM case_files WHERE case_id", names):
        found.setdefault(case_id, set()).add(token)
    return found


def cases_without_files(catalogue: Catalogue) -> set[str]:
    """The cases one of whose files the catalogue doesn't know: they are read anew, or go."""
    rows = catalogue.query(
        "SELECT DISTINCT case_id FROM case_files WHERE token NOT IN (SELECT token FROM files)"
    )
    return {row[0] for row in rows}


def _select(catalogue: Catalogue, sql: str, values: Iterable[str]) -> list[tuple[str, ...]]:
    """The rows of `sql IN (values)`."""
    wanted = sorted(values)
    rows: list[tuple[str, ...]] = []
    for start in range(0, len(wanted), _PARAMETERS):
        part = wanted[start : start + _PARAMETERS]
        rows += catalogue.query(f"{sql} IN ({','.join('?' * len(part))})", part)
    return rows
