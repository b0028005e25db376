"""The model file: the same weights give the same bytes, on any day and in any process.

Keras notes the time of day in the file, and the memory address of every object that layers share.
"""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import keras

from pipeline.writing import write_bytes

_FIRST_ZIP_DAY = (1980, 1, 1, 0, 0, 0)  # the earliest date that a ZIP archive can hold
_ADDRESS = "shared_object_id"


def write_model(path: Path, model: keras.Model) -> bool:
    """Whether the `.keras` file changed."""
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / path.name
        model.save(saved)
        return write_bytes(path, _reproducible(saved.read_bytes()))


def _reproducible(archive: bytes) -> bytes:
    """The archive with one date for all members, no date in the metadata, and numbers for addresses."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(result, "w") as target:
        for name in sorted(source.namelist()):
            data = source.read(name)
            if name == "metadata.json":
                data = json.dumps({**json.loads(data), "date_saved": ""}).encode()
            elif name == "config.json":
                data = json.dumps(_numbered(json.loads(data), {})).encode()
            target.writestr(zipfile.ZipInfo(name, _FIRST_ZIP_DAY), data)
    return result.getvalue()


def _numbered(value: Any, numbers: dict[int, int]) -> Any:
    """The JSON value with addresses replaced by 1, 2, 3... in the order they are met."""
    if isinstance(value, dict):
        return {
            key: numbers.setdefault(item, len(numbers) + 1) if key == _ADDRESS else _numbered(item, numbers)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_numbered(item, numbers) for item in value]
    return value
