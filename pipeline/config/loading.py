"""From the YAML of an analysis to its typed sections; every error names file, line and nearest key."""

from __future__ import annotations

import json
import re
import typing
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from pipeline.config import text
from pipeline.config.base import Section
from pipeline.config.sections import Config
from pipeline.errors import ConfigError, UsageError, nearest

_BRANCHES = frozenset({"bool", "JoinColumn"})
_NAME = re.compile(r"(?!raw$)[A-Za-z0-9][A-Za-z0-9._-]*")


def load(path: Path) -> Config:
    """The configuration in the YAML file `path`.

    Raises UsageError when there is no such file or its name can't name an analysis, ConfigError
    (file, line, nearest key) when it isn't valid.
    """
    if not _NAME.fullmatch(path.stem):
        raise UsageError(
            f"'{path.name}' can't name an analysis: use letters, digits, '-', '_' and '.', not 'raw'. "
            "Rename the file; its name becomes a folder in data/ and reports/."
        )
    values, lines = text.read(path)
    if "name" in values:
        where = text.place(path, lines, ("name",))
        raise ConfigError(f"{where}: 'name' is not a key: the file's name is the analysis' name.")
    try:
        config = Config.model_validate_json(json.dumps(values | {"name": path.stem}), strict=True)
    except ValidationError as error:
        raise _told(path, lines, error) from None
    config._path, config._lines = path, lines
    return config


def own_keys(
    config: Config, keys: text.KeyPath, model: type[BaseModel], given: Mapping[str, Any]
) -> BaseModel:
    """The keys that an entry of a registry brings to the section at `keys`, checked by its own model.

    Raises ConfigError (file, line, nearest key of the section or the entry) when they aren't valid.
    """
    try:
        return model.model_validate_json(json.dumps(given, default=str), strict=True)
    except ValidationError as error:
        known = {*_known_keys(keys), *model.model_fields}
        raise _told(config._path, config._lines, error, section=keys, known=known) from None


def dump(config: Config) -> str:
    """The resolved configuration as YAML, defaults filled in."""
    return text.written(config.model_dump(mode="json", exclude={"name"}))


def dump_without_places(config: Config) -> str:
    """As `dump`, for copies that are kept and passed on: without the names of files and folders."""
    return text.written(config.told(lambda _: "(not kept)"))


def _told(
    path: Path,
    lines: text.Lines,
    error: ValidationError,
    *,
    section: text.KeyPath = (),
    known: Iterable[str] | None = None,
) -> ConfigError:
    """All violations, one a line, in the order of the file.

    The error may be of one section's own keys, of which `known` are the names.
    """
    sentences: dict[tuple[str, str], str] = {}
    for item in error.errors():
        keys = section + tuple(key for key in item["loc"] if _is_key(key))
        place = text.place(path, lines, keys)
        sentences.setdefault(
            (place, item["type"]), f"{place}: {_sentence(keys, item, known or _known_keys(keys[:-1]))}"
        )
    ordered = sorted(
        sentences.items(),
        key=lambda pair: int(pair[0][0].rpartition(":")[2] or 0) if ":" in pair[0][0] else 0,
    )
    return ConfigError("\n".join(text for _, text in ordered))


def _is_key(key: str | int) -> bool:
    """Whether part of pydantic's location is a key of ours, not the name of a union's branch."""
    branch = isinstance(key, str) and (
        key in _BRANCHES or key.startswith(("literal[", "tuple[", "function-"))
    )
    return not branch


def _sentence(keys: text.KeyPath, item: Any, known: Iterable[str]) -> str:
    name = ".".join(str(key) for key in keys)
    if item["type"] == "extra_forbidden":
        return f"unknown key '{keys[-1]}' ({nearest(str(keys[-1]), known)})."
    if item["type"] == "missing":
        return f"'{name}' is missing."
    if item["type"] == "said":  # what was found is in the message, or not to be shown
        return f"'{name}': {item['msg']}."
    message = item["msg"].removeprefix("Value error, ").replace("Input should be", "expected")
    message = message.replace("a valid array", "a list").replace("an object", "keys with their values")
    if item["type"] == "too_short":
        message = "expected one at least"
    found = json.dumps(item["input"], ensure_ascii=False)
    return f"'{name}': {message}, found {found if len(found) <= 60 else found[:57] + '...'}."


def _known_keys(keys: text.KeyPath) -> list[str]:
    model: type[Section] = Config
    for key in keys:
        field = None if isinstance(key, int) else model.model_fields.get(key)
        if not isinstance(key, int):
            model = next(_sections_in(field.annotation), Section) if field else Section
    return sorted(set(model.model_fields) - {"name"})


def _sections_in(annotation: Any) -> Iterator[type[Section]]:
    """The sections that a field's type is made of."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    for part in typing.get_args(annotation):
        yield from _sections_in(part)
