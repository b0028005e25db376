"""Pseudonyms belong to their key: another key shares nothing, the same key gives the same store."""

import random
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from arrow import CONFIG, new_study, run
from canary import Canary, plant, plant_trouble
from small_project import contents

ONE, OTHER = b"one key of thirty-two bytes, yes", b"another key of thirty-two bytes!"
STEPS = [["ingest", CONFIG], ["cohort", CONFIG]]
STORES = ("one", "again", "other")
KEYED = {
    "files": ("token", "digest", "series_id", "sop_id"),
    "identifiers": ("pseudonym", "token"),
    "cases": ("case_id", "patient_id", "study_id", "series_id", "pixel_digest", "shard"),
    "case_files": ("case_id", "token"),
}


@dataclass(frozen=True)
class Store:
    """A project whose scans were read under one key."""

    project: Path

    def rows(self, table: str, columns: str) -> list[tuple[object, ...]]:
        connection = sqlite3.connect(self.project / "data/study/catalogue.sqlite")
        found = connection.execute(f"SELECT {columns} FROM {table} ORDER BY {columns}").fetchall()
        connection.close()
        return found

    def keyed_words(self) -> Iterator[str]:
        for table, columns in KEYED.items():
            for row in self.rows(table, ", ".join(columns)):
                yield from (str(word) for word in row if word)


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Store]:
    """The same scans read under one key, under it again in another place, and under another key."""
    base = tmp_path_factory.mktemp("keys")
    projects = {}
    for name, key in zip(STORES, (ONE, ONE, OTHER), strict=True):
        project = new_study(base / name / "project", key=key)
        canary = Canary(random.Random(7))
        plant(project / "data/raw/study", canary, patients=range(16))
        plant_trouble(project / "data/raw/study", canary)
        steps = STEPS if key == ONE else STEPS[:1]  # nothing is asked of the other cohort
        assert run(project, steps).codes == [0] * len(steps)
        projects[name] = Store(project)
    return projects


def test_two_keys_share_no_pseudonym_token_or_digest(stores: dict[str, Store]) -> None:
    one, other = set(stores["one"].keyed_words()), set(stores["other"].keyed_words())
    assert len(one) == len(other) > 100
    assert one & other == set()


def test_no_date_of_the_scans_is_stored_under_any_key(stores: dict[str, Store]) -> None:
    (columns,) = [tuple(row[1] for row in stores["one"].rows("pragma_table_info('cases')", "cid, name"))]
    assert not [name for name in columns if "date" in str(name) or "time" in str(name)]
    attributes = str(stores["one"].rows("cases", "attributes"))
    assert "patient_age" in attributes
    assert "date" not in attributes


def test_the_same_key_gives_the_same_store(stores: dict[str, Store]) -> None:
    one, again = stores["one"], stores["again"]
    for table in (*KEYED, "meta"):
        columns = ", ".join(
            str(row[1])
            for row in one.rows(f"pragma_table_info('{table}')", "cid, name")
            if row[1] != "mtime_ns"  # of the copies, not of what is in them
        )
        assert one.rows(table, columns) == again.rows(table, columns)
    for folder in ("data/study/cases", "reports/study/candidate"):
        assert contents(one.project / folder) == contents(again.project / folder)


def test_another_key_is_refused_with_both_ids(stores: dict[str, Store]) -> None:
    ids = [
        next(str(value) for key, value in stores[name].rows("meta", "key, value") if key == "key_id")
        for name in ("one", "other")
    ]
    project = stores["one"].project
    config = project / CONFIG
    text = config.read_text()
    config.write_text(text.replace("one/project.key", "other/project.key"))
    said = run(project, [*STEPS, ["forget", CONFIG, "anybody"]])
    config.write_text(text)
    assert said.codes == [2, 2, 2]
    for line in said.stderr.decode().splitlines():
        assert ids[0] in line
        assert ids[1] in line
