"""What the documentation tells people to type, against the Makefile and the command line; and its links."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_project import PROJECT

from pipeline import errors
from pipeline.arguments import commands, parse
from pipeline.errors import ScanloomError

PAGES = ("README.md", "CONTRIBUTING.md", "docs/GUIDE.md", "docs/SETTINGS.md", "docs/BENCHMARKS.md")
ARROW_WORDS = {"CONFIG", "PYTHON", "ACCEPT_DRIFT", "REDRAW"}
"""What every target takes that runs the arrow or sets up the environment."""
VERDICTS = {5, 6}
"""Exit codes that stand for a verdict, by no error."""


def text(page: str) -> str:
    return (PROJECT / page).read_text(encoding="utf-8")


def typed(page: str) -> Iterator[str]:
    """Everything that is shown as to be typed: inline code, which may run over a line's end, and prompts."""
    whole = text(page)
    yield from re.findall(r"^\$ (.+?)(?:  +#.*)?$", whole, re.MULTILINE)
    prose = re.sub(r"^```.*?^```", "", whole, flags=re.MULTILINE | re.DOTALL)
    yield from (" ".join(code.split()) for code in re.findall(r"`([^`]+)`", prose))


def blocks() -> dict[str, str]:
    """The lines of the Makefile about each target of its help, with their words."""
    lines, found = text("Makefile").splitlines(), dict[str, str]()
    names: list[str] = []
    for line in lines:
        if told := re.match(r"## ([a-z0-9-]+)", line):
            names = [*names, told[1]] if names and not found.get(names[-1], "").count("\n") > 1 else [told[1]]
        for name in names:
            found[name] = f"{found.get(name, '')}{line}\n"
    return found


BLOCKS = blocks()


@pytest.mark.parametrize("page", PAGES)
def test_each_make_command_has_a_target_and_words_that_it_takes(page: str) -> None:
    for command in typed(page):
        if not command.startswith("make "):
            continue
        _, target, *words = shlex.split(command.replace(" … ", " "))
        assert target in BLOCKS, command
        for word in words:
            name = word.partition("=")[0]
            assert name in ARROW_WORDS or re.search(rf"\b{name}\b", BLOCKS[target]), command


@pytest.mark.parametrize("page", PAGES)
def test_each_scanloom_command_is_one(page: str) -> None:
    for command in typed(page):
        program, *words = command.split(" ")
        if program == "scanloom" and words and not words[0].startswith("-"):
            assert words[0] in commands(), command
        if program == ".venv/bin/scanloom" and words and words[0] != "COMMAND":
            parse(shlex.split(command)[1:])


def test_each_target_is_named_in_the_documentation() -> None:
    said = " ".join(command for page in PAGES for command in typed(page))
    assert [name for name in BLOCKS if name != "help" and not re.search(rf"make {name}(?![\w-])", said)] == []


def test_the_guide_lists_the_exit_code_of_each_kind_of_error() -> None:
    table = text("docs/GUIDE.md").partition("| exit code of")[2].partition("\n\n")[0]
    told = {
        int(code) for row in re.findall(r"^\| ([\d, ]+) \|", table, re.MULTILINE) for code in row.split(",")
    }
    kinds = {
        kind.exit_code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, ScanloomError)
    }
    assert told - VERDICTS - {0, 130, 143} == kinds


@pytest.mark.parametrize("page", PAGES)
def test_each_link_leads_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text(page)):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        there = (PROJECT / page).parent / path if path else PROJECT / page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


@pytest.mark.parametrize("page", PAGES)
def test_each_file_of_the_project_that_is_named_is_there(page: str) -> None:
    named = re.findall(r"`((?:pipeline|tests|configs|docs|bench)/[\w/.-]+)`", text(page))
    real = [path for path in named if not re.search("NAME|NNNN|STAGE|study-", path)]
    assert [path for path in real if not (PROJECT / path).exists()] == []


def test_the_guide_begins_with_a_list_of_all_its_sections() -> None:
    guide = text("docs/GUIDE.md")
    listed = re.findall(r"\[([^\]]+)\]\(#[^)]+\)", guide.partition("\n## ")[0])
    assert sorted(listed) == sorted(re.findall(r"^## (.+)$", guide, re.MULTILINE))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
