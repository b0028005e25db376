"""Sizes that keep a file one idea and a function one verb, and dead code: `make check` runs it.

`python -m bench.house` lists every file and function that is too long or too deep, and what nothing uses, and
ends with 1 if there is any.
Lines of a function are counted without its decorators and docstring, nesting by blocks (an `elif` is none
of its own, a comprehension neither). Parameters are ruff's.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from vulture import Vulture
from vulture.config import make_config

FUNCTION: Final = 50
DEPTH: Final = 3
"""A choice: what one screen shows, and what a reader keeps in mind at once."""
FILE: Final = {"pipeline": 400, "bench": 400, "tests": 300}
"""The most lines of a file, by the folder it lies in."""
SUPPORT: Final = 400
"""The most lines of a file of `tests/support`: tables of what is invented take many."""
ROOT: Final = Path(__file__).parent.parent
_BLOCKS: Final = (ast.For, ast.If, ast.Match, ast.Try, ast.While, ast.With)
_SCOPES: Final = (ast.AsyncFunctionDef, ast.ClassDef, ast.FunctionDef, ast.Lambda)


def faults(root: Path = ROOT) -> Iterator[str]:
    """What is longer or deeper than it may be, as one line each."""
    for folder, limit in FILE.items():
        for path in sorted((root / folder).rglob("*.py")):
            place = path.relative_to(root)
            most = SUPPORT if place.is_relative_to("tests/support") else limit
            yield from (f"{place}:{fault}" for fault in _of_file(path.read_text(encoding="utf-8"), most=most))


def dead() -> Iterator[str]:
    """What vulture finds by pyproject.toml, but for fields of contracts, which go into a file as a whole."""
    settings = make_config(["--config", str(ROOT / "pyproject.toml")])
    names, decorators = settings["ignore_names"], settings["ignore_decorators"]
    search = Vulture(ignore_names=names, ignore_decorators=decorators)
    search.scavenge([ROOT / path for path in settings["paths"]])
    for item in search.get_unused_code(min_confidence=settings["min_confidence"]):
        place = item.filename.relative_to(ROOT)
        if item.typ != "variable" or not place.is_relative_to("pipeline/contracts"):
            yield item.get_report()


def _of_file(text: str, *, most: int) -> Iterator[str]:
    lines = text.count("\n")
    if lines > most:
        yield f" {lines} lines, at most {most}: part it by subject"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from (f"{node.lineno}: {node.name} {fault}" for fault in _of_function(node))


def _of_function(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    lines = _lines(function)
    if ast.get_docstring(function, clean=False) is not None:
        lines -= _lines(function.body[0])
    if lines > FUNCTION:
        yield f"has {lines} lines, at most {FUNCTION}: part it by what it does"
    if (depth := _depth(function)) > DEPTH:
        yield f"is nested {depth} deep, at most {DEPTH}: give the inner block a name"


def _lines(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _depth(node: ast.AST) -> int:
    """How many blocks lie in one another inside a node, functions within it left out."""
    depths = [0]
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _SCOPES):
            continue
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]
        depths.append(_depth(child) + (isinstance(child, _BLOCKS) and not is_elif))
    return max(depths)


if __name__ == "__main__":
    reports = [*faults(), *dead()]
    print("\n".join(reports), file=sys.stderr, end="\n" if reports else "")
    sys.exit(1 if reports else 0)
