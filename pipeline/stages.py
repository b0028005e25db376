"""How a stage of the arrow is run.

A stage's run is recorded in the catalogue (inputs, configuration, outputs, versions, seconds); what it
wrote is named with digests in `data/NAME/stages/STAGE.json`, which changes only when an output does:
this is the file that make compares.
"""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pipeline import digests, ledger, provenance
from pipeline.arrow import ARROW
from pipeline.catalogue import Catalogue
from pipeline.champion.drift_gate import require_no_stop
from pipeline.champion.memory import require_champion, require_whole
from pipeline.config import Config
from pipeline.contracts import pointer, stamp
from pipeline.errors import DamageError, UsageError
from pipeline.printed import make, scanloom
from pipeline.records import Summary
from pipeline.workspace import Workspace

Run = Callable[[Config, Workspace], Summary]
GATES: Final = {"drift": require_no_stop}
"""What raises GateError where a gate said stop, by the gate's stage."""


def run(name: str, config: Config, workspace: Workspace, work: Run | None = None) -> Summary:
    """Runs a stage (or `work` in its place), records the run, and writes its stamp last.

    Raises UsageError when the stage before it, or a gate that it waits for, has not run on what there is now,
    GateError when the gate let it not pass, DamageError when a file that it follows
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
    for gate in ARROW[name].waits_for:  # after damage: what a gate reads must be right
        _require_passed(name, gate, workspace)
    started = time.monotonic()
    summary = (work or _load(name))(config, workspace)
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


def _require_passed(name: str, gate: str, workspace: Workspace) -> None:
    """Raises GateError when the gate said stop, UsageError when it has not looked at what there is now."""
    seen = [workspace.stamp(read) for read in ARROW[gate].reads]
    champion = pointer.FILE.path(workspace.reports)
    seen += [champion] if ARROW[gate].asks_champion and champion.is_file() else []

    def is_current(path: Path) -> bool:
        """By the rule of make: what is older than something that it is made from has to be made again."""
        return path.is_file() and all(path.stat().st_mtime_ns >= read.stat().st_mtime_ns for read in seen)

    if is_current(output_path(ARROW[gate].writes[0], workspace)):
        GATES[gate](workspace)
    if not is_current(workspace.stamp(gate).with_suffix(".checked")):
        raise UsageError(
            f"`{name}` waits for `{gate}`, which has not run since the scans or the champion changed. Run "
            f"`{make(name)}`, which runs it first."
        )


def _load(name: str) -> Run:
    """The `run` of a stage, imported now."""
    stage: Run = importlib.import_module(f"pipeline.{name}").run
    return stage


def _followed(name: str) -> Iterator[str]:
    """The stages before `name`, the last one first."""
    before = ARROW[name].after
    if before:
        yield before
        yield from _followed(before)


def _touch(path: Path) -> None:
    path.touch()
    os.utime(path)
