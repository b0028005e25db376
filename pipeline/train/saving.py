"""The model file: the same weights give the same bytes, on any day."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from pathlib import Path

import keras

from pipeline.workspace import write_bytes

_FIRST_ZIP_DAY = (1980, 1, 1, 0, 0, 0)
_METADATA = "metadata.json"


def write_model(path: Path, model: keras.Model) -> bool:
    """Whether the `.keras` file changed. Keras notes the time of day in it, which is taken out."""
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / path.name
        model.save(saved)
        return write_bytes(path, _without_clock(saved.read_bytes()))


def _without_clock(archive: bytes) -> bytes:
    """The archive with one date for all members and none in its metadata."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(result, "w") as target:
        for name in sorted(source.namelist()):
            data = source.read(name)
            if name == _METADATA:
                data = json.dumps({**json.loads(data), "date_saved": ""}, sort_keys=True).encode()
            target.writestr(zipfile.ZipInfo(name, _FIRST_ZIP_DAY), data)
    return result.getvalue()
