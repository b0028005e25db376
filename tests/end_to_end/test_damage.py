"""Every hand-over file, cut off or of a later version: nobody calls it our fault, and whoever needs it says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.contracts import handovers, stamp
from pipeline.contracts.objects import ObjectFile

pytestmark = pytest.mark.slow

CONFIG = "configs/small.yaml"
REPORTS = "reports/small"
FOLDERS = {"reports/small/candidate", "reports/small/generations/0001"}
ELSEWHERE = {
    "champion.json": REPORTS,
    "control_networks.json": "data/small",
    "digests.json": "reports/small/generations/0001",
    "ingest.json": "data/small",
    "normalize.json": "data/small",
    "refused.json": "data/small/normalized",
}
"""Where the hand-overs lie that are no part of a candidate; a stage's stamp is tried by itself."""


ANYWHERE = {"report": (), "verdict": (), "generations": (), "promote": ("--approver", "Ada")}
"""Commands that only read, or that stop before they write where nothing can be promoted."""
READING = {
    **ANYWHERE,
    "verify": (),
    "compare": (),
    "drift": (),
    "cohort": (),
    "normalize": (),
    "export": ("out",),
    "rollback": ("--approver", "Ada", "--reason", "a trial"),
}
"""Beside them, what reads most of a candidate, of a generation and of the data."""


@pytest.fixture
def project(with_champion: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project with a champion, as the working folder."""
    monkeypatch.chdir(with_champion)
    return with_champion


def places(handover: handovers.Handover) -> set[str]:
    """The folders in which the hand-over lies in the project."""
    return {ELSEWHERE[handover.name]} if handover.name in ELSEWHERE else FOLDERS


def damages(whole: bytes, handover: handovers.Handover | None) -> Iterator[bytes]:
    """The file cut off and, where it names its form, as a later version would write it."""
    yield whole[: len(whole) // 2]
    if isinstance(handover, ObjectFile) and handover.schema:
        yield json.dumps({**json.loads(whole), "schema": f"{handover.schema.kind}/99"}).encode()


def tried() -> Iterator[tuple[Path, handovers.Handover | None]]:
    """Every hand-over that the project has, by its contract; and the ledgers' heads, which have none."""
    for each in (*handovers.CANDIDATE, *handovers.ELSEWHERE, stamp.of("train")):
        found = {"data/small/stages"} if each.name == "train.json" else places(each)
        yield from ((Path(folder, each.name), each) for folder in sorted(found))
    yield Path(REPORTS, "ledger/heads.json"), None


def wrongly_told(
    path: Path, usual: dict[str, int], capsys: pytest.CaptureFixture[str]
) -> list[tuple[str, int, str]]:
    """The commands that end otherwise than they usually do, or with 7 and the name of the file."""
    wrong = []
    for command, more in READING.items():
        code = main([command, CONFIG, *more])
        said = capsys.readouterr().err
        if code not in (usual[command], 7) or (code == 7) != (path.name in said):
            wrong.append((command, code, said))
    return wrong


def test_a_file_that_was_cut_off_or_is_of_a_later_version_is_told_by_its_name_and_is_nobodys_fault(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    usual = {command: main([command, CONFIG, *more]) for command, more in READING.items()}
    capsys.readouterr()
    missed = []
    for name, handover in tried():
        path = project / name
        whole = path.read_bytes() if path.is_file() else b""
        for data in damages(whole, handover) if whole else ():
            path.write_bytes(data)
            missed += [(str(name), data[-20:], *outcome) for outcome in wrongly_told(path, usual, capsys)]
        if whole:
            path.write_bytes(whole)
    assert missed == []


def test_a_verdict_and_a_champion_that_were_cut_off_stop_who_reads_them(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, commands in (
        ("candidate/comparison.json", ("verdict", "promote")),
        ("champion.json", ("cohort", "drift")),
    ):
        path = project / REPORTS / name
        whole = path.read_bytes()
        path.write_bytes(whole[:-20])
        for command in commands:
            assert main([command, CONFIG, *ANYWHERE.get(command, ())]) == 7
            assert f"{path.name} is damaged: it is no JSON, or was cut off." in capsys.readouterr().err
        path.write_bytes(whole)
