"""`scanloom predict`: the champion, else the candidate, on scans without labels.

The scans go through the very stages that the model's own did, in a workspace of their own that is
removed afterwards: the analysis and its ledgers are only read.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import champion, ingest, normalize
from pipeline.catalogue import Catalogue
from pipeline.champion.predictions import score
from pipeline.config import Config
from pipeline.contracts import read_object
from pipeline.errors import DataError, UsageError
from pipeline.ingest.keys import open_key
from pipeline.pseudonyms import require_same_key
from pipeline.records import Summary
from pipeline.workspace import Workspace, write_csv

if TYPE_CHECKING:
    import pandas as pd


def run(config: Config, workspace: Workspace, *, new: str, out: Path) -> Summary:
    """Writes one row a case to `out`: `case_id, patient_id, predicted, score_CLASS..., status, reason`.

    Raises UsageError when no folder is given or the key is another, DataError when there is no model yet
    or the folder holds no usable scan, DamageError when the model is not the one that was written.
    """
    if not new:
        raise UsageError("No folder of scans was given. Run: make predict NEW=folder")
    champion.require_champion(workspace)
    model = champion.current(workspace)
    folder = model.folder if model else workspace.candidate
    if not (folder / "model.json").is_file():
        raise DataError(f"There is no model of '{workspace.name}' yet. Run `make report` first.")
    if model:
        champion.check_generation(workspace, model.generation)
    _check_key(config, workspace)
    recipe = read_object(folder / "model.json", "recipe")["recipe"]
    raw = new if "://" in new else str(Path(new).expanduser().resolve())
    theirs = config.model_copy(
        update={
            "ingest": config.ingest.model_copy(update={"raw": raw, "key": _key(config), "failed_share": 1.0}),
            "normalize": tuple(recipe),
        }
    )
    with _scratch(workspace) as scratch:
        read = ingest.run(theirs, scratch)
        cohort = _all_cases(scratch, read)
        normalize.run(theirs, scratch)
        table = score(scratch, folder, cohort=cohort).drop(columns=["part", "truth"])
    write_csv(out, table)
    who = f"champion, generation {model.generation}" if model else "candidate (there is no champion yet)"
    counts = ", ".join(
        f"{name} {count}" for name, count in table["predicted"].value_counts().sort_index().items()
    )
    return Summary((*read.lines, f"Scored {len(table)} cases with the {who}: {counts}. Table: {out}"))


def _check_key(config: Config, workspace: Workspace) -> None:
    """Raises UsageError when the analysis' own scans were read under another key."""
    key, _ = open_key(config, workspace)
    if workspace.catalogue.is_file():
        with Catalogue(workspace.catalogue) as catalogue:
            require_same_key(key, catalogue.meta("key_id"), what="The scans of this analysis were read")


def _key(config: Config) -> str | None:
    """The key's path as seen from anywhere."""
    return str(Path(config.ingest.key).expanduser()) if config.ingest.key else None


def _all_cases(scratch: Workspace, read: Summary) -> pd.DataFrame:
    """The new scans as a cohort without labels, written where normalize looks for one."""
    import pandas as pd

    with Catalogue(scratch.catalogue) as catalogue:
        rows = [(case.case_id, case.patient_id, "new", "") for case in catalogue.cases()]
    if not rows:
        raise DataError("\n".join([*read.lines, "The folder holds no usable scan: the table says why."]))
    cohort = pd.DataFrame(rows, columns=["case_id", "patient_id", "part", "target"])
    write_csv(scratch.candidate / "cohort.csv", cohort)
    return cohort


@contextlib.contextmanager
def _scratch(workspace: Workspace) -> Iterator[Workspace]:
    """A workspace under `data/NAME/predict/PID`, removed at the end; a killed run's is removed here."""
    base = workspace.scratch
    for folder in sorted(base.glob("*")):
        if not _runs(folder.name):
            shutil.rmtree(folder)
    root = base / str(os.getpid())
    try:
        yield Workspace(root, workspace.name)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _runs(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True
