"""The one sentence on a damaged file: which, what is wrong, and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pipeline import printed
from pipeline.errors import DamageError

WRITTEN_BY: Final = {
    "ingest": ("ingest.json",),
    "cohort": ("cohort.csv", "cohort.json", "excluded.csv"),
    "normalize": ("normalize.json", "refused.json"),
    "drift": ("drift.json", "champion_new.csv"),
    "train": ("model.json", "history.csv"),
    "evaluate": ("predictions.csv", "metrics.json", "operating.json", "rule.json", "insights.json"),
    "compare": ("comparison.json", "champion_predictions.csv"),
    "report": ("report.json",),
}
"""The stage that writes a file again."""

_POINTER: Final = "champion.json"
_STAGES_FOLDER: Final = "stages"
_ARRAYS_FOLDER: Final = "normalized"


def damaged(path: Path, found: str) -> DamageError:
    """The error that says `found` ("it is empty") of the file, and what to do."""
    return DamageError(f"{_shown(path)} is damaged: {found}. {_remedy(path)}")


def _shown(path: Path) -> str:
    """The file with its folder, a generation's with two: no path of the machine."""
    depth = 3 if _is_frozen(path) else 2
    return "/".join(path.absolute().parts[-depth:])


def _remedy(path: Path) -> str:
    if _is_frozen(path):
        return f"Put the folder generations/{path.parent.name} back from your backup."
    if path.name == _POINTER:
        return (
            f"Put it back from your backup, or remove it and run `{printed.make('ingest')}`, which writes it "
            "again from the ledger of promotions."
        )
    if path.parent.name == _STAGES_FOLDER:
        return f"Remove it and run `{printed.scanloom(path.stem)}`, which writes it again."
    stages = [stage for stage, names in WRITTEN_BY.items() if path.name in names]
    if not stages and path.parent.name == _ARRAYS_FOLDER:
        return f"Run `{printed.make('clean')}`, then `{printed.make('report')}`: it is made again."
    if not stages:
        return "Put it back from your backup."
    return f"Remove it and run `{printed.scanloom(stages[0])}`, which writes it again."


def _is_frozen(path: Path) -> bool:
    return path.parent.parent.name == "generations"
