"""Only the first ingest makes a key: every other command asks for the one that is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import phantom
from pipeline.cli import main
from pipeline.pseudonyms import default_key_path

CONFIG = "configs/study.yaml"
STUDY = """\
ingest: {raw: data/raw/study, modalities: [CT]}
cohort: {labels: data/raw/study/labels.csv, target: finding, positive: nodule}
normalize: [{resize: {shape: [16, 16]}}]
report: {title: A study}
"""


@pytest.fixture
def ingested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose scans were read under a key of its own."""
    project = tmp_path / "project"
    (project / "configs").mkdir(parents=True)
    (project / CONFIG).write_text(STUDY)
    phantom.write(project / "data/raw/study", seed=1, patients=40, later=False, volumes=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(project)
    assert main(["ingest", CONFIG]) == 0
    assert main(["cohort", CONFIG]) == 0
    return project


def test_a_key_that_is_gone_is_asked_for_and_never_made_anew(
    ingested: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = default_key_path("study")
    secret = path.read_bytes()
    path.unlink()
    for command in (["ingest"], ["cohort"], ["files"], ["forget", "nobody"]):
        capsys.readouterr()
        assert main([command[0], CONFIG, *command[1:]]) == 2, command
        assert f"The key {path} is " in capsys.readouterr().err
        assert not path.exists()
    path.write_bytes(secret)
    path.chmod(0o600)
    assert main(["cohort", CONFIG]) == 0
