"""Makes what was planned and read visible in the catalogue: whole batches, or nothing of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pipeline.catalogue import INGEST_STAMP, Catalogue, FileRow
from pipeline.ingest import changes
from pipeline.ingest.casting import Batch, Cast
from pipeline.ingest.headers import Header
from pipeline.ingest.planning import CasePlan, Outcome, Plan
from pipeline.ingest.reasons import REASONS
from pipeline.ingest.settling import settle

Headers = Mapping[str, Header]


def commit_plan(
    catalogue: Catalogue, made: Plan, headers: Headers, *, outdated: set[str]
) -> tuple[CasePlan, ...]:
    """Makes visible what needs no pixels, and takes back what is no more; the cases left to read.

    `outdated` are the files whose rows no longer count: they are new, changed or gone.

    A case that is read again stays until its batch is committed, so that what was normalized from it
    can stay, too, where its values turn out to be the same.
    """
    before = changes.cases_of(catalogue, {*headers, *outdated})
    planned = {case.case_id: set(case.tokens.values()) for case in made.cases}
    kept = _kept(before, planned, outdated)
    pending = tuple(case for case in made.cases if case.case_id not in kept)
    waiting = tokens_of(pending)
    settled = waiting.union(*(before[name] for name in kept))
    rows = [
        _row(token, header, made.outcomes[token])
        for token, header in sorted(headers.items())
        if token not in settled
    ]
    with catalogue.transaction():
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


def commit_cases(catalogue: Catalogue, made: Sequence[tuple[Batch, Cast]], headers: Headers) -> None:
    """Makes whole batches visible."""
    with catalogue.transaction():
        for task, result in made:
            settled = settle(task.cases, result.cases, result.spoiled)
            rows = [
                _row(token, headers[token], outcome, result.notes.get(token, ()))
                for token, outcome in sorted(settled.outcomes.items())
            ]
            standing = {case.case_id for case, _ in settled.cases}
            catalogue.put_files(rows)
            catalogue.put_cases(settled.cases)
            catalogue.delete_cases(case.case_id for case in task.cases if case.case_id not in standing)


def tokens_of(cases: Iterable[CasePlan]) -> set[str]:
    """The files that cases are made of."""
    return {token for case in cases for token in case.tokens.values()}


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
    )
