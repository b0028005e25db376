"""The text of the YAML: read with the line of every key, and written."""

from __future__ import annotations

import difflib
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from pipeline.errors import ConfigError, UsageError

KeyPath = tuple[str | int, ...]
Lines = dict[KeyPath, int]

_DECIMAL_COMMA = re.compile(r"(-?\d+),(\d+)")
_NUMBERS_END = re.compile(r'found duplicate key "\d+" with value "None"')
_COMMA = "a comma parts keys here. Write numbers with a point, as 0.5"


def read(path: Path) -> tuple[dict[str, Any], Lines]:
    """The plain values in the YAML file, and the line of each key.

    Raises UsageError when there is no such file, ConfigError (file, line) when it isn't YAML with sections.
    """
    try:
        data = YAML().load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(
            f"There is no configuration {path}{_nearest_to(path)}. Name the YAML of an analysis."
        ) from None
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
    for line in _numbers_with_commas(data):
        raise ConfigError(f"{path}:{line}: {_COMMA}.")
    return _plain(data), _line_numbers(data)


def with_a_point(value: object) -> str:
    """How a number with a decimal comma is written in YAML, as the end of a sentence; empty for all else.

    >>> with_a_point("0,5"), with_a_point("fast")
    ('. Write 0.5', '')
    """
    comma = isinstance(value, str) and _DECIMAL_COMMA.fullmatch(value)
    return f". Write {comma[1]}.{comma[2]}" if comma else ""


def _nearest_to(path: Path) -> str:
    """The configuration that is called so, or nearly so: names are compared, for all folders are alike."""
    known = {there.stem: there for there in Path("configs").glob("*.yaml")}
    close = difflib.get_close_matches(path.stem, known, n=1, cutoff=0.6)
    if close:
        return f" (did you mean '{known[close[0]]}'?)"
    return f" (`configs/` has {', '.join(sorted(known))})" if 0 < len(known) <= 12 else ""


def _numbers_with_commas(value: Any) -> Iterator[int]:
    """The lines where `{low: 0,5}` was meant as one number: YAML reads a key `5` without a value."""
    if isinstance(value, CommentedMap):
        before: Any = None
        for key, item in value.items():
            if isinstance(key, int) and item is None and isinstance(before, int | float):
                yield value.lc.key(key)[0] + 1
            before = item
            yield from _numbers_with_commas(item)
    elif isinstance(value, CommentedSeq):
        for item in value:
            yield from _numbers_with_commas(item)


def _way(problem: str) -> str:
    """What to do about the end of a number, or a character with which no value begins; else empty."""
    if _NUMBERS_END.match(problem):
        return f": {_COMMA}"
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
