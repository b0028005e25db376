"""Files of one JSON object, checked as they are read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipeline.contracts import shapes
from pipeline.contracts.damage import damaged


def read_object(path: Path, *needs: str) -> dict[str, Any]:
    """The JSON object in the file, which has the keys that the reader `needs`.

    Keys that the contract knows have the types that it names, needed or not.

    Raises DamageError.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise damaged(path, "it is not there") from None
    if not data.strip():
        raise damaged(path, "it is empty")
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError
        raise damaged(path, "it is no JSON, or was cut off") from None
    if not isinstance(value, dict):
        raise damaged(path, "it holds no JSON object")
    if absent := [key for key in needs if key not in value]:
        raise damaged(path, f"it has no '{absent[0]}'")
    try:
        shapes.of(path).model_validate_json(data, strict=True)
    except ValidationError as error:
        raise damaged(path, _found(error)) from None
    return value


def _found(error: ValidationError) -> str:
    """What is wrong first, by the place in the file and without its value."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(step) for step in first["loc"])
    if first["type"] == "missing":
        return f"it has no '{place}'"
    return f"'{place}' is not what it should be ({first['type'].replace('_', ' ')})"
