"""Makes what was planned and read visible in the catalogue: whole batches, or nothing of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from pipeline.arrays import publish
from pipeline.catalogue import INGEST_STAMP, Catalogue, FileRow
from pipeline.ingest import changes
from pipeline.ingest.cases.batch_outcomes import batch_outcomes
from pipeline.ingest.cases.batch_reading import Batch, BatchResult
from pipeline.ingest.cases.case_plan import CasePlan, Plan
from pipeline.ingest.cases.copies import Outcome
from pipeline.ingest.header.header import Header
from pipeline.ingest.reasons import REASONS

Headers = Mapping[str, Header]
_COMMITTED_FILES, _COMMITTED_BYTES = 2048, 128 << 20
"""A commit writes many pages of the catalogue for few rows: not one after every batch of small files.

What isn't committed when a run is killed is read again.
"""
_PUBLISHERS = 2  # a disk does more with two requests at once than with one


def commit_plan(
    catalogue: Catalogue, plan: Plan, headers: Headers, *, outdated: set[str]
) -> tuple[CasePlan, ...]:
    """Makes visible what needs no pixels, and takes back what is no more; the cases left to read.

    `outdated` are the files whose rows no longer count: they are new, changed or gone.

    A case that is read again stays until its batch is committed, so that what was normalized from it
    can stay, too, where its values turn out to be the same.
    """
    before = changes.cases_of(catalogue, {*headers, *outdated})
    planned = {case.case_id: case.files for case in plan.cases}
    kept = _kept(before, planned, outdated)
    pending = tuple(case for case in plan.cases if case.case_id not in kept)
    waiting = tokens_of(pending)
    untouched = waiting.union(*(before[name] for name in kept))
    rows = [
        _row(token, header, plan.outcomes[token])
        for token, header in sorted(headers.items())
        if token not in untouched
    ]
    with catalogue.transaction():
        # Later stages go by the stamp: none must stand while the rows under it change.
        catalogue.set_meta(INGEST_STAMP, "")
        catalogue.delete_files(sorted(outdated | waiting))
        catalogue.put_files(rows)
        catalogue.delete_cases(sorted(before.keys() - planned.keys()))
    return pending


def _kept(before: Mapping[str, set[str]], planned: Mapping[str, set[str]], outdated: set[str]) -> set[str]:
    """The cases that stay as they are: of the same unchanged files, none of which has a part in another."""
    kept = {name for name, tokens in before.items() if planned.get(name) == tokens and not tokens & outdated}
    while True:
        waiting = {token for name, tokens in planned.items() if name not in kept for token in tokens}
        shared = {name for name in kept if before[name] & waiting}
        if not shared:
            return kept
        kept -= shared


class Commits:
    """Makes batches visible, in turn and whole, once enough of them wait; use as a context manager.

    A batch is visible after its shard is safe on the disk: that is waited for beside the reading of others.
    """

    def __init__(self, catalogue: Catalogue, headers: Headers) -> None:
        self._catalogue = catalogue
        self._headers = headers
        self._disk = ThreadPoolExecutor(_PUBLISHERS)
        self._waiting: list[tuple[Batch, BatchResult]] = []
        self._published: list[Future[None]] = []

    def add(self, task: Batch, result: BatchResult) -> None:
        """Takes what became of a batch. Raises RetryError when the disk is full."""
        self._waiting.append((task, result))
        if result.unpublished is not None:
            self._published.append(self._disk.submit(publish, result.unpublished, task.shard))
        files = sum(len(batch.files) for batch, _ in self._waiting)
        size = sum(case.stored.nbytes for _, one in self._waiting for case in one.cases)
        if files >= _COMMITTED_FILES or size >= _COMMITTED_BYTES:
            self._commit()

    def _commit(self) -> None:
        # Voxels first: a row that is visible must never point at bytes that aren't on the disk.
        for shard in self._published:
            shard.result()
        with self._catalogue.transaction():
            for task, result in self._waiting:
                _put(self._catalogue, task, result, self._headers)
        self._waiting, self._published = [], []

    def __enter__(self) -> Commits:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        with self._disk:
            if kind is None:
                self._commit()


def _put(catalogue: Catalogue, task: Batch, result: BatchResult, headers: Headers) -> None:
    became = batch_outcomes(task.cases, result.cases, result.spoiled, result.masks)
    rows = [
        _row(token, headers[token], outcome, result.notes.get(token, ()))
        for token, outcome in sorted(became.outcomes.items())
    ]
    standing = {case.case_id for case, _ in became.cases}
    catalogue.put_files(rows)
    catalogue.put_cases(became.cases)
    catalogue.put_masks(became.masks)
    catalogue.delete_cases(case.case_id for case in task.cases if case.case_id not in standing)


def tokens_of(cases: Iterable[CasePlan]) -> set[str]:
    """The files that cases are made of."""
    return {token for case in cases for token in case.files}


def _row(token: str, header: Header, outcome: Outcome, notes: Iterable[str] = ()) -> FileRow:
    return FileRow(
        token=token,
        size=header.size,
        mtime_ns=header.mtime_ns,
        digest=header.digest,
        state=REASONS[outcome.reason].state,
        reason=outcome.reason,
        detail=outcome.detail,
        notes=tuple(sorted({*header.notes, *notes})),
        image=header.image,
        series_id=header.series_id,
        sop_id=header.sop_id,
        identifiers=header.identifiers,
        archive=header.archive,
        members=header.members,
    )
