"""The stage: RAW against the catalogue, what is new read, and a table of what became of every file."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pipeline import digests, ledger
from pipeline.catalogue import INGEST_STAMP, Catalogue
from pipeline.catalogue import files as stored_files
from pipeline.config import Config, Ingest
from pipeline.contracts.ingested import FILE
from pipeline.draws import buried
from pipeline.errors import GateError, UsageError
from pipeline.executors import Executor
from pipeline.ingest.account import account_lines, check_usable, contents, owner_lines
from pipeline.ingest.changes import (
    Changes,
    derived_archives,
    find_changes,
    known_files,
    unsettled_archives,
    with_pairs,
)
from pipeline.ingest.header import stated_formats, stated_units
from pipeline.ingest.header.owner_table import owner_rows, reassigned, rows_for_children
from pipeline.ingest.header.owners import Owners
from pipeline.ingest.header.series_rules import parse
from pipeline.ingest.keys import ask_key, open_key
from pipeline.ingest.locations import Locations
from pipeline.ingest.next_steps import next_step
from pipeline.ingest.reasons import ARCHIVE, REASONS
from pipeline.ingest.source.described_sets import with_layout
from pipeline.ingest.source.discover import SourcePath
from pipeline.ingest.source.listing import Listing, list_archives
from pipeline.ingest.source.raw import paths_of_raw
from pipeline.ingest.update import Target, limits_of, update
from pipeline.printed import make
from pipeline.progress import say
from pipeline.pseudonyms import PHANTOM, Key, require_phantom, require_same_key
from pipeline.records import Summary
from pipeline.workspace import Workspace

VERSION = 39
"""Grows whenever the same file would give other values or another reason; everything is then read again."""

FORMATS_READ = "formats"
"""The entry of the catalogue that says what files of other formats were read as, by settings or layout."""
_GONE_SHARE, _GONE_FILES = 0.10, 10
"""More files in use gone at once than this share, and this number, look like a disk that isn't mounted.

So does an empty folder where there were scans.
"""


def bring_up_to_date(config: Config, workspace: Workspace) -> Summary:
    """The table of what became of every file, after catalogue and shards were brought up to RAW.

    Raises DataError when RAW is missing, holds no DICOM, none in use, or too many that can't be used;
    GateError when many known files are gone at once; UsageError when the catalogue has another key,
    or the phantom's key is given for scans that aren't the phantom's.
    """
    key, new_key = open_key(config, workspace)
    if new_key:
        say(new_key)  # at once: whatever stops this run, the key is there from now on
    paths = paths_of_raw(config, workspace, key)
    called = config.ingest.masks.called if config.ingest.masks else {}
    formats, layout_lines = with_layout(config.ingest.formats, paths, called)
    settings = config.ingest.model_copy(update={"formats": formats})
    stated = stated_formats.parse(formats, config.refuse)
    if paths and settings.key == PHANTOM:
        require_phantom(workspace.root / settings.raw)
    executor = Executor(workspace.data, settings.workers, settings.cluster)
    with Catalogue(workspace.catalogue) as catalogue:
        _begin(catalogue, settings, key)
        lister = partial(list_archives, key=key, executor=executor, limits=limits_of(settings))
        locations = Locations({file.token: file for file in paths}, lister)
        rows = owner_rows(config, workspace, key)
        others = reassigned(catalogue, rows) if rows else ()
        difference, closed = _differences(catalogue, locations, settings, reassigned=others)
        _check_gone(difference, settings, paths)
        changed = 0
        stale = difference.fresh or difference.again or difference.gone
        if stale or not catalogue.meta(INGEST_STAMP):
            rules = parse(settings.select, config.refuse)
            stated_units.parse(settings.unit_of, rules, config.refuse)
            with rows_for_children(workspace, rows) as path:
                owners = _owners(settings, path)
                buried = _buried(workspace)
                target = Target(
                    settings, executor, key, catalogue, workspace.cases, buried, rules, owners, stated
                )
                changed = update(target, difference, locations, closed)
        lines = [
            *account_lines(catalogue, difference, changed=changed),
            *owner_lines(catalogue, by_settings=settings.patient_from is not None),
            *layout_lines,
        ]
        check_usable(catalogue, config, lines)
        stamped = _stamped(catalogue, workspace.data, key)
    return Summary(tuple(lines), changed=stamped)


def _differences(
    catalogue: Catalogue, locations: Locations, settings: Ingest, *, reassigned: Collection[str]
) -> tuple[Changes, dict[str, int]]:
    """What is new in RAW, and the archives that need no listing for it, with the number of files in them."""
    known = known_files(catalogue)
    is_young = _is_young(settings.settle_seconds)
    paths = list(locations.by_token.values())
    again = {known[token].archive for token in reassigned if token in known} | derived_archives(paths, known)
    unsettled = {
        file.token: file for file in unsettled_archives(paths, known, again=again) if not is_young(file)
    }
    closed = {
        token: file.members
        for token, file in known.items()
        if file.reason == ARCHIVE and token in locations.by_token and token not in unsettled
    }
    paths += locations.open_archives(unsettled.values())
    difference = find_changes(paths, known, is_young=is_young, closed=closed.keys(), reassigned=reassigned)
    return with_pairs(difference, paths), closed


@dataclass(frozen=True)
class RawFile:
    """One path of RAW, below its root, and what the catalogue knows of it; `state` is "" if unread.

    `source` is where its bytes lie.
    """

    path: str
    token: str
    source: SourcePath
    state: str
    reason: str
    detail: str

    def explained(self) -> tuple[str, str, str]:
        """Reason with detail, sentence and next step."""
        reason = f"{self.reason} ({self.detail})" if self.detail else self.reason
        return reason, REASONS[self.reason].sentence, next_step(self.reason, self.detail)


def list_files(
    config: Config, workspace: Workspace, state: str = ""
) -> Iterator[tuple[str, str, str, str, str]]:
    """Path, state, reason with detail, sentence and next step of the files in `state` ("" for all).

    Raises as `raw_files`.
    """
    unread = shown = 0
    for file in raw_files(config, workspace):
        unread += not file.state
        if file.state and state in ("", file.state):
            shown += 1
            yield printable(file.path), file.state, *file.explained()
    if not shown:
        say(f"No file is {state or 'known'}.")
    if unread:
        say(f"{unread:,} more came since; `{make('ingest')}` will read them.")


def raw_files(config: Config, workspace: Workspace) -> Iterator[RawFile]:
    """Every path of RAW.

    Real paths are stored nowhere: RAW is walked again and its tokens are looked up. Raises UsageError
    when nothing was read yet, or under another key; DataError when RAW is not there.
    """
    if not workspace.catalogue.is_file():
        raise UsageError(f"No file of '{workspace.name}' was read yet. `{make('ingest')}` reads them.")
    key = ask_key(config, workspace)
    with Catalogue(workspace.catalogue) as catalogue:
        require_same_key(key, catalogue.meta("key_id"), what="These scans were read")
        rows = stored_files.outcomes(catalogue)
    known = {row[0]: row[1:] for row in rows}
    paths = paths_of_raw(config, workspace, key)
    archives = [file for file in paths if known.get(file.token, ("", ""))[1] == ARCHIVE]
    executor, limits = Executor(workspace.data, config.ingest.workers), limits_of(config.ingest)
    inside = list_archives(archives, key=key, executor=executor, limits=limits)
    members = {
        token: sorted(listing.members, key=lambda file: file.relative)
        for token, listing in inside.items()
        if isinstance(listing, Listing)
    }
    for file in (path for outer in paths for path in (outer, *members.get(outer.token, ()))):
        yield RawFile(file.relative, file.token, file, *known.get(file.token, ("", "", "")))


def printable(path: str) -> str:
    """The path on one line, with bytes that are no text, and what would break the table, escaped."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def _begin(catalogue: Catalogue, settings: Ingest, key: Key) -> None:
    """Refuses another key, and forgets what was read under other settings."""
    require_same_key(key, catalogue.meta("key_id"), what="These scans were read")
    recipe = _recipe(settings)
    if catalogue.meta("ingest_recipe") == recipe:
        return
    with catalogue.transaction():
        catalogue.delete_files(stored_files.tokens(catalogue))
        catalogue.set_meta("key_id", key.key_id)
        catalogue.set_meta("ingest_recipe", recipe)
        catalogue.set_meta(FORMATS_READ, settings.formats.model_dump_json())
        catalogue.set_meta(INGEST_STAMP, "")


def _recipe(settings: Ingest) -> str:
    """The digest of all settings that decide what a file becomes."""
    outside = {
        "raw",
        "key",
        "withdrawn",
        "workers",
        "executor",
        "scheduler",
        "settle_seconds",
        "failed_share",
    }
    exclude = dict.fromkeys(outside, True) | {"masks": {"codes"}}
    return digests.of_json([VERSION, settings.model_dump(mode="json", exclude=exclude)])


def _stamped(catalogue: Catalogue, folder: Path, key: Key) -> bool:
    """Whether what later stages depend on changed; left unread where nothing was written since."""
    made_of, path = catalogue.meta(INGEST_STAMP), FILE.path(folder)
    if made_of and path.is_file() and digests.of_file(path) == made_of:
        return False
    changed = FILE.write(folder, contents(catalogue, key.key_id))
    with catalogue.transaction():
        catalogue.set_meta(INGEST_STAMP, digests.of_file(path))
    return changed


def _is_young(settle_seconds: float) -> Callable[[SourcePath], bool]:
    """Whether a file changed so lately that it may still be on its way; a time in the future says nothing."""
    now, young = time.time_ns(), int(settle_seconds * 1e9)
    # A clock that runs ahead must not keep a file out for ever.
    return lambda file: 0 <= now - file.mtime_ns < young


def _owners(settings: Ingest, rows: str) -> Owners:
    """How the patient of a file without PatientID is found; `rows` is the file of a table's answers."""
    source, dummies = settings.patient_from, frozenset(settings.dummy_ids)
    if source is None or isinstance(source, str):
        return Owners(source or "", dummies=dummies)
    if source.pattern is not None:
        return Owners("pattern", source.pattern, dummies=dummies)
    return Owners("column", rows=rows, dummies=dummies)


def _check_gone(difference: Changes, settings: Ingest, paths: Sequence[SourcePath]) -> None:
    gone, used = difference.used_gone, difference.used
    if gone > max(_GONE_FILES, _GONE_SHARE * used) or (0 < used == gone and not paths):
        raise GateError(
            f"{gone} of {used} files in use are gone from {settings.raw}: is the disk mounted? "
            "Nothing was changed. If they were removed on purpose, "
            f"run `{make('clean')}` and start again."
        )


def _buried(workspace: Workspace) -> frozenset[str]:
    """The pseudonyms, with and without issuer, of patients who were deleted on request."""
    graves = buried(ledger.read(workspace.ledger("parts")))
    return frozenset({*graves, *graves.values()} - {""})
