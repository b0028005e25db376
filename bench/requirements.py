"""The register of requirements as a table for an auditor: requirement, test, result of the last run.

`python -m bench.requirements` reads `docs/requirements.yaml` and what the `make` targets of tests left
in `.pytest_cache`, and prints Markdown. A test that was not run says so; of its examples the worst counts.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from ruamel.yaml import YAML

ROOT: Final = Path(__file__).parent.parent
REGISTER: Final = ROOT / "docs/requirements.yaml"
RUNS: Final = tuple(f".pytest_cache/{run}.xml" for run in ("tests", "slow", "exhaustive"))
"""Where `make test`, `make test-slow` and `make test-exhaustive` leave the result of each test."""
_WORST_FIRST: Final = ("failed", "passed", "skipped")
"""A test of which some examples were skipped passed on the others."""


@dataclass(frozen=True)
class Requirement:
    """A row of the register; `open` is the reason why no test proves it, else empty."""

    group: str
    id: str
    says: str
    by: tuple[str, ...]
    open: str


def register(path: Path = REGISTER) -> list[Requirement]:
    """The rows in their order."""
    groups = YAML(typ="safe").load(path)
    return [
        Requirement(group, name, row["says"], tuple(row.get("by", ())), row.get("open", ""))
        for group, rows in groups.items()
        for name, row in rows.items()
    ]


def faults(rows: Iterable[Requirement], tests: Path) -> Iterator[str]:
    """What is wrong with the register: tests that there are not, rows with neither a test nor a reason."""
    known: dict[str, set[str]] = {}
    seen: set[str] = set()
    for row in rows:
        if row.id in seen:
            yield f"{row.id}: there are two of it"
        seen.add(row.id)
        if bool(row.by) == bool(row.open):
            yield f"{row.id}: name the tests, or say why there is none"
        for test in row.by:
            file, _, name = test.partition("::")
            if name not in known.setdefault(file, _tests_in(tests / file)):
                yield f"{row.id}: there is no test {test}"


def results(runs: Iterable[Path]) -> dict[str, str]:
    """The result of each test by its file below tests/ and its name, from files of JUnit's form."""
    found: dict[str, set[str]] = {}
    for path in runs:
        cases = ElementTree.parse(path).iter("testcase") if path.is_file() else ()
        for case in cases:
            file = case.attrib["classname"].replace(".", "/").removeprefix("tests/")
            test = f"{file}.py::{case.attrib['name'].partition('[')[0]}"
            found.setdefault(test, set()).add(_result(case))
    return {test: next(word for word in _WORST_FIRST if word in words) for test, words in found.items()}


def table(rows: Iterable[Requirement], results: Mapping[str, str]) -> str:
    """The register in Markdown, a table a group."""
    lines, group = ["# Requirements and the tests that prove them"], ""
    for row in rows:
        if row.group != group:
            group = row.group
            lines += ["", f"## {group}", "", "| id | requirement | test | result |", "|---|---|---|---|"]
        proofs = [(f"`tests/{test}`", results.get(test, "not run")) for test in row.by] or [
            (row.open, "no test")
        ]
        named, said = ("<br>".join(words) for words in zip(*proofs, strict=True))
        lines.append(f"| {row.id} | {row.says} | {named} | {said} |")
    return "\n".join(lines) + "\n"


def _tests_in(path: Path) -> set[str]:
    if not path.is_file():
        return set()
    nodes = ast.parse(path.read_text(encoding="utf-8")).body
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef)}


def _result(case: ElementTree.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "skipped" if case.find("skipped") is not None else "passed"


if __name__ == "__main__":
    print(table(register(), results(ROOT / run for run in RUNS)), end="")
