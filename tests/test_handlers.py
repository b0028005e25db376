from __future__ import annotations

import gc
import os
import signal
from pathlib import Path

import pytest

from pipeline import handlers
from pipeline.champion import seal
from pipeline.cli import main
from pipeline.writing import write_text

STUDY = """ingest: {raw: raw}
cohort: {labels: labels.csv, target: label}
normalize: [{z_score: {}}]
report: {title: A study}
"""


def test_where_names_the_report_once_there_is_one_and_before_what_writes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Makefile").write_text("# Scanloom")
    assert main(["where", "configs/study.yaml"]) == 0
    sentence = "No report yet: `make report CONFIG=configs/study.yaml` writes it.\n"
    assert capsys.readouterr().out == sentence
    report = tmp_path / "reports/study/candidate/report.html"
    report.parent.mkdir(parents=True)
    report.touch()
    assert main(["where", "configs/study.yaml"]) == 0
    assert capsys.readouterr().out == "Report: reports/study/candidate/report.html\n"


def test_where_names_no_report_of_a_generation_that_lost_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "reports/study/generations/0002"
    folder.mkdir(parents=True)
    (folder / "report.html").touch()
    for line in ("Report: reports/study/generations/0002/report.html", "Generation 0002 has no report: "):
        seal(folder)
        assert main(["where", "configs/study.yaml", "--generation", "2"]) == 0
        assert capsys.readouterr().out.startswith(line)
        (folder / "report.html").unlink(missing_ok=True)


def test_a_stopped_command_says_so_with_the_code_of_the_signal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(options: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(handlers, "where", stopped)
    before = signal.getsignal(signal.SIGTERM)
    assert main(["where", "configs/study.yaml"]) == 143
    assert capsys.readouterr().err == "Stopped. Nothing was lost: run the same command again.\n"
    assert signal.getsignal(signal.SIGTERM) is before


def test_generations_are_all_listed_where_one_seal_is_damaged_and_the_code_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_text(tmp_path / "configs/study.yaml", STUDY)
    for name in ("0001", "0002", "0003"):
        folder = tmp_path / "reports/study/generations" / name
        folder.mkdir(parents=True)
        (folder / "model.keras").write_bytes(b"model")
        seal(folder)
    (tmp_path / "reports/study/generations/0002/digests.json").write_text("{")
    assert main(["generations", "configs/study.yaml"]) == 7
    said = capsys.readouterr()
    lines = said.out.splitlines()[1:]
    assert [line.split()[0] for line in lines] == ["0001", "0002", "0003"]
    assert ["seal damaged" in line for line in lines] == [False, True, False]
    (sentence,) = said.err.splitlines()
    assert "generations/0002/digests.json is damaged" in sentence
    assert sentence.endswith("Put the folder generations/0002 back from your backup.")
    assert main(["prune", "configs/study.yaml", "--generation", "all"]) == 7
    assert (tmp_path / "reports/study/generations/0003/model.keras").is_file()


def test_memory_is_looked_after_again_once_scans_were_read(tmp_path: Path) -> None:
    assert main(["ingest", str(tmp_path / "none.yaml")]) == 2
    assert gc.isenabled()
