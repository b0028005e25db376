"""`scanloom list`: what there is of each axis, as its registry has it, with keys and their defaults."""

from __future__ import annotations

import importlib
import inspect
import json
from collections.abc import Callable, Iterator
from typing import Final

from pydantic import BaseModel

from pipeline.config.ingest import KEYS_OF_FORMATS
from pipeline.ingest.formats.registry import FORMATS
from pipeline.ingest.reasons import REASONS
from pipeline.models import ARCHITECTURES
from pipeline.normalize.steps import STEPS
from pipeline.records import Summary
from pipeline.tasks.registry import TASKS

DICOM: Final = "DICOM files, also in zip, tar, tar.gz and gz, whatever they are called."


def run(axis: str) -> Summary:
    """Lines on every entry of an axis (a key of `AXES`), by name; a key without a default is marked `!`."""
    return Summary(tuple(AXES[axis]()), changed=False)


def _steps() -> Iterator[str]:
    for name in sorted(STEPS):
        yield from _with_keys(name, _sentence(STEPS[name]), STEPS[name].Parameters)


def _models() -> Iterator[str]:
    for name in sorted(ARCHITECTURES):
        module = importlib.import_module(ARCHITECTURES[name])
        yield from _with_keys(name, _sentence(module), module.Parameters)


def _tasks() -> Iterator[str]:
    for name in sorted(TASKS):
        yield _line(name, _sentence(importlib.import_module(TASKS[name])))


def _formats() -> Iterator[str]:
    yield _line("dicom", DICOM)
    for name in sorted(FORMATS):
        yield from _with_keys(name, _sentence(importlib.import_module(FORMATS[name])), KEYS_OF_FORMATS[name])


def _reasons() -> Iterator[str]:
    for name, reason in sorted(REASONS.items()):
        yield _line(name, f"{reason.state}: {reason.sentence}")


AXES: Final[dict[str, Callable[[], Iterator[str]]]] = {
    "formats": _formats,
    "models": _models,
    "reasons": _reasons,
    "steps": _steps,
    "tasks": _tasks,
}
"""What can be listed."""


def _with_keys(name: str, sentence: str, parameters: type[BaseModel]) -> Iterator[str]:
    yield _line(name, sentence)
    for key, field in parameters.model_fields.items():
        default = "!" if field.is_required() else json.dumps(field.get_default(), default=str)
        yield f"    {key}: {default}"


def _line(name: str, sentence: str) -> str:
    return f"{name:<24} {sentence}"


def _sentence(module: object) -> str:
    """The first paragraph of the module's docstring, in one line."""
    return " ".join(inspect.cleandoc(module.__doc__ or "").partition("\n\n")[0].split())
