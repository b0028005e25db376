"""As what a generation reads scans: by its own settings of `ingest`, whatever the YAML has become since."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pipeline.config import Config, load
from pipeline.config.ingest import Ingest
from pipeline.errors import ConfigError, DataError, UsageError

READING: Final = (
    "unit",
    "modalities",
    "include",
    "select",
    "unit_of",
    "formats",
    "channels",
    "min_slices",
    "resample_z",
    "untilt",
)
"""The keys of `ingest` that decide what a case is and what its voxels say."""

_COPY: Final = "config.yaml"


def reading_of(config: Config, folder: Path) -> tuple[Ingest, str]:
    """The settings of `ingest` with those of the generation in `folder`, and a line on what differs.

    Where there is no copy of its settings, or one that can't be read any more, they are those of the YAML.
    """
    try:
        own = load(folder / _COPY).ingest
    except (ConfigError, UsageError):
        unknown = f"The settings of generation {folder.name} can't be read: scans are read as the YAML says."
        return config.ingest, unknown
    keys = differing(own, config.ingest)
    if not keys:
        return config.ingest, ""
    named = ", ".join(f"`ingest.{key}`" for key in keys)
    line = f"Scans are read as generation {folder.name} reads them: the YAML has another {named} by now."
    return config.ingest.model_copy(update={key: getattr(own, key) for key in keys}), line


def require_same_reading(one: Ingest, other: Ingest) -> None:
    """Nothing, if scans that were read by the one settings are as the other would have them.

    Raises DataError with the keys that differ.
    """
    if keys := differing(one, other):
        named = ", ".join(f"`ingest.{key}`" for key in keys)
        raise DataError(f"it reads scans in another way ({named}). Ask it by `GEN` in a run of its own.")


def differing(one: Ingest, other: Ingest) -> list[str]:
    """The keys of READING that differ."""
    return [key for key in READING if one.model_dump(include={key}) != other.model_dump(include={key})]
