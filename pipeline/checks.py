"""A configuration that was checked whole: keys, recipe, series rules, architecture, places of inputs."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel

from pipeline.cohort.join import DAY, KINDS, KeyColumn
from pipeline.config import Config, is_known, load, settings
from pipeline.errors import nearest
from pipeline.ingest.header import series_rules, stated_units
from pipeline.ingest.header.attributes import NUMBER_NAMES, WORD_NAMES
from pipeline.ingest.source.remote import is_url
from pipeline.models import ARCHITECTURES, architecture, giving
from pipeline.normalize.recipe import parse
from pipeline.printed import make
from pipeline.tasks.registry import task_of
from pipeline.tasks.settings import require_settings
from pipeline.workspace import Workspace


def load_checked(path: Path) -> Config:
    """The configuration in `path`. Raises ConfigError (file, line, nearest name) for whatever is wrong."""
    config = load(path, _network_keys, _networks_having)
    require_settings(config)
    parse(config.normalize, config.refuse)
    rules = series_rules.parse(config.ingest.select, config.refuse)
    stated_units.parse(config.ingest.unit_of, rules, config.refuse)
    _check_keys(config)
    _check_network(config)
    _check_plan(config)
    return config


def _network_keys(name: str) -> type[BaseModel] | None:
    return architecture(name).Parameters if name in ARCHITECTURES else None


def _networks_having(key: str) -> list[str]:
    return [name for name in sorted(ARCHITECTURES) if key in architecture(name).Parameters.model_fields]


def _check_network(config: Config) -> None:
    """Raises ConfigError for a network that there isn't, that no task so asks, or whose file isn't there."""
    name = config.train.model
    if name not in ARCHITECTURES:
        raise config.refuse(("train", "model"), f"unknown model '{name}' ({nearest(name, ARCHITECTURES)}).")
    asked, given = task_of(config.task).network.ASKS, architecture(name).GIVES
    if given != asked:
        of_default = "" if "model" in config.train.model_fields_set else ", which stands where none is named,"
        raise config.refuse(
            ("train", "model"),
            f"'{name}'{of_default} gives {given}, and `task: {config.task}` asks for {asked}. Write "
            f"{' or '.join(f'`train: {{model: {fit}}}`' for fit in giving(asked))}.",
        )
    for key, path in config.train.network.items():
        if isinstance(path, Path) and not path.is_file():
            raise config.refuse(
                ("train", key), f"'train.{key}': there is no file {path}. Name a file of this machine."
            )


def _check_plan(config: Config) -> None:
    """Raises ConfigError for an allowed change of what is no setting."""
    keys = {**settings(config), "cohort.external.folders": None}  # told by its digest, which the cohort keeps
    for at, path in enumerate(config.compare.allowed_changes or ()):
        if not is_known(path, keys):
            raise config.refuse(
                ("compare", "allowed_changes", at),
                f"a plan of changes can't name '{path}' ({nearest(path, keys)}). Name keys such as "
                "train.epochs, or a section such as train; new scans and labels need no entry.",
            )


def _check_keys(config: Config) -> None:
    """Raises ConfigError for a column of `cohort.id` that names nothing known, and for attributes alone."""
    keys = config.cohort.keys
    attributes = {*WORD_NAMES, *NUMBER_NAMES, "modality", DAY}
    for at, key in enumerate(keys):
        if key.names not in KINDS and key.names not in attributes:
            raise config.refuse(
                ("cohort", "id", at),
                f"'{key.names}' is neither an identifier ({', '.join(KINDS)}) nor an attribute of scans "
                f"({nearest(key.names, {*KINDS, *attributes})}).",
            )
    names = {key.names for key in keys}
    if DAY in names and "patient" not in names:
        raise config.refuse(
            ("cohort", "id"),
            "a day names scans only beside the patient: add the column with `names: patient`.",
        )
    if keys and not any(key.names in KINDS for key in keys):
        beside = KeyColumn(keys[0].column, keys[0].names).yaml()
        raise config.refuse(
            ("cohort", "id"),
            f"'{keys[0].names}' alone doesn't say whose a scan is. Name the column that does, too: "
            f"`id: [{{column: patient, names: patient}}, {beside}]`.",
        )


def require_apart(config: Config, workspace: Workspace) -> None:
    """Nothing, if scans and tables lie apart from what is made of them, which `make clean` removes.

    Raises ConfigError (file, line) when one lies inside, or when the scans' folder holds what is made.
    """
    ours = [folder.resolve() for folder in (workspace.data, workspace.reports)]
    raw = config.ingest.raw
    inputs = config.tables | ({} if is_url(os.fsencode(raw)) else {("ingest", "raw"): raw})
    for keys, name in inputs.items():
        place = (workspace.root / name).resolve()
        if any(place.is_relative_to(folder) for folder in ours):
            raise config.refuse(
                keys,
                f"'{name}' lies where Scanloom keeps what it makes and `{make('clean')}` removes. "
                f"Move it to data/raw/{workspace.name}, and name that here.",
            )
        if keys == ("ingest", "raw") and any(folder.is_relative_to(place) for folder in ours):
            raise config.refuse(
                keys,
                f"'{name}' holds data/{workspace.name} and reports/{workspace.name}, which Scanloom writes. "
                f"Name a folder that holds scans only, such as data/raw/{workspace.name}.",
            )
