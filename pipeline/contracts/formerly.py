"""Files of the first schema, when classification was the only task and its keys stood among the others."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]
_OF_TASK = ("classes", "positive")


def with_question(value: Object) -> Object:
    """The object with what it says of the task under `question`."""
    return _under("question", _OF_TASK, value)


def with_choices(value: Object) -> Object:
    """The object with its question, and with what validation fixed under `choices`."""
    return _under("choices", ("temperature", "thresholds"), with_question(value))


def with_counts(value: Object) -> Object:
    """The cohort with its question; its notices were findings once, and its counts were of classes."""
    notices = value.get("notices", value.get("findings"))
    parts = [value["parts"], *value.get("eras", {}).values()]
    for counts in [counts for of_part in parts for counts in of_part.values()]:
        counts["counts"] = counts.pop("classes", {})
    return with_question(value) | {"notices": notices}


def _under(name: str, keys: tuple[str, ...], value: Object) -> Object:
    rest = {key: item for key, item in value.items() if key not in keys}
    return rest | {name: {key: value[key] for key in keys if key in value}}
