"""Reads what changed and makes it visible, portion by portion: files without a case, then cases in batches.

A kill at any moment leaves whole batches in the catalogue; the files of the others are unknown to it
and are read again by the next run.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.catalogue import Catalogue
from pipeline.config import Ingest
from pipeline.config.masks import Masks
from pipeline.executors import Executor, Failure
from pipeline.ingest import changes
from pipeline.ingest.cases.batch_reading import (
    Batch,
    BatchResult,
    Spoiled,
    digest_planes,
    read_and_publish,
    read_batch,
    split,
    split_files,
    without_masks,
)
from pipeline.ingest.cases.batching import batches, shard_name
from pipeline.ingest.cases.case_plan import CasePlan, Plan
from pipeline.ingest.cases.commit import Commits, commit_plan, tokens_of
from pipeline.ingest.cases.copies import Outcome
from pipeline.ingest.cases.marking import with_masks
from pipeline.ingest.cases.planning import Wanted, plan
from pipeline.ingest.cases.portions import portions
from pipeline.ingest.cases.reader import SourceFile
from pipeline.ingest.changes import Changes
from pipeline.ingest.formats.description import Stated
from pipeline.ingest.header.header import Header, Selection
from pipeline.ingest.header.owners import NOBODY, Owners
from pipeline.ingest.header.refused_masks import tell_places
from pipeline.ingest.header.series_rules import Rule
from pipeline.ingest.header.spool import FileFacts, Spool, pages
from pipeline.ingest.header.survey import survey
from pipeline.ingest.isolation import pixel_refusal, run_isolated
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.locations import Locations, header_of
from pipeline.ingest.masks.structures import Structures
from pipeline.ingest.series.frames import Rules
from pipeline.ingest.source.discover import SourcePath
from pipeline.ingest.source.fetched import Keep, keeping
from pipeline.ingest.source.remote import is_url
from pipeline.progress import Bar, bar
from pipeline.pseudonyms import Key
from pipeline.writing import TEMPORARY

Headers = Mapping[str, Header]
_COMPARED_FILES = 16
"""How many files a child digests at once for the comparison of copies.

A choice: all children have work, and one that crashes takes few with it.
"""


@dataclass(frozen=True)
class Target:
    """What is brought up to date, by whom, under which settings and rules; `buried` are not to be read."""

    settings: Ingest
    executor: Executor
    key: Key
    catalogue: Catalogue
    shards: Path
    buried: frozenset[str]
    rules: tuple[Rule, ...] = ()
    owners: Owners = NOBODY
    formats: Mapping[str, Stated] = field(default_factory=dict)

    @property
    def limits(self) -> FileLimits:
        """What one file may cost."""
        return limits_of(self.settings)


def limits_of(settings: Ingest) -> FileLimits:
    """What one file may cost."""
    limits = settings.limits
    return FileLimits(
        file_bytes=limits.file_mb << 20,
        decoded_bytes=limits.decoded_mb << 20,
        seconds=limits.seconds,
        memory_mb=limits.memory_mb,
        depth=limits.depth,
        members=limits.members,
    )


def update(target: Target, difference: Changes, locations: Locations, closed: Mapping[str, int]) -> int:
    """How many files were new or changed.

    They were read, the known ones of their series, and those whose reason may have passed. `closed` are the
    archives that weren't listed, with the number of files in them.
    """
    with _keeping(target) as keep, Spool(target.executor.folder, keep) as spool:
        _read_headers(target, spool, difference.fresh, locations)
        _drop_known(target, spool)
        changed = len(spool.entries)
        _read_headers(target, spool, difference.again, locations)
        _drop_as_before(target, spool, difference.again)
        files = _unpacked(locations, closed)
        outdated = {*spool.entries, *difference.gone}
        names = _names(target, spool, outdated, locations)
        with bar("images", len(spool.entries), "files") as progress:
            for portion in portions(names, files=files):
                headers = spool.headers(token for token in portion if token in spool.entries)
                _read_images(target, headers, outdated.intersection(portion), locations, progress)
    with target.catalogue.transaction():
        target.catalogue.delete_cases(sorted(changes.cases_without_files(target.catalogue)))
    for shard in target.catalogue.unused_shards("cases", target.shards):
        shard.unlink()
    return changed


def _unpacked(locations: Locations, closed: Mapping[str, int]) -> int:
    """How many files RAW holds: as many as if its archives were unpacked."""
    archives = closed.keys() | locations.listings.keys()
    return sum(closed.values()) + len(locations.by_token) - len(archives)


def _names(
    target: Target, spool: Spool, outdated: set[str], locations: Locations
) -> dict[str, tuple[str, ...]]:
    """The series and images that each file is of now and was of before.

    The known files that share one with an outdated or a new one are read for it, too. One of these may have
    gone to another series meanwhile, whose files are then read as well.
    """
    catalogue = target.catalogue
    # Known files that are read for others are the same: no mask among them may be of more than before.
    new = {name for entry in spool.entries.values() for name in entry.facts.may_mark}
    names = changes.may_be_marked(catalogue) | new
    doubted = changes.doubted_in(catalogue, names) if names else {}
    before, now = changes.identities(catalogue, outdated, doubted), _identities(spool, names)
    moved = [*before.values(), *now.values()]
    # A file that moved to another series makes that series incomplete, or whole, too.
    while around := changes.touched(catalogue, moved, doubted) - outdated - now.keys():
        _read_headers(target, spool, locations.of(around, catalogue), locations)
        known, now = changes.identities(catalogue, around, doubted), _identities(spool, names)
        before |= known
        moved = [now[token] for token in sorted(around) if now[token] != known[token]]
    return {token: (*before.get(token, ()), *now.get(token, ())) for token in before.keys() | now.keys()}


def _read_images(
    target: Target, headers: Headers, outdated: set[str], locations: Locations, progress: Bar
) -> None:
    """Plans the files of a portion and reads its cases; `outdated` ones are new, changed or gone."""
    files = {
        token: SourceFile(found.path, header.size, header.mtime_ns, found.member, header.kept)
        for token, header in headers.items()
        for found in [locations.by_token[token]]
    }
    planned = _planned(target, headers, files)
    pending = commit_plan(target.catalogue, planned, headers, outdated=outdated)
    progress.advance(len(headers) - len(tokens_of(pending)))
    _read_cases(target, pending, headers, files, progress)


def _read_headers(target: Target, spool: Spool, files: Sequence[SourcePath], locations: Locations) -> None:
    """Reads the headers of files into the spool, and of what is in archives among them."""
    unlisted = [file for file in files if file.token not in locations.listings]
    archives = _surveyed(target, spool, locations.with_companions(unlisted))
    _surveyed(target, spool, locations.with_companions(locations.open_archives(archives)))
    listed = {file.token: locations.listings.get(file.token) for file in (*files, *archives)}
    for token, listing in listed.items():
        if listing is not None:
            for page in pages({token: header_of(locations.by_token[token], listing)}):
                spool.add(page)


def _surveyed(target: Target, spool: Spool, files: Sequence[SourcePath]) -> list[SourcePath]:
    settings = target.settings
    reviewed = settings.pixel_text == "reviewed"
    selection = Selection(
        settings.modalities,
        target.limits,
        reviewed,
        settings.dates,
        target.rules,
        settings.include,
        target.owners,
        target.formats,
        settings.masks.called if settings.masks else {},
    )
    key, buried, executor = target.key, target.buried, target.executor
    archives = survey(files, spool, key=key, selection=selection, buried=buried, executor=executor)
    tell_places(files, spool, key=key, selection=selection, buried=buried, executor=executor)
    return archives


def _keeping(target: Target) -> contextlib.AbstractContextManager[Keep | None]:
    """Where fetched bytes stay; nowhere for a folder, of which nothing is fetched, nor on a cluster."""
    if target.executor.scheduler or not is_url(os.fsencode(target.settings.raw)):
        return contextlib.nullcontext()
    return keeping(target.executor.folder)


def _drop_known(target: Target, spool: Spool) -> None:
    """Leaves out files whose bytes are known, and what they are of: only their time changed."""
    known = changes.lasting_digests(target.catalogue, spool.entries)
    before = changes.identities(target.catalogue, known)
    facts = {token: spool.entries[token].facts for token in known}
    same = sorted(
        token
        for token, one in facts.items()
        if one.digest
        # A mask of the same bytes may have got another image meanwhile.
        and (known[token], *before[token], ()) == (one.digest, one.series_id, one.sop_id, one.may_mark)
    )
    if same:
        headers = spool.headers(same)
        with target.catalogue.transaction():
            target.catalogue.set_times((token, header.mtime_ns) for token, header in headers.items())
        spool.drop(same)


def _shared(token: str, facts: FileFacts, names: Set[str]) -> list[str]:
    return sorted(names & {token, facts.study_id, *facts.may_mark})


def _drop_as_before(target: Target, spool: Spool, again: Sequence[SourcePath]) -> None:
    """Leaves out refused masks that may be of the same scans as before, which then stay as they are."""
    doubtful = [file.token for file in again if spool.entries[file.token].facts.may_mark]
    headers = spool.headers(doubtful)
    told = {token: (header.digest, header.reason, header.may_mark) for token, header in headers.items()}
    spool.drop(changes.still_in_doubt(target.catalogue, told) if told else ())


def _identities(spool: Spool, names: Set[str]) -> dict[str, changes.Identity]:
    """The identity of each file; `names` are the studies and images that refused masks may be of."""
    return {
        token: (facts.series_id, facts.sop_id, *(_shared(token, facts, names) if names else ()))
        for token, facts in ((token, entry.facts) for token, entry in spool.entries.items())
    }


def _planned(target: Target, headers: Headers, files: Mapping[str, SourceFile]) -> Plan:
    """The plan; where it has to compare pixels, they are digested in children and it is made again."""
    settings = target.settings
    volumes = Rules(
        settings.unit, settings.min_slices, settings.resample_z, settings.untilt, settings.include
    )
    wanted = Wanted(volumes, target.rules, settings.unit_of, settings.channels.resample == "linear")
    known: dict[str, tuple[str, ...]] = {}
    asked: set[str] = set()

    def pixel_digest(token: str, index: int) -> str:
        if token not in known:
            asked.add(token)
        planes = known.get(token, ())
        # Until it was digested, a plane is like no other: a plan made on that asks, and is made again.
        return planes[index] if index < len(planes) else f"{token} {index}"

    def case_id(names: Iterable[str]) -> str:
        return target.key.pseudonym("case", *names)

    planned = plan(headers, wanted, pixel_digest=pixel_digest, case_id=case_id)
    # Knowing more, a plan can compare images that the one before took for different.
    while asked:
        known |= _pixel_digests(target, {token: files[token] for token in sorted(asked)})
        asked.clear()
        planned = plan(headers, wanted, pixel_digest=pixel_digest, case_id=case_id)
    return with_masks(planned, headers, _structures(settings.masks, target)) if settings.masks else planned


def _structures(masks: Masks, target: Target) -> Structures:
    nifti = target.formats.get("nifti")
    return Structures(
        masks.called,
        frozenset(masks.may_be_absent),
        masks.undeclared,
        masks.threshold,
        nifti.form if nifti else "",
        nifti.axes if nifti else "",
        masks.resample == "nearest",
    )


def _pixel_digests(target: Target, files: Mapping[str, SourceFile]) -> dict[str, tuple[str, ...]]:
    """Digests of the planes of each file, () for files whose pixels end their child."""
    pairs = list(files.items())
    tasks = [
        _batch(target, (), dict(pairs[start : start + _COMPARED_FILES]))
        for start in range(0, len(pairs), _COMPARED_FILES)
    ]
    digests: dict[str, tuple[str, ...]] = {}
    limits, executor = target.limits, target.executor
    for task, result in run_isolated(
        digest_planes, tasks, split=split_files, executor=executor, limits=limits
    ):
        digests |= dict.fromkeys(task.files, ()) if isinstance(result, Failure) else result
    return digests


def _read_cases(
    target: Target,
    pending: Sequence[CasePlan],
    headers: Headers,
    files: Mapping[str, SourceFile],
    progress: Bar,
) -> None:
    digest_of = {token: header.digest for token, header in headers.items()}
    tasks = [
        replace(_batch(target, cases, files), shard=target.shards / shard_name(cases, digest_of))
        for cases in batches(pending)
    ]
    limits, executor = target.limits, target.executor
    function = read_and_publish if executor.scheduler else read_batch
    failed: list[tuple[Batch, Failure]] = []
    with Commits(target.catalogue, headers) as commits:
        for task, result in run_isolated(function, tasks, split=split, executor=executor, limits=limits):
            if isinstance(result, Failure) and any(case.masks for case in task.cases):
                failed.append((task, result))
                continue
            commits.add(task, _blame(target, task, result) if isinstance(result, Failure) else result)
            progress.advance(len(task.files))
        # A child that ends over a mask takes no scan with it: its cases are read once more, without.
        bare = [without_masks(task, _outcome_of(failure)) for task, failure in failed]
        for task, result in run_isolated(function, bare, split=split, executor=executor, limits=limits):
            commits.add(task, _blame(target, task, result) if isinstance(result, Failure) else result)
            progress.advance(len(task.files))


def _outcome_of(failure: Failure) -> Outcome:
    """The outcome of the masks whose child ended."""
    refusal = pixel_refusal(failure)
    return Outcome(refusal.reason, refusal.detail)


def _batch(target: Target, cases: tuple[CasePlan, ...], files: Mapping[str, SourceFile]) -> Batch:
    needed = tokens_of(cases) if cases else files
    read = {token: files[token] for token in sorted(needed)}
    return Batch(cases, read, target.shards / "shard.npy", target.key, target.limits)


def _blame(target: Target, task: Batch, failure: Failure) -> BatchResult:
    """Which of a case's files ended the child: each is tried alone; where none did, the case as a whole."""
    for leftover in target.shards.glob(f"{task.shard.stem}{TEMPORARY}*"):
        leftover.unlink()
    refusal = pixel_refusal(failure)
    guilty = set()
    # A single file needs no trial: its case stands for it.
    if len(task.files) > 1:
        images = {token: task.files[token] for case in task.cases for token in case.images}
        guilty = {token for token, planes in _pixel_digests(target, images).items() if not planes}
    spoiled = [
        Spoiled(case.case_id, refusal.reason, refusal.detail, token)
        for case in task.cases
        for token in sorted(guilty & case.images) or [""]
    ]
    return BatchResult((), tuple(spoiled), {})
