"""What is known of the files of RAW."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pipeline.catalogue.chosen import chosen
from pipeline.catalogue.store import Catalogue

Rows = list[tuple[Any, ...]]


def tokens(catalogue: Catalogue) -> list[str]:
    """The tokens of all files."""
    return [row[0] for row in catalogue.query("SELECT token FROM files")]


def known(catalogue: Catalogue) -> Rows:
    """Token, size, mtime_ns, reason, archive and members of every file."""
    return catalogue.query("SELECT token, size, mtime_ns, reason, archive, members FROM files")


def outcomes(catalogue: Catalogue) -> Rows:
    """Token, state, reason and detail of every file."""
    return catalogue.query("SELECT token, state, reason, detail FROM files")


def counted(catalogue: Catalogue) -> list[tuple[str, str, int]]:
    """State, reason and number of files of each pair that occurs, sorted."""
    return catalogue.query(
        "SELECT state, reason, count(*) FROM files GROUP BY state, reason ORDER BY state, reason"
    )


def details_counted(catalogue: Catalogue) -> list[tuple[str, str, int]]:
    """Reason, detail and number of files of each pair that occurs."""
    return catalogue.query("SELECT reason, detail, count(*) FROM files GROUP BY reason, detail")


def notes_counted(catalogue: Catalogue) -> list[tuple[str, int]]:
    """The notes that accepted files have, as they stand together, and how many have just these."""
    return catalogue.query("SELECT notes, count(*) FROM files WHERE state = 'accepted' GROUP BY notes")


def images_counted(catalogue: Catalogue) -> tuple[int, int]:
    """How many files claim to be images, and how many of those failed or were set aside."""
    counts: tuple[int, int] = catalogue.query(
        "SELECT count(*), coalesce(sum(state IN ('failed', 'quarantined')), 0) FROM files WHERE image"
    )[0]
    return counts


def not_accepted(catalogue: Catalogue) -> list[tuple[str, str, str]]:
    """Token, reason and detail of the files that no scan was made of, by token."""
    return catalogue.query("SELECT token, reason, detail FROM files WHERE state <> 'accepted' ORDER BY token")


def unusable(catalogue: Catalogue) -> list[tuple[str, str, str]]:
    """Token, reason and detail of the files that failed or were set aside, by token."""
    return catalogue.query(
        "SELECT token, reason, detail FROM files WHERE state IN ('failed', 'quarantined') ORDER BY token"
    )


def images(catalogue: Catalogue) -> dict[str, str]:
    """The image of each file that is one: copies of one image share it."""
    return dict(catalogue.query("SELECT token, sop_id FROM files WHERE sop_id <> ''"))


def archives(catalogue: Catalogue, of: Iterable[str]) -> set[str]:
    """The archives that the files of these tokens lie in, "" for those that lie in none."""
    return {row[0] for row in chosen(catalogue, "SELECT DISTINCT archive FROM files WHERE token", of)}


def digests(catalogue: Catalogue, of: Iterable[str]) -> Rows:
    """Token, digest and reason of the files of these tokens."""
    return chosen(catalogue, "SELECT token, digest, reason FROM files WHERE token", of)


def identities(catalogue: Catalogue, of: Iterable[str]) -> Rows:
    """Token, series and image of the files of these tokens."""
    return chosen(catalogue, "SELECT token, series_id, sop_id FROM files WHERE token", of)


def sharing(catalogue: Catalogue, *, series: Iterable[str], images: Iterable[str]) -> Rows:
    """Token, series and image of the files of these series, and of these images."""
    return [
        *chosen(catalogue, "SELECT token, series_id, sop_id FROM files WHERE series_id", series),
        *chosen(catalogue, "SELECT token, series_id, sop_id FROM files WHERE sop_id", images),
    ]
