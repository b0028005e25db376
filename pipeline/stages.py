"""The arrow: which stages there are, in what order, and how one of them is run.

A stage's run is recorded in the catalogue (inputs, configuration, outputs, versions, seconds); what it
wrote is named with digests in `data/NAME/stages/STAGE.json`, which changes only when an output does:
this is the file that make compares.
"""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline import digests, ledger, provenance
from pipeline.catalogue import Catalogue
from pipeline.champion.memory import require_champion, require_whole
from pipeline.config import Config
from pipeline.contracts import (
    cohort,
    comparison,
    drift,
    history,
    ingested,
    insights,
    metrics,
    model_record,
    normalized,
    operating,
    predictions,
    report,
    rule,
    stamp,
)
from pipeline.errors import DamageError, UsageError
from pipeline.printed import make, scanloom
from pipeline.records import Summary
from pipeline.workspace import Workspace

Run = Callable[[Config, Workspace], Summary]


@dataclass(frozen=True)
class Stage:
    """A stage's word, what it writes (`data:` under `data/NAME/`, else `candidate/`), what it follows."""

    name: str
    writes: tuple[str, ...]
    after: str | None

    def load(self) -> Run:
        """The stage's `run`, imported now."""
        run: Run = importlib.import_module(f"pipeline.{self.name}").run
        return run


ARROW = {
    stage.name: stage
    for stage in (
        Stage("ingest", (f"data:{ingested.FILE.name}",), after=None),
        Stage("cohort", (cohort.TABLE.name, cohort.EXCLUDED.name, cohort.FILE.name), after="ingest"),
        Stage("normalize", (f"data:{normalized.FILE.name}",), after="cohort"),
        Stage("drift", (drift.FILE.name, drift.NEW_SCANS.name), after="normalize"),
        Stage(
            "train", (model_record.MODEL_FILE, model_record.FILE.name, history.FILE.name), after="normalize"
        ),
        Stage(
            "evaluate",
            (
                predictions.FILE.name,
                metrics.FILE.name,
                operating.FILE.name,
                rule.FILE.name,
                insights.FILE.name,
                insights.PICTURES.name,
            ),
            after="train",
        ),
        Stage("compare", (comparison.FILE.name, comparison.CHAMPION.name), after="evaluate"),
        Stage("report", (report.PAGE.name, report.FILE.name, report.CARD.name), after="compare"),
    )
}


def run(name: str, config: Config, workspace: Workspace, work: Run | None = None) -> Summary:
    """Runs a stage (or `work` in its place), records the run, and writes its stamp last.

    Raises UsageError when the stage before it has not run yet, DamageError when a file that it follows
    is not what its stage wrote, a ledger lost lines, or the champion is not the one promoted.
    """
    before = ARROW[name].after
    if before and not workspace.stamp(before).is_file():
        raise UsageError(f"`{name}` needs what `{before}` writes. Run `{make(name)}`, which runs it first.")
    if wrong := [sentence for stage in _followed(name) for sentence in damage(stage, workspace)]:
        raise DamageError("\n".join(wrong))
    require_whole(workspace)
    ledger.catch_up(workspace.ledgers)
    require_champion(workspace)
    started = time.monotonic()
    summary = (work or ARROW[name].load())(config, workspace)
    outputs = output_digests(name, workspace)
    record = {
        "config": digests.of_json(config.section(name)),
        "outputs": outputs,
        "code": provenance.code_digest(),
        "versions": provenance.versions(),
        "machine": provenance.machine(),
        "changed": summary.changed,
        "ledgers": ledger.heads(workspace.ledgers),
    }
    with Catalogue(workspace.catalogue) as catalogue, catalogue.transaction():
        catalogue.record_run(
            name,
            seconds=time.monotonic() - started,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            record=record,
        )
    stamp.of(name).write(workspace.stamp(name).parent, stamp.Stamp(outputs, name))
    _touch(workspace.stamp(name).with_suffix(".checked"))
    return summary


def output_path(written: str, workspace: Workspace) -> Path:
    """Where a name of `Stage.writes` lies."""
    place, _, name = written.rpartition(":")
    return workspace.data / name if place == "data" else workspace.candidate / name


def output_digests(name: str, workspace: Workspace) -> dict[str, str]:
    """The digests of the outputs of a stage that are there."""
    paths = {written: output_path(written, workspace) for written in ARROW[name].writes}
    return {written: digests.of_file(path) for written, path in paths.items() if path.is_file()}


def damage(name: str, workspace: Workspace) -> list[str]:
    """A sentence for each output of a stage that is there, but is not what the stage wrote.

    Raises DamageError when what says so can't be read.
    """
    done = stamp.of(name).find(workspace.stamp(name).parent)
    if done is None:
        return []
    return [
        f"{workspace.shown(output_path(written, workspace))} is not what `{name}` wrote. "
        f"`{scanloom(name)}` writes it again."
        for written, digest in output_digests(name, workspace).items()
        if done.outputs.get(written) != digest
    ]


def _followed(name: str) -> Iterator[str]:
    """The stages before `name`, the last one first."""
    before = ARROW[name].after
    if before:
        yield before
        yield from _followed(before)


def _touch(path: Path) -> None:
    path.touch()
    os.utime(path)
