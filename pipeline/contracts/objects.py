"""Files of one JSON object: a frozen record in, the same record out, checked as it is read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from pipeline.contracts.damage import Remedy, damaged, newer
from pipeline.contracts.unopened import Unopened, problem
from pipeline.writing import write_json

Json = Mapping[str, Any]
"""A JSON object that its contract hands on as it is."""

R = TypeVar("R")
_SCHEMA_KEY: Final = "schema"


@dataclass(frozen=True)
class Schema:
    """The form of a file: a kind, and the number that grows when a reader of before would misread it."""

    kind: str
    number: int

    @property
    def word(self) -> str:
        """What stands in the file under `schema`."""
        return f"{self.kind}/{self.number}"


@dataclass(frozen=True)
class ObjectFile(Generic[R]):
    """A JSON file of a fixed name that holds one record, a dataclass; `schema` is None where keys are ids.

    A field that ends in "_" is a key without it ("class_"). `formerly` makes the object of an earlier schema
    one of this. `goes_whole` says that it shows patients and can't be taken apart: it is removed with the
    first of them.
    """

    name: str
    record: type[R]
    schema: Schema | None
    remedy: Remedy
    formerly: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    goes_whole: bool = False

    def path(self, folder: Path) -> Path:
        """Where the file lies."""
        return folder / self.name

    def find(self, folder: Path) -> R | None:
        """The record, or None where the file is not there. Raises DamageError as `read`."""
        return self.read(folder) if self.path(folder).is_file() else None

    def read(self, folder: Path) -> R:
        """The record in the file; keys that it doesn't know are nobody's business.

        A file without a schema is of a version before there were any. Raises DamageError.
        """
        path = self.path(folder)
        data, value = _object(path, self.remedy)
        if self.schema:
            number = self._number(path, value.get(_SCHEMA_KEY, f"{self.schema.kind}/1"), self.schema)
            if self.formerly and number < self.schema.number:
                data = self._renewed(path, value)
        try:
            record: R = self._adapter.validate_json(data, strict=True, context={"file": (path, self.remedy)})
        except ValidationError as error:
            raise damaged(path, problem(error, value), self.remedy) from None
        return record

    def of(self, value: Json) -> R:
        """The record of JSON values. Raises ValidationError where a key is missing, or none of its own."""
        record: R = self._adapter.validate_python(value, extra="forbid")
        return record

    def write(self, folder: Path, record: R) -> bool:
        """Whether the file changed. Raises RetryError when it can't be written."""
        schema = {_SCHEMA_KEY: self.schema.word} if self.schema else {}
        return write_json(self.path(folder), {**schema, **plain(record)})

    def without(self, path: Path, erased: Collection[str]) -> str | None:
        """The file's text without what names one of `erased`; None where nothing does. Raises DamageError."""
        data, value = _object(path, self.remedy)
        if not _names(data.decode(), erased):
            return None
        return json.dumps(_stripped(value, erased), sort_keys=True, indent=1, ensure_ascii=False) + "\n"

    def _renewed(self, path: Path, value: dict[str, Any]) -> bytes:
        """An object of an earlier schema as this one's JSON. Raises DamageError."""
        try:
            return json.dumps(self.formerly(value) if self.formerly else value).encode()
        except (AttributeError, KeyError, TypeError):
            raise damaged(path, f"it is not what {value.get(_SCHEMA_KEY)} holds", self.remedy) from None

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.record)

    def _number(self, path: Path, word: object, known: Schema) -> int:
        """The number of the file's schema. Raises DamageError when it is of another kind, or a later one."""
        schema = (
            re.fullmatch(rf"{re.escape(known.kind)}/([0-9]{{1,9}})", word) if isinstance(word, str) else None
        )
        if not schema:
            raise damaged(path, f"'{_SCHEMA_KEY}' is not what it should be ({known.kind})", self.remedy)
        if int(schema[1]) > known.number:
            raise newer(path, int(schema[1]), known.number, self.remedy)
        return int(schema[1])


def plain(value: Any) -> Any:
    """The value with records as mappings and tuples as lists, as JSON holds them.

    >>> plain((Schema("drift", 1),))
    [{'kind': 'drift', 'number': 1}]
    """
    if isinstance(value, Unopened):
        return plain(value.content)
    if is_dataclass(value):
        return {key_of(field.name): plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def key_of(field: str) -> str:
    """The key of a field: a word that Python keeps to itself has "_" behind it there.

    >>> key_of("class_")
    'class'
    """
    return field.removesuffix("_")


def _object(path: Path, remedy: Remedy) -> tuple[bytes, dict[str, Any]]:
    """The file's bytes, and the JSON object that they are. Raises DamageError."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise damaged(path, "it is not there", remedy) from None
    if not data.strip():
        raise damaged(path, "it is empty", remedy)
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError
        raise damaged(path, "it is no JSON, or was cut off", remedy) from None
    if not isinstance(value, dict):
        raise damaged(path, "it holds no JSON object", remedy)
    return data, value


def _stripped(value: object, erased: Collection[str]) -> object:
    """The value without the entries of lists and mappings that name one of `erased`."""
    if isinstance(value, dict):
        remaining = {
            key: item for key, item in value.items() if key not in erased and not _names(item, erased)
        }
        return {key: _stripped(item, erased) for key, item in remaining.items()}
    if isinstance(value, list):
        return [_stripped(item, erased) for item in value if not _is_about(item, erased)]
    return value


def _is_about(item: object, erased: Collection[str]) -> bool:
    """Whether a list's entry is about one of `erased`: one of its own texts says so."""
    texts = item.values() if isinstance(item, dict) else (item,)
    return any(_names(text, erased) for text in texts)


def _names(text: object, erased: Collection[str]) -> bool:
    return isinstance(text, str) and any(word in text for word in erased)
