"""What is known of the identifiers that files carry, each a kind and a pseudonym."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pipeline.catalogue.chosen import chosen
from pipeline.catalogue.store import Catalogue

_IDENTIFIED: Final = """
SELECT i.kind, i.pseudonym, c.case_id FROM identifiers i JOIN case_files c ON c.token = i.token
JOIN files f ON f.token = i.token AND f.state = 'accepted'
UNION
SELECT i.kind, i.pseudonym, c.case_id FROM identifiers i
JOIN files copy ON copy.token = i.token AND copy.reason = 'duplicate_identical' AND copy.sop_id <> ''
JOIN files used ON used.sop_id = copy.sop_id AND used.token <> copy.token
JOIN case_files c ON c.token = used.token
"""


def of_cases(catalogue: Catalogue) -> list[tuple[str, str, str]]:
    """Kind, pseudonym and case of all files of cases.

    A file left out as an identical copy names the scan that its twin became; a refused mask names none,
    for it may be another patient's.
    """
    return catalogue.query(_IDENTIFIED)


def words_of(catalogue: Catalogue, kind: str) -> set[str]:
    """The pseudonyms of this kind that files carry."""
    return {
        row[0]
        for row in catalogue.query("SELECT DISTINCT pseudonym FROM identifiers WHERE kind = ?", (kind,))
    }


def carrying(catalogue: Catalogue, words: Iterable[str]) -> list[tuple[str, str, str]]:
    """Token, kind and pseudonym of the files that carry one of these pseudonyms, of whatever kind."""
    return chosen(catalogue, "SELECT token, kind, pseudonym FROM identifiers WHERE pseudonym", words)


def counted(catalogue: Catalogue, kind: str) -> tuple[int, int]:
    """How many files carry an identifier of this kind, and how many there are."""
    sql = "SELECT count(DISTINCT token), count(DISTINCT pseudonym) FROM identifiers WHERE kind = ?"
    counts: tuple[int, int] = catalogue.query(sql, (kind,))[0]
    return counts


def accepted_without(catalogue: Catalogue, kind: str) -> int:
    """How many accepted files carry none of this kind."""
    sql = (
        "SELECT count(*) FROM files f WHERE state = 'accepted' AND NOT EXISTS "
        "(SELECT 1 FROM identifiers i WHERE i.token = f.token AND i.kind = ?)"
    )
    return int(catalogue.query(sql, (kind,))[0][0])


def of_images_of(catalogue: Catalogue, owner: str) -> list[tuple[str, str, str]]:
    """Token, kind and pseudonym of the images that carry a word of the kind `owner`, or no patient's."""
    return catalogue.query(
        "SELECT f.token, i.kind, i.pseudonym FROM files f JOIN identifiers i ON i.token = f.token "
        "WHERE f.image AND (EXISTS (SELECT 1 FROM identifiers o WHERE o.token = f.token AND o.kind = ?) "
        "OR NOT EXISTS (SELECT 1 FROM identifiers o WHERE o.token = f.token AND o.kind = 'patient'))",
        (owner,),
    )
