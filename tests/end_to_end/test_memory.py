"""Ledgers that lost their end, or are gone, are found by every command that could be wrong without them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from small_project import a_patient

from pipeline.cli import main

pytestmark = pytest.mark.slow

CONFIG = "configs/small.yaml"
REPORTS = "reports/small"
LEDGERS = ("parts", "looks", "promotions")
COMMANDS = {
    "verify": (),
    "cohort": (),
    "normalize": (),
    "drift": (),
    "train": (),
    "evaluate": (),
    "compare": (),
    "report": (),
    "promote": ("--approver", "Ada"),
    "rollback": ("--approver", "Ada", "--reason", "a test"),
}


@pytest.fixture
def project(with_champion: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project with a champion, as the working folder."""
    monkeypatch.chdir(with_champion)
    return with_champion


def cut(ledger: Path) -> None:
    ledger.write_bytes(b"".join(ledger.read_bytes().splitlines(keepends=True)[:-1]))


def refused(command: str, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    """What is said by the command, which finds damage."""
    code = main([command, CONFIG, *more])
    said = capsys.readouterr()
    assert code == 7, (command, said.out, said.err)
    return said.err


@pytest.mark.parametrize("damage", ["cut", "deleted"])
@pytest.mark.parametrize("name", LEDGERS)
def test_a_ledger_without_its_end_stops_every_command(
    project: Path, name: str, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = project / REPORTS / f"ledger/{name}.jsonl"
    cut(ledger) if damage == "cut" else ledger.unlink()
    kept = {path: path.read_bytes() for path in (project / REPORTS).rglob("*") if path.is_file()}
    for command, more in {**COMMANDS, "forget": (a_patient(project),)}.items():
        said = refused(command, capsys, *more)
        assert f"ledger/{name}.jsonl" in said and "Put back the ledger as it was" in said, command
    assert {path: path.read_bytes() for path in (project / REPORTS).rglob("*") if path.is_file()} == kept


@pytest.mark.parametrize("knows", ["champion.json", "candidate/comparison.json", "the last run of a stage"])
def test_ledgers_that_went_with_their_heads_are_missed_by_what_follows_from_them(
    project: Path, knows: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(project / REPORTS / "ledger")
    others = {
        "champion.json": project / REPORTS / "champion.json",
        "candidate/comparison.json": project / REPORTS / "candidate/comparison.json",
        "the last run of a stage": project / "data/small/catalogue.sqlite",
    }
    for name, path in others.items():
        if name != knows:
            path.unlink()
    if knows != "candidate/comparison.json":
        shutil.rmtree(project / REPORTS / "generations")
    said = refused("verify", capsys)
    assert knows in said and "ledger/parts.jsonl is not there or empty" in said
    assert knows in refused("promote", capsys, "--approver", "Ada")


def test_a_pointer_that_is_gone_is_missed_and_comes_back_from_the_ledger(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pointer = project / REPORTS / "champion.json"
    whole = pointer.read_bytes()
    pointer.unlink()
    for command in ("verify", "drift", "evaluate", "compare", "generations"):
        said = refused(command, capsys)
        assert "champion.json is not there, and ledger/promotions.jsonl names generation 0001" in said
    assert "champion.json is not there" in refused("predict", capsys, "data/raw/small/north")
    assert main(["ingest", CONFIG]) == 0
    assert "it is written again from ledger/promotions.jsonl" in capsys.readouterr().out
    assert pointer.read_bytes() == whole
    assert main(["verify", CONFIG]) == 0


def test_a_pointer_at_another_generation_than_the_ledgers_is_damage(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(project / REPORTS / "generations/0001", project / REPORTS / "generations/0002")
    pointer = project / REPORTS / "champion.json"
    pointer.write_text(pointer.read_text().replace('"0001"', '"0002"'))
    assert "names generation 0002" in refused("verify", capsys)
    assert "names generation 0002" in refused("drift", capsys)
