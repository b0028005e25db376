"""As what a model reads scans: by the settings it was trained with, whatever the YAML has become since."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from pipeline.config import Config, load
from pipeline.config.ingest import READING, Ingest
from pipeline.contracts import rule
from pipeline.errors import ConfigError, DataError, UsageError

CANDIDATE: Final = "candidate"
_COPY: Final = "config.yaml"


def called(name: str) -> str:
    """What the model in a folder of that name is called in sentences."""
    return name if name == CANDIDATE else f"generation {name}"


def settings_of(config: Config, folder: Path, recorded: Mapping[str, Any]) -> tuple[Config, tuple[str, ...]]:
    """The settings with those by which the model in `folder` is asked, and lines on what differs.

    `recorded` are those of reading that its record has; an earlier version kept a copy of the YAML alone.
    """
    read, reads = _reading_of(config.ingest, folder, recorded)
    abstain, abstains = _abstain_of(config, folder)
    evaluate = config.evaluate.model_copy(update={"abstain": abstain})
    own = config.model_copy(update={"ingest": read, "evaluate": evaluate})
    return own, tuple(filter(None, (reads, abstains)))


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


def _reading_of(now: Ingest, folder: Path, recorded: Mapping[str, Any]) -> tuple[Ingest, str]:
    """The settings of `ingest` with the model's own, and a line on what differs.

    Where they can't be read any more, they are those of the YAML.
    """
    who = _who(folder)
    own = _kept(folder, recorded)
    if own is None:
        return now, f"The settings of {who} can't be read: scans are read as the YAML says."
    keys = differing(own, now)
    if not keys:
        return now, ""
    named = ", ".join(f"`ingest.{key}`" for key in keys)
    line = f"Scans are read as {who} reads them: the YAML has another {named} by now."
    return now.model_copy(update={key: getattr(own, key) for key in keys}), line


def _kept(folder: Path, recorded: Mapping[str, Any]) -> Ingest | None:
    try:
        if recorded:
            return Ingest.model_validate_json(json.dumps({"raw": "(not kept)", **recorded}), strict=True)
        return load(folder / _COPY).ingest
    except (ConfigError, UsageError, ValidationError):
        return None


def _abstain_of(config: Config, folder: Path) -> tuple[tuple[str, ...], str]:
    """The reasons to abstain that were fixed with the model's rule, and a line where the YAML has others."""
    now, fixed = config.evaluate.abstain, rule.FILE.find(folder)
    if fixed is None:
        return now, ""
    default = type(config.evaluate).model_fields["abstain"].default
    own = tuple(fixed.evaluate.get("abstain", default))
    if {*own} == {*now}:
        return now, ""
    line = (
        f"Whether to abstain is told as {_who(folder)} does: the YAML has another `evaluate.abstain` by now."
    )
    return own, line


def _who(folder: Path) -> str:
    return f"the {CANDIDATE}" if folder.name == CANDIDATE else called(folder.name)
