"""docs/SETTINGS.md against the models of the YAML: each key once, with its true default, and no key that isn't."""

from __future__ import annotations

import importlib
import re
import typing
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined
from small_project import PROJECT

from pipeline.config import Config
from pipeline.config.base import Section
from pipeline.models import ARCHITECTURES
from pipeline.normalize.steps import STEPS
from pipeline.tasks.registry import TASKS, task_of

ROW = re.compile(r"\| (?P<keys>`[^|]+`) \| (?P<default>[^|]*?) ?\| (?P<said>[^|]*?) ?\|")
MARKS = re.compile(
    r"In the last column, (?P<letters>[^:]+) mark keys that only\s+some tasks have: (?P<tasks>[^.]+)\."
)
OF_NO_KEY = {"min_max", "z_score"}
"""Steps without a key, which the page names by themselves."""


def rows() -> Iterator[tuple[str, str, str]]:
    """Each documented key with its default and what is said of it."""
    for line in (PROJECT / "docs/SETTINGS.md").read_text(encoding="utf-8").splitlines():
        row = ROW.fullmatch(line)
        for key in re.findall(r"`([^`]+)`", row["keys"]) if row else ():
            yield key, row["default"] if row else "", row["said"] if row else ""


def keys_of(model: type[BaseModel], above: str, given: object = None) -> Iterator[tuple[str, str]]:
    """The keys of a section and of those in it, each with its default as the page writes it."""
    for name, field in model.model_fields.items():
        value = getattr(given, name) if given is not None else field.get_default(call_default_factory=True)
        yield f"{above}{name}", written(PydanticUndefined if field.is_required() and given is None else value)
        inner = value if isinstance(value, Section) else None
        for section in sections_in(field.annotation):
            yield from keys_of(section, f"{above}{name}.", inner)


def sections_in(annotation: Any) -> Iterator[type[Section]]:
    """The sections that a field's type is made of."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    for part in typing.get_args(annotation):
        yield from sections_in(part)


def written(value: object) -> str:
    """A default as the page has it.

    >>> written(1 / 3), written(("CT", "MR")), written(None), written(False)
    ('0.333', '[CT, MR]', 'none', 'false')
    """
    if value is PydanticUndefined:
        return "needed"
    if isinstance(value, Section):
        return "section"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "none"}[value]
    if isinstance(value, int | float):
        return f"{value:.3g}" if isinstance(value, float) else str(value)
    if isinstance(value, tuple):
        return f"[{', '.join(map(written, value))}]"
    return '""' if value == "" else str(value)


def keys() -> dict[str, str]:
    """Every key that a YAML may have, with its default."""
    found = dict(keys_of(Config, ""))
    inner = {name for name, field in Config.model_fields.items() if [*sections_in(field.annotation)]}
    found = {key: default for key, default in found.items() if key not in {"name", *inner}}
    for name, step in STEPS.items():
        found |= dict(keys_of(step.Parameters, f"{name}."))
    for name, module in ARCHITECTURES.items():
        found |= dict(keys_of(importlib.import_module(module).Parameters, f"{name}."))
    return found


def test_each_key_is_documented_once_with_its_default_and_nothing_else_is() -> None:
    documented = [(key, default) for key, default, _ in rows() if key not in OF_NO_KEY]
    assert len(documented) == len(set(documented))
    there, said = set(keys().items()), set(documented)
    assert there == said, f"rows that docs/SETTINGS.md lacks: {there - said}; that no key has: {said - there}"


def test_each_step_of_the_recipe_is_documented() -> None:
    named = {key.partition(".")[0] for key, _, _ in rows()}
    assert set(STEPS) <= named


def marks() -> dict[str, str]:
    """The letter of each task, as the page explains them."""
    page = (PROJECT / "docs/SETTINGS.md").read_text(encoding="utf-8")
    told = MARKS.search(page)
    assert told
    return dict(zip(told["tasks"].split(", "), re.findall(r"\*\*(\w)\*\*", told["letters"]), strict=True))


def test_the_page_has_a_mark_of_every_task() -> None:
    assert sorted(marks()) == sorted(TASKS)


def test_the_marks_say_which_tasks_have_a_key() -> None:
    mark = marks()
    of_some = {".".join(key) for name in TASKS for key in task_of(name).target.KEYS}
    marked = {key: set(re.findall(r"\*\*([A-Z ]+)\*\*$", said)[-1:]) for key, _, said in rows()}
    for key in sorted(of_some):
        section, _, name = key.partition(".")
        tasks = [mark[task] for task in TASKS if (section, name) in task_of(task).target.KEYS]
        assert marked[key] == {" ".join(sorted(tasks))}, key
