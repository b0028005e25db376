"""The audit of a candidate: files, ledgers, metrics, page; what is unequal is told, and ends as damage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from pipeline.arrow import STAGES
from pipeline.audit import numbers, page, rows, seals
from pipeline.audit.account import Account
from pipeline.audit.numbers import Written
from pipeline.errors import DamageError, DataError
from pipeline.printed import make
from pipeline.records import Summary
from pipeline.workspace import Workspace

NEEDED: Final = (
    "cohort.csv",
    "predictions.csv",
    "metrics.json",
    "operating.json",
    "model.json",
    "report.json",
)
SHOWN: Final = 20  # a choice: of many differences the first tell what happened


def run(workspace: Workspace) -> Summary:
    """How many numbers agree with those computed anew, and what was not computed anew.

    Raises DataError before there is a report and while a later one is made, DamageError of what differs.
    """
    folder = workspace.candidate
    for name in NEEDED:
        if not (folder / name).is_file():
            raise DataError(f"{name} is missing in the candidate's folder. Run `{make('report')}`.")
    _require_finished(workspace)
    account = audit(workspace)
    if account.unequal:
        told = [each.sentence() for each in account.unequal[:SHOWN]]
        more = len(account.unequal) - len(told)
        told += [f"... and {more:,} more"] if more else []
        raise DamageError(
            "\n".join([*told, f"{_share(account)} Put back what was changed, or run `{make('report')}`."])
        )
    return Summary((_share(account), *_unseen(account)), changed=False)


def _require_finished(workspace: Workspace) -> None:
    """Nothing, unless stages wrote after the report: page and files are then of two runs, by nobody's hand.

    What no run changes is audited first: a change there is damage, whatever runs. Raises DataError.
    """
    report = workspace.stamp("report").with_suffix(".checked")
    written = report.stat().st_mtime_ns if report.is_file() else None
    stamps = {name: workspace.stamp(name) for name in STAGES if name != "report"}
    later = [
        name
        for name, stamp in stamps.items()
        if written is not None and stamp.is_file() and stamp.stat().st_mtime_ns > written
    ]
    if later and not _kept(workspace).unequal:
        raise DataError(
            f"The candidate is being made anew: {', '.join(later)} "
            f"wrote after its report, so its numbers are of two runs. Run `{make('report')}`, then audit it. "
            "Ledgers and generations agree with their digests."
        )


def _kept(workspace: Workspace) -> Account:
    """What no run of a stage changes: the ledgers and the generations."""
    account = Account()
    seals.audit_ledgers(workspace.ledgers, account)
    for generation in sorted(workspace.generations.glob("[0-9]*")):
        if (generation / "digests.json").is_file():
            seals.audit_generation(generation, account)
    return account


def audit(workspace: Workspace) -> Account:
    """Everything that can be computed anew of the candidate, its ledgers and the generations."""
    account = _kept(workspace)
    seals.audit_stages(workspace.data, workspace.candidate, account)
    try:
        _audit_numbers(workspace.candidate, account)
    except (IndexError, KeyError, TypeError, ValueError) as error:
        account.compare("the candidate's files", f"unreadable ({type(error).__name__}: {error})", "readable")
    return account


def _audit_numbers(folder: Path, account: Account) -> None:
    """Compares metrics and page with the tables that they are of."""
    metrics = _json(folder / "metrics.json")
    predictions = rows.read(folder / "predictions.csv")
    written = Written(predictions, metrics, _json(folder / "operating.json"))
    digest = seals.sha256(folder / "predictions.csv")
    account.compare("metrics.json: digest of predictions.csv", metrics["digests"].get("predictions"), digest)
    numbers.audit(written, account)
    sources = page.Sources(
        cohort=rows.read(folder / "cohort.csv"),
        excluded=rows.read(folder / "excluded.csv"),
        predictions=predictions,
        metrics=metrics,
        model=_json(folder / "model.json"),
        files={path.name: seals.sha256(path) for path in folder.iterdir() if path.is_file()},
    )
    page.audit(_json(folder / "report.json"), sources, account)


def _json(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _share(account: Account) -> str:
    share = account.agreed / max(account.compared, 1)
    return f"Audit: {account.agreed:,} of {account.compared:,} numbers and digests agree ({share:.2%})."


def _unseen(account: Account) -> list[str]:
    if not account.unseen:
        return []
    counted = ", ".join(f"{name} {number}" for name, number in sorted(account.unseen.items()))
    return [f"Not computed anew: {account.unseen.total():,} numbers ({counted})."]
