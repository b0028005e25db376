"""What is a task's stands in its folder: nothing outside knows how many classes there are, or which task."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import pipeline
from pipeline.errors import UsageError
from pipeline.tasks.registry import TASKS, task_of

ROOT = Path(pipeline.__file__).parent
ELSEWHERE = ("tasks", "phantom", "config", "statistics", "audit")
"""The tasks themselves, the invented patients, the YAML's own keys, pure functions on arrays, and the audit,
which may share nothing with the tasks."""
ASIDE = {"ingest/masks/segmentation.py": "its threshold is of a mask's fractions, not of an answer"}


def sources() -> list[Path]:
    found = sorted(path for path in ROOT.rglob("*.py") if path.relative_to(ROOT).parts[0] not in ELSEWHERE)
    return [path for path in found if path.relative_to(ROOT).as_posix() not in ASIDE]


def counts_classes(node: ast.expr) -> bool:
    """Whether an expression is a number of classes, as in `len(model.classes)`."""
    is_len = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len"
    return is_len and any("class" in name for name in names(node.args[0]))


def names(node: ast.AST) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            yield each.id
        elif isinstance(each, ast.Attribute):
            yield each.attr
        elif isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value


def last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def branches(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The comparisons that know what only a task may know, by line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(counts_classes(side) for side in sides):
                yield node.lineno, "compares a number of classes"
            asks_for_none = any(isinstance(side, ast.Constant) and side.value is None for side in sides)
            if asks_for_none and any(last_name(side) in ("positive", "threshold") for side in sides):
                yield node.lineno, "asks whether a class is looked for"
            if any(last_name(side) == "task" for side in sides):
                yield node.lineno, "compares the name of a task"
            if any(isinstance(side, ast.Constant) and side.value in TASKS for side in sides):
                yield node.lineno, "compares the name of a task"


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_outside_the_tasks_branches_on_a_task(path: Path) -> None:
    assert list(branches(ast.parse(path.read_text()))) == []


def test_the_test_sees_every_kind_of_branch() -> None:
    lines = [
        "if len(classes) == 2: pass",
        "x = 1 if len(model.classes) > 2 else 0",
        'if len(record["classes"]) < 2: pass',
        "if artifacts.positive is None: pass",
        "y = None if threshold is None else 1",
        'if config.task == "multilabel": pass',
        'if kind == "classification": pass',
    ]
    found = {line for line, _ in branches(ast.parse("\n".join(lines)))}
    assert found == set(range(1, len(lines) + 1))


def test_nothing_outside_the_tasks_imports_a_task_by_name() -> None:
    packages = tuple(TASKS.values())
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted(ROOT.rglob("*.py"))
        if path.relative_to(ROOT).parts[0] != "tasks"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith(packages)
    ]
    assert wrong == []


def test_an_unknown_task_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match=r"unknown task 'clasification'.*'classification'"):
        task_of("clasification")
