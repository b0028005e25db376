"""RAW as the settings name it: its paths, and which of them are no scans but tables of these settings."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from pipeline.config import Config, Ingest
from pipeline.errors import DataError
from pipeline.ingest.reasons import OWN_TABLE
from pipeline.ingest.source.discover import SourcePath, discover
from pipeline.ingest.source.remote import is_url
from pipeline.pseudonyms import Key
from pipeline.workspace import Workspace


def paths_of_raw(config: Config, workspace: Workspace, key: Key) -> list[SourcePath]:
    """Everything in RAW, as `discover` tells it. Raises DataError when RAW is not there or can't be read."""
    place = _place(workspace, config.ingest)
    if is_url(place):
        return discover(place, key)
    raw = Path(os.fsdecode(place))
    _require_folder(raw, config.ingest.raw)
    named = _named_in(raw, config, workspace)
    return [
        replace(file, reason=OWN_TABLE) if file.relative in named else file for file in discover(place, key)
    ]


def _place(workspace: Workspace, settings: Ingest) -> bytes:
    """The URL of RAW, or the path of its folder."""
    url = os.fsencode(settings.raw)
    return url if is_url(url) else os.fsencode(workspace.root / settings.raw)


def _named_in(raw: Path, config: Config, workspace: Workspace) -> set[str]:
    """What of RAW the settings name as something else than scans: tables, the key, the YAML itself."""
    folder = raw.resolve()
    paths = [workspace.root / Path(given).expanduser() for given in config.tables.values()]
    paths += [Path(config.ingest.key).expanduser()] if config.ingest.key else []
    places = {where for path in (*paths, config.path) for where in (path.resolve(), _itself(path))}
    return {str(place.relative_to(folder)) for place in places if place.is_relative_to(folder)}


def _itself(path: Path) -> Path:
    """The path without links on the way, but for its last part, which may be one."""
    return path.parent.resolve() / path.name


def _require_folder(folder: Path, named: str) -> None:
    where = "or set `ingest.raw` to where they are."
    if not folder.exists():
        raise DataError(f"The folder of scans {named} is not there. Put the DICOM files there, {where}")
    if not folder.is_dir():
        raise DataError(
            f"The scans {named} are a file, not a folder. Put the DICOM files into a folder, {where}"
        )
    if not os.access(folder, os.R_OK | os.X_OK):
        raise DataError(f"The folder of scans {named} can't be opened. Allow reading it, {where}")
