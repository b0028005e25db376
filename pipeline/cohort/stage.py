"""The stage: reads catalogue, table and ledger, has the cohort assembled, writes it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence, Set
from pathlib import Path

import pandas as pd

from pipeline import ledger, printed, tables
from pipeline.catalogue import Catalogue
from pipeline.cohort.assembly import Joined, Past, assemble, drawn_by
from pipeline.cohort.changes import champion_cohort
from pipeline.cohort.join import Join, Known, find_join, join_by
from pipeline.cohort.links import Told, read_links
from pipeline.cohort.outputs import Cohort, cohort_json, summary_lines
from pipeline.cohort.redraw import draws, may_redraw
from pipeline.cohort.sources import Scans, load_scans
from pipeline.config import Config
from pipeline.errors import DataError
from pipeline.pseudonyms import Key, load_key, require_same_key
from pipeline.records import Summary
from pipeline.tables import Table
from pipeline.workspace import Workspace, write_csv, write_json


def run(config: Config, workspace: Workspace, *, redraw: str = "") -> Summary:
    """What the stage did; `redraw` is the reason to draw all parts anew, empty to keep them.

    Raises:
        ConfigError: the table isn't there, or `cohort.positive` doesn't fit it.
        DataError: the table can't be joined, or its labels or parts can't be used.
        UsageError: the key is not the one the scans were read and the parts were drawn under.
        GateError: the parts can't be drawn anew, for a model has seen the test part.
        DamageError: the ledger of parts was changed by hand.
    """
    key, _ = load_key(config.ingest.key, config.name, workspace.root)
    scans = _scans(workspace, key)
    path = _table_path(config, workspace, "labels", config.cohort.labels)
    labels = tables.read(path)
    known = Known(scans.index, key.pseudonym, _folder_in_raw(path, workspace.root / config.ingest.raw))
    drawn = draws(workspace, redraw, drawn_by(config.cohort))
    _require_first_key(key, drawn.before)
    patients_of = _patients(known, scans, key, {record["patient_id"] for record in drawn.held})
    joined = Joined(scans, labels, _join(config, labels, known), _told(config, workspace, patients_of))
    past = Past(drawn.held, champion_cohort(workspace), era=_era(workspace), findings=drawn.findings)
    cohort, new = assemble(joined, config.cohort, past=past, key=key, refuse=config.refuse)
    if new:
        ledger.append(workspace.ledger("parts"), *([drawn.begun] if drawn.begun else []), *new)
    changed = _write(workspace.candidate, cohort, joined)
    lines = [*drawn.line(new), *summary_lines(cohort, scans, joined.join), *_advice(cohort, workspace)]
    return Summary(tuple(lines), changed=changed)


def _scans(workspace: Workspace, key: Key) -> Scans:
    with Catalogue(workspace.catalogue) as catalogue:
        scans = load_scans(catalogue, key)
    if not scans.cases:
        raise DataError(
            "No scan was read that can be used. `scanloom files CONFIG` shows the reason for each file."
        )
    return scans


def _require_first_key(key: Key, records: Sequence[ledger.Record]) -> None:
    """Raises UsageError when earlier patients were placed under another key: the same people would move."""
    key_ids = [record["key_id"] for record in records if "key_id" in record]
    require_same_key(key, key_ids[0] if key_ids else None, what="Patients of this analysis were placed")


def _table_path(config: Config, workspace: Workspace, key: str, given: str) -> Path:
    path = workspace.root / given
    if not path.is_file():
        raise config.refuse(("cohort", key), f"there is no table '{given}'. Mend the path.")
    return path


def _told(config: Config, workspace: Workspace, patients_of: Callable[[str], Collection[str]]) -> Told:
    given = config.cohort.links
    if given is None:
        return Told()
    path = _table_path(config, workspace, "links", given)
    return read_links(tables.read(path), path.name, patients_of=patients_of)


def _patients(known: Known, scans: Scans, key: Key, placed: Set[str]) -> Callable[[str], set[str]]:
    """What gives the patients that an ID stands for: of the scans, and of the ledger without an issuer."""

    def patients_of(value: str) -> set[str]:
        found = {scans.cases[case_id].patient_id for case_id in known.cases("patient", value)}
        return found | ({key.pseudonym("patient", "", value)} & placed)

    return patients_of


def _folder_in_raw(path: Path, raw: Path) -> str:
    """The table's folder as seen from RAW, empty when it lies outside or in RAW itself."""
    folder = path.resolve().parent
    inside = folder.is_relative_to(raw.resolve()) and folder != raw.resolve()
    return folder.relative_to(raw.resolve()).as_posix() if inside else ""


def _join(config: Config, labels: Table, known: Known) -> Join:
    choices = config.cohort
    if choices.id != "auto":
        return join_by(labels, choices.id.column, kind=choices.id.names, known=known)
    labels.column(choices.target)  # told before a failing search for identifiers
    others = {choices.target, choices.part_column, *choices.groups}
    return find_join(labels, [column for column in labels.columns if column not in others], known=known)


def _era(workspace: Workspace) -> int:
    """1 before the first promotion, else one more than there are generations."""
    return 1 + sum(path.is_dir() and path.name.isdigit() for path in workspace.generations.glob("*"))


def _advice(cohort: Cohort, workspace: Workspace) -> list[str]:
    """How other shares or another salt can still act on all patients, as long as they may."""
    if not any(finding.kind == "shares_changed" for finding in cohort.findings) or not may_redraw(workspace):
        return []
    return [
        "No model has looked at the test part yet, so all parts can still be drawn anew: "
        f"`{printed.make('cohort', {'REDRAW': printed.WHY})}`"
    ]


def _write(folder: Path, cohort: Cohort, joined: Joined) -> bool:
    """Whether a file of the cohort changed."""
    rows = pd.DataFrame([row.to_csv() for row in cohort.rows])
    excluded = pd.DataFrame(
        [(item.case_id, "cohort", item.reason, item.detail) for item in cohort.exclusions],
        columns=["case_id", "stage", "reason", "detail"],
    )
    written = (
        write_csv(folder / "cohort.csv", rows),
        write_csv(folder / "excluded.csv", excluded),
        write_json(folder / "cohort.json", cohort_json(cohort, joined.scans, joined.join)),
    )
    return any(written)
