import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import ledger
from pipeline.errors import DamageError

APPEND = "import sys; from pathlib import Path; from pipeline import ledger; ledger.append(Path(sys.argv[1]), {'n': 2})"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger" / "looks.jsonl"


def test_an_absent_ledger_is_empty(path: Path) -> None:
    assert ledger.read(path) == []


def test_records_come_back_in_order_each_chained_to_the_one_before(path: Path) -> None:
    ledger.append(path, {"n": 1})
    ledger.append(path, {"n": 2}, {"n": 3})
    records = ledger.read(path)
    assert [record["n"] for record in records] == [1, 2, 3]
    assert records[0]["previous"] == ""
    assert len({record["previous"] for record in records}) == 3


@pytest.mark.parametrize("tamper", ["change", "remove", "swap"])
def test_a_changed_removed_or_moved_line_is_found(path: Path, tamper: str) -> None:
    ledger.append(path, *({"n": n} for n in range(1, 5)))
    lines = path.read_text().splitlines(keepends=True)
    if tamper == "change":
        lines[1] = lines[1].replace('"n":2', '"n":9')
    elif tamper == "remove":
        del lines[1]
    else:
        lines[1], lines[2] = lines[2], lines[1]
    path.write_text("".join(lines))
    with pytest.raises(DamageError, match=r"looks.jsonl, line [23]"):
        ledger.append(path, {"n": 5})


def test_a_half_written_last_line_never_counted(path: Path) -> None:
    ledger.append(path, {"n": 1})
    with path.open("a") as stream:
        stream.write('{"n": 2, "crea')
    assert [record["n"] for record in ledger.read(path)] == [1]
    ledger.append(path, {"n": 3})
    assert [record["n"] for record in ledger.read(path)] == [1, 3]


@pytest.mark.parametrize(("point", "count"), [("write:looks.jsonl", 1), ("written:looks.jsonl", 2)])
def test_a_kill_leaves_the_ledger_before_or_after(path: Path, point: str, count: int) -> None:
    ledger.append(path, {"n": 1})
    killed = subprocess.run(
        [sys.executable, "-c", APPEND, str(path)], env={**os.environ, "SCANLOOM_CRASH_AT": point}
    )
    assert killed.returncode == -9
    assert len(ledger.read(path)) == count
