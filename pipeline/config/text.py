"""The text of the YAML: read with the line of every key, and written."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from pipeline.errors import ConfigError, UsageError, nearest

KeyPath = tuple[str | int, ...]
Lines = dict[KeyPath, int]


def read(path: Path) -> tuple[dict[str, Any], Lines]:
    """The plain values in the YAML file, and the line of each key.

    Raises UsageError when there is no such file, ConfigError (file, line) when it isn't YAML with sections.
    """
    try:
        data = YAML().load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = [str(path_there) for path_there in Path("configs").glob("*.yaml")]
        hint = f" ({nearest(str(path), known)})" if known else ""
        raise UsageError(f"There is no configuration {path}{hint}. Name the YAML of an analysis.") from None
    except OSError as error:
        raise UsageError(
            f"The configuration {path} can't be read: {error.strerror}. Name the YAML of an analysis."
        ) from None
    except RecursionError:
        raise ConfigError(f"{path}: lists lie too deep in each other. Mend the brackets.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8 text. Save the file as UTF-8.") from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = (error.problem or "not valid YAML").splitlines()[0]
        raise ConfigError(f"{path}:{line}: {problem}{_way(problem)}.") from None
    except YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML ({str(error).splitlines()[0]}).") from None
    if not isinstance(data, CommentedMap):
        raise ConfigError(f"{path}: expected sections such as 'ingest:' and 'cohort:', found {_kind(data)}.")
    return _plain(data), _line_numbers(data)


def _way(problem: str) -> str:
    """What to do about a character with which no value begins; empty for anything else."""
    if "cannot start any token" not in problem:
        return ""
    return ". Indent by spaces" if "\\t" in problem else ". Put the value in quotes"


def written(values: dict[str, Any]) -> str:
    """The values as YAML."""
    stream = io.StringIO()
    yaml = YAML()
    yaml.default_flow_style = None
    yaml.dump(values, stream)
    return stream.getvalue()


def place(path: Path, lines: Lines, keys: KeyPath) -> str:
    """The file and line of a key, or of the nearest one around it that is written there."""
    for length in range(len(keys), 0, -1):
        if keys[:length] in lines:
            return f"{path}:{lines[keys[:length]]}"
    return str(path)


def _kind(value: object) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, bool):
        return value
    for kind in (int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return str(value)


def _line_numbers(value: Any, keys: KeyPath = ()) -> Lines:
    lines: Lines = {}
    if isinstance(value, CommentedMap):
        for key, item in value.items():
            lines[(*keys, str(key))] = value.lc.key(key)[0] + 1
            lines |= _line_numbers(item, (*keys, str(key)))
    elif isinstance(value, CommentedSeq):
        for index, item in enumerate(value):
            lines[(*keys, index)] = value.lc.item(index)[0] + 1
            lines |= _line_numbers(item, (*keys, index))
    return lines
