import json
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


def damaged(path: Path, how: str) -> str:
    """Damages the ledger of three lines at its end; gives what is told of it."""
    lines = path.read_bytes().splitlines(keepends=True)
    if how == "deleted":
        path.unlink()
        return "looks.jsonl is not there or empty, and heads.json says that it had 3"
    if how == "emptied":
        path.write_bytes(b"")
        return "looks.jsonl is not there or empty, and heads.json says that it had 3"
    if how == "last line changed":
        path.write_bytes(b"".join([*lines[:-1], lines[-1].replace(b'"n":3', b'"n":4')]))
        return "looks.jsonl, line 3: not the line that heads.json knows"
    if how == "last line cut in two":
        path.write_bytes(b"".join(lines)[:-20])
        return "looks.jsonl has 2 lines, and heads.json says that it had 3"
    path.write_bytes(b"".join(lines[: -int(how)]))
    return f"looks.jsonl has {3 - int(how)} lines, and heads.json says that it had 3"


@pytest.mark.parametrize("how", ["1", "2", "deleted", "emptied", "last line changed", "last line cut in two"])
def test_an_end_that_is_gone_is_found_by_reader_and_writer_also_of_a_ledger_beside(
    path: Path, how: str
) -> None:
    ledger.append(path, *({"n": n} for n in range(1, 4)))
    sentence = damaged(path, how)
    beside = path.with_name("parts.jsonl")
    for act in (
        lambda: ledger.read(path),
        lambda: ledger.append(path, {"n": 9}),
        lambda: ledger.append(beside, {"n": 9}),
    ):
        with pytest.raises(DamageError, match=sentence):
            act()
    assert not beside.exists()


def test_what_an_earlier_version_wrote_has_no_heads_and_gets_them_with_the_next_line(path: Path) -> None:
    ledger.append(path, {"n": 1})
    heads = path.with_name("heads.json")
    heads.unlink()
    assert len(ledger.read(path)) == 1
    ledger.append(path.with_name("parts.jsonl"), {"n": 1})
    assert set(json.loads(heads.read_text())["ledgers"]) == {"looks", "parts"}


def test_damaged_heads_are_told_with_what_to_do_and_that_ends_well(path: Path) -> None:
    ledger.append(path, {"n": 1})
    heads = path.with_name("heads.json")
    for text in ("", "{", "[]", '{"ledgers": {"looks": 3}}', '{"ledgers": null}'):
        heads.write_text(text)
        with pytest.raises(DamageError, match=r"heads\.json is damaged.*remove it"):
            ledger.read(path)
    heads.unlink()
    ledger.append(path, {"n": 2})
    assert len(ledger.read(path)) == 2


def test_heads_that_a_kill_left_behind_catch_up_with_the_next_run(path: Path) -> None:
    ledger.append(path, {"n": 1})
    killed = subprocess.run(
        [sys.executable, "-c", APPEND, str(path)], env={**os.environ, "SCANLOOM_CRASH_AT": "write:heads.json"}
    )
    assert killed.returncode == -9
    assert [record["n"] for record in ledger.read(path)] == [1, 2]
    ledger.catch_up(path.parent)
    assert json.loads(path.with_name("heads.json").read_text())["ledgers"]["looks"]["lines"] == 2
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    with pytest.raises(DamageError, match=r"looks\.jsonl has 1 lines, and heads.json says that it had 2"):
        ledger.read(path)


def test_where_no_ledger_has_a_line_there_are_no_heads(tmp_path: Path) -> None:
    ledger.catch_up(tmp_path)
    assert list(tmp_path.iterdir()) == []
