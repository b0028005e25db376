import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.catalogue import Catalogue, FileRow
from pipeline.errors import DamageError, UsageError
from pipeline.records import Case, Geometry, Stored

STORED = Stored("shard-00000.npy", 64, 8, "<i2", (2, 2), 99)
CASE = Case(
    case_id="c1",
    patient_id="p1",
    study_id="s1",
    series_id="e1",
    modality="CT",
    value_unit="HU",
    channels=1,
    geometry=Geometry(
        (0.7, 0.8), "nominal", ((1.0, 0, 0, 0), (0, 1.0, 0, 0), (0, 0, 1.0, 0), (0, 0, 0, 1.0))
    ),
    stored=STORED,
    pixel_digest="pd",
    attributes={"kvp": 120.0, "manufacturer": "SIEMENS"},
    notes=("monochrome1", "lossy"),
)
FILE = FileRow("t1", 10, 20, "d", "accepted", "ok", identifiers=(("sop", "x"), ("path", "y")))


@pytest.fixture
def catalogue(tmp_path: Path):
    with Catalogue(tmp_path / "catalogue.sqlite") as opened:
        yield opened


def test_a_case_comes_back_as_it_was(catalogue: Catalogue) -> None:
    with catalogue.transaction():
        catalogue.put_cases([(CASE, ["t1"])])
    assert catalogue.cases() == [CASE]


def test_a_failed_transaction_leaves_nothing(catalogue: Catalogue) -> None:
    with pytest.raises(RuntimeError), catalogue.transaction():
        catalogue.put_cases([(CASE, ["t1"])])
        raise RuntimeError
    assert catalogue.cases() == []


def test_forgetting_a_file_forgets_its_identifiers(catalogue: Catalogue) -> None:
    with catalogue.transaction():
        catalogue.put_files([FILE])
    assert len(catalogue.query("SELECT * FROM identifiers")) == 2
    with catalogue.transaction():
        catalogue.delete_files(["t1"])
    for table in ("files", "identifiers"):
        assert catalogue.query(f"SELECT * FROM {table}") == []


@pytest.mark.parametrize(
    "change", [{"pixel_digest": "other"}, {"value_unit": "arbitrary"}, {"geometry": Geometry((0.7, 0.9))}]
)
def test_arrays_of_a_changed_scan_are_no_longer_offered(catalogue: Catalogue, change: dict) -> None:
    with catalogue.transaction():
        catalogue.put_cases([(CASE, ["t1"])])
        catalogue.put_arrays("r", [(CASE, STORED)])
    assert catalogue.arrays("r") == {"c1": STORED}
    with catalogue.transaction():
        catalogue.put_cases([(CASE, ["t2"])])
    assert catalogue.arrays("r") == {"c1": STORED}
    with catalogue.transaction():
        catalogue.put_cases([(replace(CASE, **change), ["t1"])])
    assert catalogue.arrays("r") == {}


def test_a_catalogue_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(UsageError, match="newer version of Scanloom"):
        Catalogue(path)


def test_a_damaged_catalogue_says_how_to_rebuild_it(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    with pytest.raises(DamageError, match="made again from the scans"):
        Catalogue(path)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE cases SET value_unit = 'BQML'",
        "UPDATE cases SET attributes = replace(attributes, '120', '121')",
        "UPDATE cases SET crc32 = crc32 + 1",
        "UPDATE identifiers SET pseudonym = 'z' WHERE kind = 'sop'",
        "DELETE FROM case_files",
    ],
)
def test_a_row_that_is_not_what_was_put_there_is_found(catalogue: Catalogue, damage: str) -> None:
    with catalogue.transaction():
        catalogue.put_files([FILE])
        catalogue.put_cases([(CASE, ["t1"]), (replace(CASE, case_id="c2"), [])])
    assert catalogue.damaged_cases() == []
    with catalogue.transaction():
        catalogue._connection.execute(damage + (" WHERE case_id = 'c1'" if "cases" in damage else ""))
    assert catalogue.damaged_cases() == ["c1"]


def test_a_catalogue_of_the_version_before_is_brought_up_to_this_one(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    with Catalogue(path) as catalogue, catalogue.transaction():
        catalogue.put_cases([(CASE, [])])
    connection = sqlite3.connect(path)
    connection.executescript(
        "ALTER TABLE cases DROP COLUMN row_digest; ALTER TABLE cases DROP COLUMN names_digest;"
        "ALTER TABLE files DROP COLUMN archive; ALTER TABLE files DROP COLUMN members;"
        "DROP TABLE likenesses; DROP TABLE hints; DROP TABLE masks;"
        "ALTER TABLE cases ADD COLUMN perceptual_digest TEXT NOT NULL DEFAULT '';"
        "PRAGMA user_version = 1;"
    )
    connection.close()
    with Catalogue(path) as opened:
        assert opened.cases() == [CASE]
        assert opened.damaged_cases() == ["c1"]  # until ingest reads it again


def test_what_lies_on_a_read_only_disk_can_be_read(tmp_path: Path) -> None:
    with Catalogue(tmp_path / "catalogue.sqlite") as catalogue, catalogue.transaction():
        catalogue.put_cases([(CASE, [])])
    read = (
        "import sys; from pathlib import Path; from pipeline.catalogue import Catalogue\n"
        "with Catalogue(Path(sys.argv[1])) as opened: print(len(opened.cases()))"
    )
    mounted = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" || exit 99; exec "$2" -c "$3" "$1/$4"'
    command = [
        "unshare",
        "-m",
        "sh",
        "-c",
        mounted,
        "sh",
        str(tmp_path),
        sys.executable,
        read,
        "catalogue.sqlite",
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parent.parent)
    if done.returncode == 99 or "unshare" in done.stderr:
        pytest.skip("needs leave to mount")
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")
