"""From the YAML of an analysis to its typed sections; every error names file, line and nearest key."""

from __future__ import annotations

import json
import re
import typing
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from pipeline.config import text
from pipeline.config.base import Section
from pipeline.config.sections import Config, Train
from pipeline.errors import ConfigError, UsageError, nearest

Model = TypeVar("Model", bound=BaseModel)
_NAME = re.compile(r"(?!raw$)[A-Za-z0-9][A-Za-z0-9._-]*")


NetworkKeys = Callable[[str], type[BaseModel] | None]
"""From the name of a network to the model of its own keys in `train`; None where there is no such network."""
Having = Callable[[str], Sequence[str]]
"""From a key to the names of the networks that have it."""


def load(
    path: Path, network_keys: NetworkKeys = lambda _: None, networks_having: Having = lambda _: ()
) -> Config:
    """The configuration in the YAML file `path`, with all keys of its network if `network_keys` knows it.

    Of a key that another network has, `networks_having` says which.

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
    values = {key: value for key, value in values.items() if value is not None or not _section(key)}
    wrong: list[_Violation] = []
    config = _checked(Config, values | {"name": path.stem}, (), wrong)
    model, network_values = _of_network(values, network_keys)
    parameters = _checked(model, network_values, ("train",), wrong) if model is not None else None
    wrong = [_of_another(one, networks_having) for one in wrong]
    if config is None or wrong:
        raise _error(path, lines, wrong)
    config = config.with_network(parameters.model_dump() if parameters else network_values)
    config._path, config._lines = path, lines
    if config.cohort.fold and config.ingest.key is None:
        raise config.refuse(
            ("cohort", "fold"),
            "the analyses of all folds must draw alike, which they do under one key alone. Name it in each "
            "of them, as in `ingest: {key: ~/.config/scanloom/keys/study.key}`.",
        )
    return config


def dump(config: Config) -> str:
    """The resolved configuration as YAML, defaults filled in."""
    return text.written(config.model_dump(mode="json", exclude={"name"}))


def dump_without_places(config: Config) -> str:
    """As `dump`, for copies that are kept and passed on: without the names of files and folders."""
    return text.written(config.plain_values(lambda _: "(not kept)"))


@dataclass(frozen=True)
class _Violation:
    """One of pydantic's items, the keys that lead to it, and what helps to mend the last of them."""

    keys: text.KeyPath
    item: Any
    hint: str


def _of_network(
    values: dict[str, Any], network_keys: NetworkKeys
) -> tuple[type[BaseModel] | None, dict[str, Any]]:
    """The model of the network's own keys, and those that are given."""
    train = values.get("train")
    train = train if isinstance(train, dict) else {}
    network_values = {key: value for key, value in train.items() if key not in Train.model_fields}
    return network_keys(str(train.get("model", Train.model_fields["model"].default))), network_values


def _checked(
    model: type[Model], values: dict[str, Any], section: text.KeyPath, wrong: list[_Violation]
) -> Model | None:
    """The values as `model`; None where they aren't valid, which is then added to `wrong`."""
    try:
        return model.model_validate_json(json.dumps(values), strict=True)
    except ValidationError as error:
        for item in error.errors():
            keys = section + _keys(item["loc"], values, lacks=item["type"] == "missing")
            hint = _hint(str(keys[-1]), _known_keys(keys[:-1]), model.model_fields if section else ())
            wrong.append(_Violation(keys, item, hint))
        return None


def _of_another(wrong: _Violation, networks_having: Having) -> _Violation:
    """The violation, whose hint names the networks that have the key, which are others than its own."""
    if wrong.item["type"] != "extra_forbidden" or wrong.keys[0] != "train":
        return wrong
    names = networks_having(str(wrong.keys[-1]))
    if not names:
        return wrong
    models = ", ".join(f"`model: {name}`" for name in names)
    return replace(wrong, hint=f"{wrong.hint}; a key of {models}")


def _hint(key: str, of_section: Iterable[str], of_entry: Iterable[str]) -> str:
    """The nearest key of the section and of the entry that brings keys to it, else those of the entry."""
    hint = nearest(key, {*of_section, *of_entry})
    return nearest(key, of_entry) if of_entry and not hint.startswith("did you mean") else hint


def _error(path: Path, lines: text.Lines, wrong: list[_Violation]) -> ConfigError:
    """All violations, one a line, in the order of the file."""
    sentences: dict[tuple[str, str], str] = {}
    for violation in wrong:
        place = text.place(path, lines, violation.keys)
        sentences.setdefault((place, violation.item["type"]), f"{place}: {_sentence(violation)}")
    ordered = sorted(
        sentences.items(),
        key=lambda pair: int(pair[0][0].rpartition(":")[2] or 0) if ":" in pair[0][0] else 0,
    )
    return ConfigError("\n".join(text for _, text in ordered))


def _keys(location: Sequence[str | int], values: Any, *, lacks: bool) -> text.KeyPath:
    """The keys of the YAML in pydantic's location, which also names the branches of unions.

    With `lacks` the last of them is a key that isn't there.
    """
    keys: list[str | int] = []
    for part in location[:-1] if lacks else location:
        if part in values if isinstance(values, dict) else isinstance(values, list) and isinstance(part, int):
            values = values[part]
            keys.append(part)
    return (*keys, location[-1]) if lacks else tuple(keys)


def _sentence(wrong: _Violation) -> str:
    keys, item = wrong.keys, wrong.item
    name = ".".join(str(key) for key in keys)
    if item["type"] == "extra_forbidden":
        return f"unknown key '{keys[-1]}' ({wrong.hint})."
    if item["type"] == "missing":
        return f"'{_first_needed(name)}' is missing."
    if item["type"] == "said":  # what was found is in the message, or not to be shown
        return f"'{name}': {item['msg']}."
    message = item["msg"].removeprefix("Value error, ").replace("Input should be", "expected")
    message = message.replace("a valid array", "a list").replace("an object", "keys with their values")
    if item["type"] == "too_short":
        message = "expected one at least"
    value = json.dumps(item["input"], ensure_ascii=False)
    found = value if len(value) <= 60 else value[:57] + "..."
    return f"'{name}': {message}, found {found}{text.with_a_point(item['input'])}."


def _first_needed(name: str) -> str:
    """The first key that a section can't do without, where a whole one is missing; else the key itself."""
    section = _section(name)
    needed = [key for key, field in section.model_fields.items() if field.is_required()] if section else []
    return f"{name}.{needed[0]}" if needed else name


def _section(name: str) -> type[Section] | None:
    """The section of the YAML that is called so: one without a line below it is as one that isn't there."""
    field = Config.model_fields.get(name)
    return next(_sections_in(field.annotation), None) if field else None


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
