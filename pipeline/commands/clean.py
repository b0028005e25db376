"""`scanloom clean`: removes the derived files of an analysis; never RAW, the key, ledgers or generations."""

from __future__ import annotations

import shutil
from pathlib import Path

from pipeline.progress import say
from pipeline.records import Summary
from pipeline.workspace import Workspace


def run(workspace: Workspace) -> Summary:
    """Says what goes and what stays, then removes `data/NAME` and `reports/NAME/candidate`."""
    going = [folder for folder in (workspace.data, workspace.candidate) if folder.exists()]
    if not going:
        return Summary((f"Nothing to clean for '{workspace.name}'.",), changed=False)
    for folder in going:
        say(f"Removing {workspace.shown(folder)} ({_megabytes(folder):.1f} MB)")
    say("Staying: the scans, the key, ledgers, generations and the champion.")
    for folder in going:
        shutil.rmtree(folder)
    return Summary((f"Cleaned '{workspace.name}': `make report` makes it all again.",))


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
