"""A wrong word on the command line is told in one sentence with the nearest name, and ends with 2."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pipeline
from pipeline.arguments import commands
from pipeline.cli import main

WRONG = {
    "": "No command was given.",
    "ingset configs/study.yaml": "There is no command 'ingset' (did you mean 'ingest'?).",
    "ingest": "ingest` needs CONFIG (the analysis' YAML, such as configs/demo.yaml).",
    "ingest one.yaml two.yaml": "ingest` knows no further word 'two.yaml'.",
    "export one.yaml": "export` needs FOLDER.",
    "files one.yaml --state": "files`: argument --state: expected one argument.",
    "files one.yaml --state fialed": "files --state` knows no 'fialed' (did you mean 'failed'?).",
    "promote one.yaml --aprover Ada": "promote` knows no option '--aprover' (did you mean '--approver'?).",
    "phantom out --seed one": "phantom --seed` takes a whole number, found 'one'.",
}


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_word_is_told_in_one_sentence_with_the_nearest_name(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(line.split()) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert WRONG[line] in printed.err
    assert printed.err.count("\n") == 1
    assert "--help` shows what there is." in printed.err


def test_the_version_is_told_with_that_of_python(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert re.fullmatch(rf"scanloom {pipeline.__version__} \(Python 3\.\d+\.\d+\)\n", capsys.readouterr().out)


@pytest.fixture
def configs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of configurations of an empty project, which is the working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs").mkdir()
    return tmp_path / "configs"


CONFIGURED = [name for name in commands() if name not in {"score", "doctor", "list", "phantom"}]
MORE = {"predict": ["scans"], "export": ["out"], "forget": ["ID"], "case": ["ID"]}


@pytest.mark.parametrize("command", CONFIGURED)
@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("absent.yaml", None, "There is no configuration configs/absent.yaml"),
        ("folder.yaml", "a folder", "can't be read: Is a directory"),
        ("my study.yaml", b"", "'my study.yaml' can't name an analysis"),
        ("empty.yaml", b"", "expected sections such as 'ingest:' and 'cohort:', found nothing"),
        ("binary.yaml", bytes(range(256)), "not UTF-8 text"),
        ("zeros.yaml", bytes(64), "configs/zeros.yaml: not valid YAML"),
        ("word.yaml", b"demo\n", "found a str"),
        ("list.yaml", b"- ingest\n", "found a "),
        ("deep.yaml", b"[" * 500, "configs/deep.yaml"),
        ("twice.yaml", b"ingest: {}\ningest: {}\n", "configs/twice.yaml:2"),
        ("tag.yaml", b"ingest: !!python/object:os.system {}\n", "configs/tag.yaml"),
        ("endless.yaml", b"ingest: &a {raw: *a}\n", "configs/endless.yaml"),
        ("two.yaml", b"ingest: {}\n---\ncohort: {}\n", "configs/two.yaml"),
    ],
)
def test_no_configuration_ends_in_a_fault(
    command: str,
    name: str,
    content: bytes | str | None,
    words: str,
    configs: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if isinstance(content, bytes):
        (configs / name).write_bytes(content)
    elif content:
        (configs / name).mkdir()
    code = main([command, f"configs/{name}", *MORE.get(command, [])])
    printed = capsys.readouterr().err
    if command != "where":  # needs the name alone
        assert code == 2, printed
        assert words in printed


def test_a_configuration_that_is_not_there_is_told_with_the_nearest_one_that_is(
    configs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (configs / "study.yaml").touch()
    assert main(["verify", "configs/studdy.yaml"]) == 2
    assert "(did you mean 'configs/study.yaml'?)" in capsys.readouterr().err
