"""`scanloom clean`: removes the derived files of an analysis; never RAW, the key, ledgers or generations."""

from __future__ import annotations

import shutil
from pathlib import Path

from pipeline.errors import RetryError
from pipeline.locking import lock
from pipeline.printed import make
from pipeline.progress import say
from pipeline.records import Summary
from pipeline.workspace import Workspace


def run(workspace: Workspace) -> Summary:
    """Says what goes and what stays, then removes `data/NAME`, the candidate and the page on the ingest.

    Raises RetryError while another run works on the analysis, and when a folder can't be removed.
    """
    if not (workspace.data.exists() or workspace.candidate.exists()):
        return Summary((f"Nothing to clean for '{workspace.name}'.",), changed=False)
    with lock(workspace):
        _remove(workspace)
    return Summary((f"Cleaned '{workspace.name}': `{make('report')}` makes it all again.",))


def _remove(workspace: Workspace) -> None:
    training = workspace.training_page.parent
    live = (training,) if training.is_dir() else ()
    folders = (workspace.candidate, *live, workspace.data)  # the lock lies in the last
    for folder in folders:
        say(f"Removing {workspace.shown(folder)} ({_megabytes(folder):.1f} MB)")
    say("Staying: the scans, the key, ledgers, generations and the champion.")
    workspace.ingest_page.unlink(missing_ok=True)
    for folder in folders:
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise RetryError(
                f"{workspace.shown(folder)} was not removed whole ({error.strerror}). "
                "Allow writing to it and to the folder it lies in, and run the same command again."
            ) from error


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
