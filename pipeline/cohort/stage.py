"""The stage: reads catalogue, table and ledger, has the cohort assembled, writes it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd

from pipeline import ledger, printed, tables
from pipeline.catalogue import Catalogue
from pipeline.catalogue import cases as stored_cases
from pipeline.catalogue import masks as stored_masks
from pipeline.cohort.acquisition import of_table
from pipeline.cohort.assembly import Joined, Past, assemble, draw_settings
from pipeline.cohort.changes import champion_cohort
from pipeline.cohort.choice import find_join
from pipeline.cohort.external import digest_of_folders, scans_of_another_source
from pipeline.cohort.join import Join, KeyColumn, Known, join_by
from pipeline.cohort.leaks import Frozen, look_for_leaks
from pipeline.cohort.links import Links, read_links
from pipeline.cohort.masks import Marked, alike, digests_of, marks_of
from pipeline.cohort.opening import NO_TABLE, open_labels, table_path
from pipeline.cohort.outputs import Cohort, summary_lines, summed
from pipeline.cohort.redraw import draws, may_redraw
from pipeline.cohort.sources import ONE_PERSON, Scans, load_scans
from pipeline.cohort.traits import traits_of
from pipeline.config import Config
from pipeline.contracts import cohort as contract
from pipeline.contracts import leaks
from pipeline.errors import DataError
from pipeline.pixel_review import is_reviewed
from pipeline.printed import scanloom
from pipeline.progress import waiting
from pipeline.pseudonyms import Key, present_key, require_same_key
from pipeline.records import EXTERNAL, Summary
from pipeline.spelling import folder_in_raw
from pipeline.statistics.small_sample import FULL, LEAST
from pipeline.tables import Table
from pipeline.tasks.registry import task_of
from pipeline.workspace import Workspace

Below = Callable[[Collection[str]], Mapping[str, Collection[str]]]
"""From folders below RAW to the scans in each."""


def nowhere(folders: Collection[str]) -> Mapping[str, Collection[str]]:
    """Nothing lies in no folder. Raises LookupError when folders are asked for and nobody walks RAW."""
    if folders:
        raise LookupError("folders of RAW are named, and nothing was given that walks RAW")
    return {}


def run(config: Config, workspace: Workspace, *, redraw: str = "", below: Below = nowhere) -> Summary:
    """What the stage did; `redraw` is the reason to draw all parts anew, empty to keep them.

    `below` tells the scans of folders, asked only where the YAML names some. Raises:
        ConfigError: the table isn't there, or `cohort.positive` doesn't fit it.
        DataError: the table can't be joined, or its labels or parts can't be used.
        UsageError: the key is not the one the scans were read and the parts were drawn under.
        GateError: the parts can't be drawn anew, for a model has seen the test part.
        DamageError: the ledger of parts was changed by hand.
    """
    key = present_key(config.ingest.key, config.name, workspace.root)
    scans = _scans(workspace, key, apart=ONE_PERSON in config.cohort.accept)
    task = task_of(config.task)
    path, labels = open_labels(config, workspace.root) if config.cohort.labels else (None, NO_TABLE)
    folder = folder_in_raw(path, workspace.root / config.ingest.raw) if path else ""
    known = Known(scans.index, key.pseudonym, folder, traits_of(scans.cases.values()))
    all_draws = draws(workspace, redraw, draw_settings(config.cohort))
    _require_first_key(key, all_draws.before)
    patients_of = _patients(known, scans, key, {record["patient_id"] for record in all_draws.held})
    join = _join(config, labels, known) if path else Join((), ())
    folders = config.cohort.external.folders if config.cohort.external else ()
    joined = Joined(
        scans,
        labels,
        join,
        _links(config, workspace, patients_of),
        task,
        one_vote=config.evaluate.unit == "patient",
        marked=_marked(config, workspace, key, scans) if task.target.READS_MASKS else None,
        external=scans_of_another_source(config, labels, join, below=below(folders)),
    )
    past = Past(
        all_draws.held, champion_cohort(workspace), _era(workspace), all_draws.notices, _redraw(workspace)
    )
    cohort, new = assemble(joined, config.cohort, past=past, key=key, refuse=config.refuse)
    if new:
        ledger.append(workspace.ledger("parts"), *([all_draws.begun] if all_draws.begun else []), *new)
    with waiting("cohort: looking for what tells the label beside the image"):
        found = look_for_leaks(_frozen(cohort, joined, config, key, workspace))
    sums = replace(summed(cohort, scans, joined.join), external_folders=digest_of_folders(config.cohort, key))
    changed = _write(workspace.candidate, cohort, scans, sums)
    changed |= leaks.FILE.write(workspace.candidate, found)
    lines = [*all_draws.line(new), *summary_lines(cohort, scans, joined.join)]
    lines += [*_few_tested(cohort, config, workspace), *_advice(cohort, workspace)]
    return Summary(tuple(lines), changed=changed)


def _scans(workspace: Workspace, key: Key, *, apart: bool) -> Scans:
    with Catalogue(workspace.catalogue) as catalogue:
        scans = load_scans(catalogue, key, apart=apart)
    if not scans.cases:
        raise DataError(
            f"No scan was read that can be used. `{scanloom('files')}` shows the reason for each file."
        )
    return scans


def _marked(config: Config, workspace: Workspace, key: Key, scans: Scans) -> Marked:
    """What masks say of each scan, by the declared structures that the task needs."""
    may_be_absent = config.ingest.masks.may_be_absent if config.ingest.masks else ()
    with Catalogue(workspace.catalogue) as catalogue:
        masks, refused = stored_masks.all_of(catalogue), stored_masks.refused(catalogue)
    declared = config.cohort.structures
    patient_of = {case.case_id: case.patient_id for case in scans.cases.values()}
    return Marked(
        marks_of(masks, declared, may_be_absent, refused=refused),
        digests_of(masks, declared, key),
        tuple(alike(masks, declared, patient_of)),
    )


def _require_first_key(key: Key, records: Sequence[ledger.Record]) -> None:
    """Raises UsageError when earlier patients were placed under another key: the same people would move."""
    key_ids = [record["key_id"] for record in records if "key_id" in record]
    require_same_key(key, key_ids[0] if key_ids else None, what="Patients of this analysis were placed")


def _links(config: Config, workspace: Workspace, patients_of: Callable[[str], Collection[str]]) -> Links:
    table_name = config.cohort.links
    if table_name is None:
        return Links()
    path = table_path(config, workspace.root, "links", table_name)
    return read_links(tables.read(path), path.name, patients_of=patients_of)


def _patients(known: Known, scans: Scans, key: Key, placed: Set[str]) -> Callable[[str], set[str]]:
    """What gives the patients that an ID stands for: of the scans, and of the ledger without an issuer."""

    def patients_of(value: str) -> set[str]:
        patients = {scans.cases[case_id].patient_id for case_id in known.cases("patient", value)}
        return patients | ({key.pseudonym("patient", "", value)} & placed)

    return patients_of


def _join(config: Config, labels: Table, known: Known) -> Join:
    choices = config.cohort
    keys = [KeyColumn(key.column, key.names) for key in choices.keys]
    if keys:
        return join_by(labels, keys, known=known)
    in_masks = task_of(config.task).target.READS_MASKS
    columns = choices.other_columns if in_masks else choices.columns
    others = [column for column in labels.columns if column not in columns]
    return find_join(labels, others, value_columns=columns, known=known, refuse=config.refuse)


def _frozen(cohort: Cohort, joined: Joined, config: Config, key: Key, workspace: Workspace) -> Frozen:
    """What the checks on leakage look at."""
    targets = [row.target for row in cohort.rows]
    groups = cohort.task.page.population(targets, cohort.question)
    scans = joined.scans
    return Frozen(
        rows=cohort.rows,
        scans=scans,
        pairs=cohort.near_copies,
        groups=groups[0].of_cases if len(groups) == 1 else None,
        accepted={str(check): reason for check, reason in config.cohort.accept.items()},
        reviewed=is_reviewed(config, workspace, scans.cases.values()),
        pseudonym=key.pseudonym,
        columns=of_table(joined.table, joined.join, besides=config.cohort.columns),
        hints=partial(_hints, workspace),
        asked_for=" ".join(config.cohort.columns),
    )


def _hints(workspace: Workspace, case_ids: Iterable[str]) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    with Catalogue(workspace.catalogue) as catalogue:
        return stored_cases.hints(catalogue, case_ids)


def _era(workspace: Workspace) -> int:
    """1 before the first promotion, else one more than there are generations."""
    return 1 + sum(path.is_dir() and path.name.isdigit() for path in workspace.generations.glob("*"))


def _advice(cohort: Cohort, workspace: Workspace) -> list[str]:
    """How other shares or another salt can still act on all patients, as long as they may."""
    command = _redraw(workspace)
    if not command or not any(notice.kind == "shares_changed" for notice in cohort.notices):
        return []
    return [f"No model has looked at the test part yet, so all parts can still be drawn anew: `{command}`"]


def _few_tested(cohort: Cohort, config: Config, workspace: Workspace) -> list[str]:
    """That a test part is too small for its numbers, told before a model looks at it: later it is spent."""
    tested = len({row.person_id for row in cohort.rows if row.part == "test"})
    parts_are_given = config.cohort.fold or config.cohort.part_column
    if parts_are_given or not 0 < tested < 2 * FULL or not may_redraw(workspace):
        return []
    everybody = len({row.person_id for row in cohort.rows if row.part != EXTERNAL})
    return [
        f"The test part has {tested} patients: numbers of fewer than {LEAST} of a kind are withheld, "
        f"those of fewer than {FULL} are anecdotes. `{printed.make('folds', {'OF': '5'})}` tests all "
        f"{everybody}, each by a network that never saw them"
    ]


def _redraw(workspace: Workspace) -> str:
    """The command that draws all parts anew, empty once it would be refused."""
    return printed.make("cohort", {"REDRAW": printed.WHY}) if may_redraw(workspace) else ""


def _write(folder: Path, cohort: Cohort, scans: Scans, sums: contract.Cohort) -> bool:
    """Whether a file of the cohort changed."""
    rows = pd.DataFrame([row.to_csv() for row in cohort.rows])
    cases = [(item.case_id, "cohort", item.reason, item.detail) for item in cohort.exclusions]
    files = [(token, "ingest", reason, detail) for token, reason, detail in scans.unused]
    excluded = pd.DataFrame([*cases, *files], columns=list(contract.EXCLUDED.columns))
    written = (
        contract.TABLE.write(folder, rows, targets=cohort.task.target.targets(cohort.question)),
        contract.EXCLUDED.write(folder, excluded),
        contract.FILE.write(folder, sums),
    )
    return any(written)
