"""The key that an analysis' scans were read under: never a new one in its place."""

from __future__ import annotations

import os

from pipeline import ledger
from pipeline.catalogue import Catalogue
from pipeline.config import Config
from pipeline.errors import UsageError
from pipeline.pseudonyms import PHANTOM, Key, key_path, load_key, present_key
from pipeline.workspace import Workspace


def open_key(config: Config, workspace: Workspace) -> tuple[Key, str | None]:
    """The key for reading scans, and a sentence for the user when it was made just now.

    Raises UsageError as `load_key`, and when the key that this analysis was made with is gone: with
    another, the patients of its ledgers would come back as strangers.
    """
    _require_no_lost_key(config, workspace)
    return load_key(config.ingest.key, workspace.name, workspace.root)


def ask_key(config: Config, workspace: Workspace) -> Key:
    """The key that the scans were read under, for whatever comes after: never a new one.

    Raises UsageError when it is gone, or can't be used.
    """
    _require_no_lost_key(config, workspace)
    return present_key(config.ingest.key, workspace.name, workspace.root)


def _require_no_lost_key(config: Config, workspace: Workspace) -> None:
    if config.ingest.key == PHANTOM:
        return
    path = key_path(config.ingest.key, workspace.name)
    if not os.path.lexists(path) and (key_id := _first_key(workspace)):
        raise UsageError(
            f"The key {path} is gone, and '{workspace.name}' was made under it (key {key_id}). "
            "Put it back from your backup, or start a new analysis: a YAML of another name."
        )


def _first_key(workspace: Workspace) -> str:
    """The id of the key in catalogue or ledger; "" where neither knows one."""
    if workspace.catalogue.is_file():
        with Catalogue(workspace.catalogue) as catalogue:
            if key_id := catalogue.meta("key_id"):
                return key_id
    records = ledger.read(workspace.ledger("parts"))
    return next((str(record["key_id"]) for record in records if "key_id" in record), "")
