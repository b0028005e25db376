"""What is known of the cases, and of the files that they were made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from pipeline.catalogue.chosen import chosen
from pipeline.catalogue.store import Catalogue
from pipeline.records import PLANES


def counted(catalogue: Catalogue) -> tuple[int, int]:
    """How many cases there are, and of how many patients."""
    counts: tuple[int, int] = catalogue.query("SELECT count(*), count(DISTINCT patient_id) FROM cases")[0]
    return counts


def series_counted(catalogue: Catalogue) -> int:
    """Of how many series the cases are."""
    return int(catalogue.query("SELECT count(DISTINCT series_id) FROM cases")[0][0])


def studies_counted(catalogue: Catalogue) -> tuple[int, int]:
    """How many studies all patients have together, and how many the one with the most."""
    counts: tuple[int, int] = catalogue.query(
        "SELECT coalesce(sum(n), 0), coalesce(max(n), 0) FROM "
        "(SELECT count(DISTINCT study_id) AS n FROM cases GROUP BY patient_id)"
    )[0]
    return counts


def pseudonyms(catalogue: Catalogue) -> list[tuple[str, str, str, str, str]]:
    """Case, patient, study, series and modality of every case, by case_id."""
    return catalogue.query(
        "SELECT case_id, patient_id, study_id, series_id, modality FROM cases ORDER BY case_id"
    )


def likenesses(catalogue: Catalogue) -> dict[str, bytes]:
    """The small picture of each case that has one, 64 x 64 grey values row by row."""
    return dict(catalogue.query("SELECT case_id, picture FROM likenesses ORDER BY case_id"))


def hints(catalogue: Catalogue, case_ids: Iterable[str]) -> dict[str, dict[str, tuple[str, ...]]]:
    """The keyed words of each field of the header and path, of each of these cases."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for case_id, field, words in chosen(catalogue, _HINTS, case_ids):
        found.setdefault(case_id, {})[field] = tuple(words.split())
    return found


_HINTS: Final = f"SELECT case_id, field, words FROM hints WHERE field <> '{PLANES}' AND case_id"


def planes(catalogue: Catalogue) -> list[tuple[str, str]]:
    """Case and the digests of its planes, divided by spaces, of every volume."""
    return catalogue.query("SELECT case_id, words FROM hints WHERE field = ? ORDER BY case_id", (PLANES,))


def files(catalogue: Catalogue) -> dict[str, list[str]]:
    """The tokens of the files that each case was made of."""
    tokens_of: dict[str, list[str]] = {}
    for case_id, token in catalogue.query("SELECT case_id, token FROM case_files"):
        tokens_of.setdefault(case_id, []).append(token)
    return tokens_of


def files_of_cases(catalogue: Catalogue, tokens: Iterable[str]) -> list[tuple[Any, ...]]:
    """Case and token of all files of the cases that one of these files has a part in."""
    names = {row[0] for row in chosen(catalogue, "SELECT case_id FROM case_files WHERE token", tokens)}
    return chosen(catalogue, "SELECT case_id, token FROM case_files WHERE case_id", names)


def without_files(catalogue: Catalogue) -> set[str]:
    """The cases one of whose files the catalogue doesn't know."""
    rows = catalogue.query(
        "SELECT DISTINCT case_id FROM case_files WHERE token NOT IN (SELECT token FROM files)"
    )
    return {row[0] for row in rows}
