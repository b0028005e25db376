"""The pointer to the champion, and the line of champions behind it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pipeline
from pipeline import ledger
from pipeline.champion.pointer import current, finish_move, line_of_champions, record_move
from pipeline.errors import DamageError


def move(action, generation):
    return {
        "action": action,
        "generation": generation,
        "model": f"model {generation}",
        "approver": "Ada",
        "reason": "because",
        "verdict": "PROMOTE",
    }


def test_before_the_first_promotion_there_is_no_champion(workspace):
    assert current(workspace) is None
    assert finish_move(workspace) == []
    assert not (workspace.reports / "champion.json").exists()


def test_a_move_is_written_down_and_made(workspace):
    (workspace.generations / "0001").mkdir(parents=True)
    record_move(workspace, move("promote", "0001"))
    champion = current(workspace)
    assert (champion.generation, champion.model_sha256) == ("0001", "model 0001")
    assert (champion.approver, champion.reason) == ("Ada", "because")
    assert champion.folder == workspace.generations / "0001"
    assert champion.created == ledger.read(workspace.ledger("promotions"))[0]["created"]


def test_a_move_that_was_only_written_down_is_finished(workspace):
    for name in ("0001", "0002"):
        (workspace.generations / name).mkdir(parents=True)
    record_move(workspace, move("promote", "0001"))
    ledger.append(workspace.ledger("promotions"), move("promote", "0002"))
    assert current(workspace).generation == "0001"
    finish_move(workspace)
    assert current(workspace).generation == "0002"


def test_a_pointer_that_cannot_be_read_is_damage(workspace):
    workspace.reports.mkdir(parents=True)
    (workspace.reports / "champion.json").write_text('{"generation": "0001"')
    with pytest.raises(DamageError, match=r"champion\.json is damaged"):
        current(workspace)


def test_a_pointer_at_a_generation_that_is_gone_is_damage(workspace):
    (workspace.generations / "0001").mkdir(parents=True)
    record_move(workspace, move("promote", "0001"))
    (workspace.generations / "0001").rmdir()
    with pytest.raises(DamageError, match="generation 0001, which is not in"):
        current(workspace)


def test_a_rollback_takes_the_champion_it_leaves_out_of_the_line():
    moves = [
        move("promote", "0001"),
        move("promote", "0002"),
        move("rollback", "0001"),
        move("promote", "0003"),
    ]
    assert [line_of_champions(moves[:count]) for count in range(5)] == [
        [],
        ["0001"],
        ["0001", "0002"],
        ["0001"],
        ["0001", "0003"],
    ]


def test_a_promotion_written_down_twice_counts_once():
    moves = [move("promote", "0001"), move("promote", "0002"), move("promote", "0002")]
    assert line_of_champions(moves) == ["0001", "0002"]


@settings(max_examples=50)
@given(st.lists(st.booleans(), max_size=12))
def test_the_line_ends_with_the_present_champion_and_each_rollback_goes_one_step(choices):
    moves, stack = [], []
    for number, up in enumerate(choices, start=1):
        if up or len(stack) < 2:
            stack.append(f"{number:04d}")
            moves.append(move("promote", stack[-1]))
        else:
            stack.pop()
            moves.append(move("rollback", stack[-1]))
        assert line_of_champions(moves) == stack


def test_no_other_file_of_the_product_writes_the_pointer():
    root = Path(pipeline.__file__).parent
    knows = "contracts.pointer", "contracts import pointer", "champion.json"
    sources = {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*.py")}
    readers = {name for name, text in sources.items() if any(word in text for word in knows)}
    assert readers >= {"champion/pointer.py", "champion/memory.py"}
    writes = re.compile(r"pointer\.FILE\.(write|path\(.*\)\.(write|open|unlink))")
    assert [name for name in sorted(readers) if writes.search(sources[name])] == ["champion/pointer.py"]


def test_the_pointer_holds_what_the_contract_names(workspace):
    (workspace.generations / "0001").mkdir(parents=True)
    record_move(workspace, move("promote", "0001"))
    assert sorted(json.loads((workspace.reports / "champion.json").read_text())) == [
        "approver",
        "created",
        "generation",
        "ledgers",
        "model_sha256",
        "reason",
        "schema",
    ]
