"""Writes each section of the YAML to its own file when it changed, so that make sees what an edit touches.

Beside the sections, `inputs.json` holds the digests of the tables that the cohort reads: a changed
table of labels is seen by its content, whatever its time stamp; `settings.json` holds what a plan of changes
is about, `pictures.json` what decides whether pictures are shown.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline import digests
from pipeline.cohort.opening import check_labels
from pipeline.config import SECTIONS, Config, dump_without_places, settings
from pipeline.pixel_review import told
from pipeline.records import Summary
from pipeline.workspace import Workspace
from pipeline.writing import write_json, write_text


def run(config: Config, workspace: Workspace) -> Summary:
    """Writes `data/NAME/config/SECTION.json`, those beside it and `candidate/config.yaml` where changed.

    A table of labels that changed, or is asked for something else, is looked into first: a typo in the name
    of a column is told before the scans are read.

    Raises ConfigError (file, line, nearest name) when the table lacks what the YAML names, DataError when it
    is no table.
    """
    inputs = _inputs(config, workspace.root)
    wanted = {"cohort": config.section("cohort"), "inputs": inputs}
    if any(_stored(workspace.sections / f"{name}.json") != value for name, value in wanted.items()):
        check_labels(config, workspace.root)
    changed = [write_json(workspace.sections / f"{name}.json", config.section(name)) for name in SECTIONS]
    changed.append(write_json(workspace.sections / "inputs.json", inputs))
    changed.append(write_json(workspace.sections / "settings.json", settings(config)))
    changed.append(write_json(workspace.sections / "pictures.json", told(config, workspace)))
    changed.append(write_text(workspace.candidate / "config.yaml", dump_without_places(config)))
    return Summary(lines=(), changed=any(changed))


def _stored(path: Path) -> Any:
    """What the last run wrote, None where it can't be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _inputs(config: Config, root: Path) -> dict[str, str]:
    tables = {"labels": config.cohort.labels, "links": config.cohort.links}
    paths = {name: root / table for name, table in tables.items() if table is not None}
    return {name: digests.of_file(path) if path.is_file() else "absent" for name, path in paths.items()}
