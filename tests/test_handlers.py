from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.cli import main


def test_where_names_the_report_once_there_is_one_and_before_what_writes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["where", "configs/study.yaml"]) == 0
    assert capsys.readouterr().out == "No report yet: `make report` writes it.\n"
    report = tmp_path / "reports/study/candidate/report.html"
    report.parent.mkdir(parents=True)
    report.touch()
    assert main(["where", "configs/study.yaml"]) == 0
    assert capsys.readouterr().out == "Report: reports/study/candidate/report.html\n"
