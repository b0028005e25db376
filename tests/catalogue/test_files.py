"""What is asked of the catalogue by name, and that nobody else speaks its language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pipeline
from pipeline.catalogue import Catalogue, FileRow, cases, files, identifiers

ROOT = Path(pipeline.__file__).parent
KNOWN = (
    FileRow("a", 1, 1, "d1", "accepted", "ok", image=True, series_id="s1", sop_id="i1", notes=("m1", "m2"),
            identifiers=(("patient", "p1"), ("owner", "o1"))),
    FileRow("b", 2, 2, "d2", "excluded", "duplicate_identical", image=True, series_id="s1", sop_id="i1",
            identifiers=(("owner", "o1"),)),
    FileRow("c", 3, 3, "d3", "failed", "decode_error", "why", image=True, archive="z"),
)  # fmt: skip


@pytest.fixture
def catalogue(tmp_path: Path):
    with Catalogue(tmp_path / "catalogue.sqlite") as opened:
        with opened.transaction():
            opened.put_files(KNOWN)
        yield opened


def test_files_are_told_by_state_image_archive_and_what_they_share(catalogue: Catalogue) -> None:
    assert sorted(files.tokens(catalogue)) == ["a", "b", "c"]
    assert files.counted(catalogue) == [
        ("accepted", "ok", 1), ("excluded", "duplicate_identical", 1), ("failed", "decode_error", 1),
    ]  # fmt: skip
    assert files.images_counted(catalogue) == (3, 1)
    assert files.not_accepted(catalogue) == [("b", "duplicate_identical", ""), ("c", "decode_error", "why")]
    assert files.unusable(catalogue) == [("c", "decode_error", "why")]
    assert files.images(catalogue) == {"a": "i1", "b": "i1"}
    assert files.archives(catalogue, ["a", "c"]) == {"", "z"}
    assert sorted(files.digests(catalogue, ["a", "c"])) == [("a", "d1", "ok"), ("c", "d3", "decode_error")]
    assert {row[0] for row in files.sharing(catalogue, series=["s1"], images=[])} == {"a", "b"}
    assert files.notes_counted(catalogue) == [("m1 m2", 1)]


def test_more_tokens_than_one_statement_takes_are_all_looked_up(catalogue: Catalogue) -> None:
    tokens = [f"token-{number}" for number in range(1200)] + ["a", "c"]
    assert {row[0] for row in files.identities(catalogue, tokens)} == {"a", "c"}


def test_identifiers_are_counted_by_kind(catalogue: Catalogue) -> None:
    assert identifiers.counted(catalogue, "owner") == (2, 1)
    assert identifiers.accepted_without(catalogue, "owner") == 0
    assert identifiers.accepted_without(catalogue, "study") == 1
    assert {row[0] for row in identifiers.of_images_of(catalogue, "owner")} == {"a", "b"}


def test_without_a_case_nothing_is_counted(catalogue: Catalogue) -> None:
    assert cases.counted(catalogue) == (0, 0)
    assert cases.studies_counted(catalogue) == (0, 0)
    assert cases.series_counted(catalogue) == 0
    assert cases.files(catalogue) == {}
    assert cases.without_files(catalogue) == set()
    assert cases.files_of_cases(catalogue, ["a"]) == []


def test_sql_stands_in_the_catalogue_alone() -> None:
    sql = re.compile(r"\b(SELECT|INSERT|DELETE FROM|PRAGMA|UPDATE \w+ SET)\b")
    found = {
        path.relative_to(ROOT).parts[0] for path in ROOT.rglob("*.py") if sql.search(path.read_text("utf-8"))
    }
    assert found == {"catalogue", "schema.py"}
