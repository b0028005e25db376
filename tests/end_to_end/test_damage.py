"""Every hand-over file, cut off: no command calls it a fault of ours, and whoever needs it says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.cli import main

pytestmark = [pytest.mark.xdist_group("faults"), pytest.mark.slow]

CONFIG = "configs/small.yaml"
REPORTS = "reports/small"
FROZEN = (
    "comparison.json",
    "metrics.json",
    "cohort.csv",
    "cohort.json",
    "predictions.csv",
    "model.json",
    "rule.json",
)
FILES = (
    f"{REPORTS}/champion.json",
    f"{REPORTS}/ledger/heads.json",
    *(f"{REPORTS}/{folder}/{name}" for folder in ("candidate", "generations/0001") for name in FROZEN),
    f"{REPORTS}/candidate/drift.json",
    f"{REPORTS}/candidate/operating.json",
    "data/small/normalize.json",
    "data/small/stages/train.json",
)
ANYWHERE = {"report": (), "verdict": (), "generations": (), "promote": ("--approver", "Ada")}


@pytest.fixture
def project(with_champion: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project with a champion, as the working folder."""
    monkeypatch.chdir(with_champion)
    return with_champion


def test_a_file_that_was_cut_off_is_told_by_its_name_and_is_nobodys_fault(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in FILES:
        path = project / name
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        assert main(["verify", CONFIG]) == 7, name
        assert path.name in capsys.readouterr().err, name
        for command, more in ANYWHERE.items():
            code = main([command, CONFIG, *more])
            said = capsys.readouterr().err
            assert code in (0, 7), (name, command, said)
            assert (code == 7) == (path.name in said), (name, command, said)
        path.write_bytes(whole)


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
