"""Printed commands do what they say when they are typed: by real shell, and make where our Makefile is."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import arguments, printed
from pipeline.arrow import STAGES

PROJECT = Path(__file__).parent.parent
ODD = 'it\'s $HOME # of "A & B"'
CALLED = """#!/bin/sh
for word in "$@"; do printf '[%s]' "$word"; done; echo
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a space in its name, whose `.venv/bin/scanloom` says how it was called."""
    here = tmp_path / "a study"
    (here / ".venv/bin").mkdir(parents=True)
    (here / "configs").mkdir()
    script = here / ".venv/bin/scanloom"
    script.write_text(CALLED)
    script.chmod(0o755)
    monkeypatch.chdir(here)
    monkeypatch.setattr(sys, "executable", str(here / ".venv/bin/python"))
    return here


@pytest.fixture
def our_makefile(folder: Path) -> Path:
    """The same with our Makefile, whose environment is ready."""
    shutil.copy2(PROJECT / "Makefile", folder)
    (folder / "requirements.lock").touch()
    (folder / ".venv/cpu.ready").touch()
    return folder


def typed(command: str) -> str:
    """What the command prints in the working folder when it is typed at a shell, not below a running make."""
    alone = {
        name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")
    }
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=600, env=alone)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_generation_is_chosen_by_what_is_typed_after_make_alone(our_makefile: Path) -> None:
    (our_makefile / "configs/study.yaml").touch()
    for target, called in (
        ("prune", "[prune][configs/study.yaml]"),
        ("report", "[where][configs/study.yaml]"),
    ):
        said = typed(f"GEN=3 make {target} CONFIG=configs/study.yaml").splitlines()
        assert said[-1] == called
        named = typed(f"make {target} CONFIG=configs/study.yaml GEN=3").splitlines()
        assert named == [f"{called}[--generation][3]"]


@pytest.mark.parametrize("config", ["configs/study.yaml", "more configs/o'study.yaml", "a$b/study.yaml"])
@pytest.mark.parametrize("with_makefile", [True, False])
def test_a_printed_command_reaches_the_program_word_for_word(
    request: pytest.FixtureRequest, config: str, with_makefile: bool
) -> None:
    request.getfixturevalue("our_makefile" if with_makefile else "folder")
    with printed.about(Path(config)):
        promoted = printed.make("promote", {"APPROVER": "Ada O'Neil", "OVERRIDE": ODD})
        forgotten = printed.make("forget", {"ID": ODD})
        shown = printed.scanloom("files", "--state", "failed")
    assert typed(promoted) == f"[promote][{config}][--approver][Ada O'Neil][--override][{ODD}]\n"
    assert typed(forgotten).replace("[--]", "") == f"[forget][{config}][{ODD}]\n"
    assert typed(shown) == f"[files][{config}][--state][failed]\n"


@pytest.mark.parametrize("with_makefile", [True, False])
def test_a_table_is_named_without_a_configuration(
    request: pytest.FixtureRequest, with_makefile: bool
) -> None:
    request.getfixturevalue("our_makefile" if with_makefile else "folder")
    command = printed.make("score", {"TABLE": "it's $mine.csv", "OUT": "a page"})
    assert command.startswith("make score " if with_makefile else ".venv/bin/scanloom score ")
    assert typed(command).replace("[--]", "") in (
        "[score][it's $mine.csv][--out][a page]\n",
        "[score][--out][a page][it's $mine.csv]\n",
    )


def test_with_our_makefile_commands_are_targets_with_their_config(our_makefile: Path) -> None:
    with printed.about(Path("configs/study.yaml")):
        assert printed.make("report") == "make report CONFIG=configs/study.yaml"
        assert printed.make("retrain") == "make retrain CONFIG=configs/study.yaml"
    assert printed.make("doctor") == "make doctor"
    assert printed.setup("dask") == "make setup DASK=1"


def test_another_makefile_is_not_taken_for_ours(folder: Path) -> None:
    (folder / "Makefile").write_text("report:\n\techo something else\n")
    with printed.about(Path("configs/study.yaml")):
        assert printed.make("verify") == ".venv/bin/scanloom verify configs/study.yaml"


def test_without_the_makefile_a_stage_is_all_stages_up_to_it(folder: Path) -> None:
    with printed.about(Path("configs/my study.yaml")):
        command = printed.make("normalize")
    wanted = [f"[{name}][configs/my study.yaml]" for name in ("ingest", "cohort", "normalize")]
    assert typed(command).splitlines() == wanted


def test_without_the_makefile_retraining_ends_with_the_verdict(folder: Path) -> None:
    with printed.about(Path("configs/study.yaml")):
        command = printed.make("retrain")
    assert typed(command).splitlines() == [f"[{name}][configs/study.yaml]" for name in (*STAGES, "verdict")]


def test_a_loop_of_stages_ends_at_the_first_that_fails(folder: Path) -> None:
    (folder / ".venv/bin/scanloom").write_text('#!/bin/sh\necho "$1"\ntest "$1" != cohort\n')
    with printed.about(Path("configs/study.yaml")):
        assert typed(printed.make("report")).splitlines() == ["ingest", "cohort"]


def test_a_config_elsewhere_is_whole_at_the_terminal_and_its_name_alone_on_a_page(
    our_makefile: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere/study.yaml"
    with printed.about(elsewhere):
        assert printed.make("report") == f"make report CONFIG={elsewhere}"
        assert printed.make("report", place=printed.page()) == "make report CONFIG=study.yaml"


def test_a_config_by_its_absolute_path_in_the_working_folder_is_shown_from_there(our_makefile: Path) -> None:
    with printed.about(our_makefile / "configs/study.yaml"):
        assert printed.make("report") == "make report CONFIG=configs/study.yaml"


def test_a_page_never_tells_where_the_program_lies(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.move(folder / ".venv", tmp_path / "an environment")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "an environment/bin/python"))
    with printed.about(Path("configs/study.yaml")):
        assert typed(printed.scanloom("verify")) == "[verify][configs/study.yaml]\n"
        assert printed.scanloom("verify", place=printed.page()) == "scanloom verify configs/study.yaml"


def test_a_program_on_the_path_is_called_by_its_name(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.move(folder / ".venv", tmp_path / "environment")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "environment/bin/python"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'environment/bin'}:{os.environ['PATH']}")
    with printed.about(Path("configs/study.yaml")):
        assert printed.scanloom("verify") == "scanloom verify configs/study.yaml"


def test_child_processes_print_the_same_command(our_makefile: Path) -> None:
    code = "from pipeline import printed; print(printed.make('clean'))"
    with printed.about(Path("configs/study.yaml")):
        child = subprocess.run(
            [shutil.which("python3") or "python3", "-c", code],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(PROJECT)},
        )
    assert child.stdout == "make clean CONFIG=configs/study.yaml\n", child.stderr


@pytest.mark.parametrize(
    "text",
    ["", "  ", "name", "NAME", "Name", "…", "...", "?", "your name", "YOUR NAME", "<name>", "'your name'",
     "your_name", "my-name", "the approver", "approver's name", "your name here", "why", "reason", "your reason"],
)  # fmt: skip
def test_what_stands_in_place_of_a_name_or_reason_is_known(text: str) -> None:
    assert printed.is_placeholder(text)


@pytest.mark.parametrize(
    "text", ["Ada Example", "Dr Name", "A. N. Other", "王芳", "the new scanner", "Whyte"]
)
def test_names_and_reasons_are_none(text: str) -> None:
    assert not printed.is_placeholder(text)


def test_what_printed_commands_show_in_place_of_names_and_reasons_is_known() -> None:
    assert printed.is_placeholder(printed.YOUR_NAME)
    assert printed.is_placeholder(printed.WHY)


def words_of(path: Path) -> list[str]:
    """What the file may show: a module's text without docstrings and comments, a template without its code."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return [re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", "", text, flags=re.DOTALL)]
    tree = ast.parse(text)
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in alone]
    return [node.value for node in constants if isinstance(node.value, str)]


TARGETS = re.findall(r"^\.PHONY: (.+)", (PROJECT / "Makefile").read_text(), re.MULTILINE)
KNOWN = "|".join({*" ".join(TARGETS).split(), *arguments.commands()})
COMMAND = re.compile(rf"\b(?:make|scanloom) (?:{KNOWN})\b|\b[A-Z_]+=(?:name|reason|folder|file)\b")
"""A literal command: our program or make before a word that it knows."""


SHOWN = sorted(path for path in (PROJECT / "pipeline").rglob("*") if path.suffix in {".py", ".html", ".md"})
KEPT_AS_IT_IS = {"pseudonyms.py": {"scanloom phantom"}}  # the mark by which invented patients are known


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_no_text_of_ours_holds_a_literal_command(path: Path) -> None:
    found = {command for text in words_of(path) for command in COMMAND.findall(text)}
    assert found <= KEPT_AS_IT_IS.get(path.name, set())
