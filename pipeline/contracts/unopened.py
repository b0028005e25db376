"""What a file keeps of a task's own records: handed on as it is, and opened by the task alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

from pydantic import PlainValidator, TypeAdapter, ValidationError, ValidationInfo

from pipeline.contracts.damage import Remedy, damaged, from_backup
from pipeline.errors import DamageError

R = TypeVar("R")


@dataclass(frozen=True)
class Place:
    """Where something was read: the file, the key in it, and what to do when it is damaged."""

    path: Path
    key: str
    remedy: Remedy

    def damaged(self, problem: str) -> DamageError:
        """The error that says `problem` of what stands under the key."""
        return damaged(self.path, f"in '{self.key}', {problem}", self.remedy)


NOWHERE: Final = Place(Path(), "", from_backup)


@dataclass(frozen=True)
class Unopened:
    """A JSON object of a task; `place` is where it was read, `NOWHERE` of one that was just made."""

    content: Mapping[str, Any]
    place: Place = field(default=NOWHERE, compare=False, repr=False)

    def opened(self, record: type[R]) -> R:
        """The task's record. Raises DamageError when the object isn't one."""
        try:
            of_task: R = TypeAdapter(record).validate_json(json.dumps(self.content), strict=True)
        except ValidationError as error:
            raise self.place.damaged(problem(error, self.content)) from None
        return of_task


def problem(error: ValidationError, value: object) -> str:
    """What is wrong first, by the place in the JSON `value` and without what stands there."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    steps: list[str] = []
    entry: Any = value
    for step in first["loc"]:  # names of types stand among the steps, too
        try:
            entry = entry[step]
        except (IndexError, KeyError, TypeError):
            continue
        steps.append(str(step))
    if first["type"] in ("missing", "missing_argument"):
        return f"it has no '{'.'.join([*steps, str(first['loc'][-1])])}'"
    return f"'{'.'.join(steps)}' is not what it should be ({first['type'].replace('_', ' ')})"


def _held(value: Any, info: ValidationInfo) -> Unopened:
    if isinstance(value, Unopened):
        return value
    if not isinstance(value, dict):
        raise ValueError("expected an object")
    path, remedy = (info.context or {}).get("file", (Path(), from_backup))
    return Unopened(value, Place(path, info.field_name or "", remedy))


OfTask = Annotated[Unopened, PlainValidator(_held)]
"""The type of a field that holds such an object."""
