"""Reads what changed and makes it visible: first every file without a case, then cases batch by batch.

A kill at any moment leaves whole batches in the catalogue; the files of the others are unknown to it
and are read again by the next run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.catalogue import INGEST_STAMP, Catalogue, FileRow
from pipeline.config import Ingest
from pipeline.executors import Crew, Failure
from pipeline.ingest import changes
from pipeline.ingest.batching import batches, shard_name
from pipeline.ingest.casting import Batch, Cast, Spoiled, cast, digest_planes, split
from pipeline.ingest.changes import Changes
from pipeline.ingest.discover import Found
from pipeline.ingest.frames import Rules
from pipeline.ingest.headers import Header, Selection
from pipeline.ingest.isolation import pixel_refusal, run_isolated
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.planning import CasePlan, Outcome, Plan, plan
from pipeline.ingest.reader import SourceFile
from pipeline.ingest.reasons import REASONS
from pipeline.ingest.series_rules import Rule
from pipeline.ingest.settling import settle
from pipeline.ingest.survey import survey
from pipeline.progress import bar
from pipeline.pseudonyms import Key
from pipeline.workspace import TEMPORARY

Headers = dict[str, Header]


@dataclass(frozen=True)
class Target:
    """What is brought up to date, by whom, under which settings and rules; `buried` are not to be read."""

    settings: Ingest
    crew: Crew
    key: Key
    catalogue: Catalogue
    shards: Path
    buried: frozenset[str]
    rules: tuple[Rule, ...] = ()

    @property
    def limits(self) -> FileLimits:
        """What one file may cost."""
        limits = self.settings.limits
        return FileLimits(
            limits.file_mb << 20, limits.decoded_mb << 20, limits.seconds, limits.memory_mb, limits.depth
        )


def update(target: Target, difference: Changes, found: Sequence[Found]) -> int:
    """How many files were new or changed; they and the known ones of their series were read.

    So were those whose reason may have passed.
    """
    by_token = {file.token: file for file in found}
    headers = _known_dropped(target, _read_headers(target, difference.fresh))
    changed = len(headers)
    headers |= _read_headers(target, difference.again)
    removed = {*headers, *difference.gone}
    around = changes.touched(target.catalogue, removed, headers) - removed
    headers |= _read_headers(target, [by_token[token] for token in sorted(around)])
    files = {
        token: SourceFile(by_token[token].path, header.size, header.mtime_ns)
        for token, header in headers.items()
    }
    made = _planned(target, headers, files)
    pending = _commit_plan(target, made, headers, removed=removed)
    _cast_all(target, pending, headers, files)
    _remove_unused_shards(target)
    return changed


def _read_headers(target: Target, files: Sequence[Found]) -> Headers:
    regular = [file for file in files if not file.reason]
    headers = {
        file.token: Header(file.size, file.mtime_ns, reason=file.reason) for file in files if file.reason
    }
    settings = target.settings
    reviewed = settings.pixel_text == "reviewed"
    selection = Selection(settings.modalities, target.limits, reviewed, settings.dates, target.rules)
    with bar("headers", len(regular), "files") as progress:
        headers |= survey(regular, key=target.key, selection=selection, crew=target.crew, progress=progress)
    return {token: _unless_buried(header, target.buried) for token, header in headers.items()}


def _unless_buried(header: Header, buried: frozenset[str]) -> Header:
    words = {header.patient_id, *(word for kind, word in header.identifiers if kind == "patient")}
    if not words & buried:
        return header
    return Header(header.size, header.mtime_ns, header.digest, reason="consent_withdrawn", image=True)


def _known_dropped(target: Target, headers: Headers) -> Headers:
    """The headers without those of files whose bytes are known: only their time changed."""
    known = changes.known_digests(target.catalogue, headers)
    same = {token for token, digest in known.items() if digest and digest == headers[token].digest}
    if same:
        with target.catalogue.transaction():
            target.catalogue.set_times((token, headers[token].mtime_ns) for token in sorted(same))
    return {token: header for token, header in headers.items() if token not in same}


def _planned(target: Target, headers: Headers, files: Mapping[str, SourceFile]) -> Plan:
    """The plan; where it has to compare pixels, they are digested in children and it is made again."""
    settings = target.settings
    rules = Rules(
        settings.unit, settings.min_slices, settings.resample_z, settings.untilt, series=target.rules
    )
    known: dict[str, tuple[str, ...]] = {}
    wanted: set[str] = set()

    def pixel_digest(token: str, index: int) -> str:
        if token not in known:
            wanted.add(token)
        planes = known.get(token, ())
        return planes[index] if index < len(planes) else f"{token} {index}"

    def case_id(names: Iterable[str]) -> str:
        return target.key.pseudonym("case", *names)

    made = plan(headers, rules, pixel_digest=pixel_digest, case_id=case_id)
    while wanted:
        known |= _pixel_digests(target, {token: files[token] for token in sorted(wanted)})
        wanted.clear()
        made = plan(headers, rules, pixel_digest=pixel_digest, case_id=case_id)
    return made


def _pixel_digests(target: Target, files: Mapping[str, SourceFile]) -> dict[str, tuple[str, ...]]:
    """Digests of the planes of each file, () for files whose pixels end their child."""
    tasks = [_batch(target, (), {token: file}) for token, file in files.items()]
    found: dict[str, tuple[str, ...]] = {}
    limits, crew = target.limits, target.crew
    for task, result in run_isolated(
        digest_planes, tasks, split=lambda task: [task], crew=crew, limits=limits
    ):
        found |= dict.fromkeys(task.files, ()) if isinstance(result, Failure) else result
    return found


def _commit_plan(target: Target, made: Plan, headers: Headers, *, removed: set[str]) -> tuple[CasePlan, ...]:
    """Makes visible what needs no pixels, and takes back what is no more; the cases left to read.

    A case that is read again stays until its batch is committed, so that what was normalized from it
    can stay, too, where its values turn out to be the same.
    """
    catalogue = target.catalogue
    before = changes.cases_of(catalogue, {*headers, *removed})
    planned = {case.case_id: set(case.tokens.values()) for case in made.cases}
    kept = _kept(before, planned, removed)
    pending = tuple(case for case in made.cases if case.case_id not in kept)
    waiting = {token for case in pending for token in case.tokens.values()}
    settled = waiting.union(*(before[name] for name in kept))
    rows = [
        _row(token, header, made.outcomes[token])
        for token, header in sorted(headers.items())
        if token not in settled
    ]
    with catalogue.transaction():
        catalogue.set_meta(INGEST_STAMP, "")
        catalogue.delete_files(sorted(removed | waiting))
        catalogue.put_files(rows)
        orphans = changes.cases_without_files(catalogue)
        catalogue.delete_cases(sorted((before.keys() | orphans) - planned.keys()))
    return pending


def _kept(before: Mapping[str, set[str]], planned: Mapping[str, set[str]], removed: set[str]) -> set[str]:
    """The cases that stay as they are: of the same unchanged files, none of which has a part in another."""
    kept = {name for name, tokens in before.items() if planned.get(name) == tokens and not tokens & removed}
    while True:
        waiting = {token for name, tokens in planned.items() if name not in kept for token in tokens}
        shared = {name for name in kept if before[name] & waiting}
        if not shared:
            return kept
        kept -= shared


def _cast_all(
    target: Target, pending: Sequence[CasePlan], headers: Headers, files: Mapping[str, SourceFile]
) -> None:
    digest_of = {token: header.digest for token, header in headers.items()}
    tasks = [
        replace(_batch(target, cases, files), shard=target.shards / shard_name(cases, digest_of))
        for cases in batches(pending)
    ]
    limits, crew = target.limits, target.crew
    with bar("images", len(pending), "cases") as progress:
        for task, result in run_isolated(cast, tasks, split=split, crew=crew, limits=limits):
            made = _blame(target, task, result) if isinstance(result, Failure) else result
            _commit_batch(target, task, made, headers)
            progress.advance(len(task.cases))


def _batch(target: Target, cases: tuple[CasePlan, ...], files: Mapping[str, SourceFile]) -> Batch:
    needed = {token for case in cases for token in case.tokens.values()} if cases else files
    own = {token: files[token] for token in sorted(needed)}
    return Batch(cases, own, target.shards / "shard.npy", target.key, target.limits)


def _blame(target: Target, task: Batch, failure: Failure) -> Cast:
    """Which of a case's files ended the child: each is tried alone; where none did, the case as a whole."""
    for leftover in target.shards.glob(f"{task.shard.stem}{TEMPORARY}*"):
        leftover.unlink()
    refusal = pixel_refusal(failure)
    guilty = set()
    if len(task.files) > 1:
        guilty = {token for token, planes in _pixel_digests(target, task.files).items() if not planes}
    spoiled = [
        Spoiled(case.case_id, refusal.reason, refusal.detail, token)
        for case in task.cases
        for token in sorted(guilty & set(case.tokens.values())) or [""]
    ]
    return Cast((), tuple(spoiled), {})


def _commit_batch(target: Target, task: Batch, made: Cast, headers: Headers) -> None:
    settled = settle(task.cases, made.cases, made.spoiled)
    rows = [
        _row(token, headers[token], outcome, made.notes.get(token, ()))
        for token, outcome in sorted(settled.outcomes.items())
    ]
    with target.catalogue.transaction():
        standing = {case.case_id for case, _ in settled.cases}
        target.catalogue.put_files(rows)
        target.catalogue.put_cases(settled.cases)
        target.catalogue.delete_cases(case.case_id for case in task.cases if case.case_id not in standing)


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


def _remove_unused_shards(target: Target) -> None:
    used = {row[0] for row in target.catalogue.query("SELECT DISTINCT shard FROM cases")}
    for path in sorted(target.shards.glob("shard-*.npy")):
        if path.name not in used:
            path.unlink()
