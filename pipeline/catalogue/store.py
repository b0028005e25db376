"""The catalogue: what was read, where its voxels lie, and which stage ran on what.

One SQLite file that can be rebuilt from RAW and the key. Only the parent process of a stage writes,
in transactions: a kill leaves the state before or after.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from pipeline import digests
from pipeline.crash_points import crash_point
from pipeline.disks import is_network
from pipeline.errors import DamageError, RetryError, UsageError
from pipeline.printed import make
from pipeline.records import Case, Mask, Stored
from pipeline.rows import Row, case_row, cases_of, mask_row, stored_of, stored_row
from pipeline.schema import MIGRATIONS, TABLES, VERSION

INGEST_STAMP = "ingest_stamp"
"""The note of the digest of `ingest.json`; whoever writes files or cases empties it."""
# SQLite's own 1000 and 2000 made commits of 20 000 files take half as long again.
_LOG_PAGES, _CACHE_KB = 16_384, 32_768


@dataclass(frozen=True)
class FileRow:
    """One file of RAW: its keyed token, identity, and the one state and reason it got.

    `digest` is keyed; `image` says whether the file claims to be an image; `identifiers` are
    (kind, pseudonym) pairs for the label join; `archive` is the token of the archive that it lies in, and
    `members` the number of files in it if it is one.
    """

    token: str
    size: int
    mtime_ns: int
    digest: str
    state: str
    reason: str
    detail: str = ""
    notes: tuple[str, ...] = ()
    image: bool = False
    series_id: str = ""
    sop_id: str = ""
    identifiers: tuple[tuple[str, str], ...] = ()
    archive: str = ""
    members: int = 0


def _connected(path: Path) -> sqlite3.Connection:
    """The file opened; where nothing can be written, as it is, without the lock that reading makes."""
    log = path.with_name(f"{path.name}-wal")
    is_writable = os.access(path.parent, os.W_OK) and (os.access(path, os.W_OK) or not path.exists())
    if is_writable or not path.is_file() or (log.is_file() and log.stat().st_size):
        return sqlite3.connect(path, timeout=30, isolation_level=None)
    uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"  # nobody writes there (sqlite.org/uri.html)
    return sqlite3.connect(uri, uri=True, isolation_level=None)


class Catalogue:
    """The open catalogue; use as a context manager.

    Raises DamageError when the file is damaged, UsageError when a newer version of the program wrote it.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._connection = _connected(path)
        try:
            with self._telling():
                self._prepare()
        except BaseException:  # also Ctrl-C: nobody else could close it
            self._connection.close()
            raise

    def _prepare(self) -> None:
        execute = self._connection.execute
        execute("PRAGMA foreign_keys = ON")
        version = execute("PRAGMA user_version").fetchone()[0]
        if version > VERSION:
            raise UsageError(
                f"{self._path.name} was written by a newer version of Scanloom (schema {version}, "
                f"this one knows {VERSION}). Update Scanloom, or run `{make('clean')}` and start again."
            )
        if not version:
            # a write-ahead log needs shared memory, which no network file system has (sqlite.org/wal.html)
            execute(f"PRAGMA journal_mode = {'DELETE' if is_network(self._path.parent) else 'WAL'}")
        if version < VERSION:
            steps = [MIGRATIONS[old] for old in range(version, VERSION)] if version else [TABLES]
            self._connection.executescript(
                f"BEGIN IMMEDIATE;{''.join(steps)}PRAGMA user_version = {VERSION};COMMIT;"
            )
        # a power cut may take the last commits of a write-ahead log, never a part of one: they are made again
        is_log = execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        execute(f"PRAGMA synchronous = {'NORMAL' if is_log else 'FULL'}")
        execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
        execute(f"PRAGMA cache_size = -{_CACHE_KB}")

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        """Tells errors of SQLite as ours."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise self._explained(error) from error

    def _explained(self, error: sqlite3.DatabaseError) -> Exception:
        if isinstance(error, sqlite3.OperationalError):
            folder = self._path.parent
            free_mb = shutil.disk_usage(folder).free // 2**20
            return RetryError(
                f"{self._path.name} can't be used now ({error}; {folder}, {free_mb} MB free). "
                "Nothing was lost: make room or end the other run, and run the same command again."
            )
        return DamageError(
            f"{self._path.name} is damaged ({error}). Run `{make('report')}`: "
            "it is made again from the scans."
        )

    def __enter__(self) -> Catalogue:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        self._connection.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside appear together, or not at all. Raises RetryError when the disk is full."""
        with self._telling():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                crash_point("commit:catalogue")
                self._connection.execute("COMMIT")
            except BaseException:  # also Ctrl-C: half a transaction must not stay open
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        crash_point("committed:catalogue")

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The rows of a SELECT. Raises DamageError when the file is damaged."""
        with self._telling():
            return self._connection.execute(sql, parameters).fetchall()

    def meta(self, key: str) -> str | None:
        """A fact about the catalogue itself, such as the id of its key."""
        rows = self.query("SELECT value FROM meta WHERE key = ?", (key,))
        return str(rows[0][0]) if rows else None

    def set_meta(self, key: str, value: str) -> None:
        """Keeps a fact about the catalogue itself."""
        self._connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def put_files(self, rows: Iterable[FileRow]) -> None:
        """Inserts or replaces files with their identifiers."""
        rows = list(rows)
        self.delete_files(row.token for row in rows)
        many = self._connection.executemany
        many(
            "INSERT INTO files VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
            [
                (r.token, r.size, r.mtime_ns, r.digest, r.state, r.reason, r.detail, " ".join(r.notes),
                 int(r.image), r.series_id, r.sop_id, r.archive, r.members)
                for r in rows
            ],
        )  # fmt: skip
        many("INSERT OR IGNORE INTO identifiers VALUES (?, ?, ?)",
             [(kind, pseudonym, r.token) for r in rows for kind, pseudonym in r.identifiers])  # fmt: skip

    def set_times(self, times: Iterable[tuple[str, int]]) -> None:
        """Changes files' `(token, mtime_ns)`, where nothing but the time changed."""
        self._connection.executemany(
            "UPDATE files SET mtime_ns = ? WHERE token = ?", [(mtime_ns, token) for token, mtime_ns in times]
        )

    def delete_files(self, tokens: Iterable[str]) -> None:
        """Forgets files and their identifiers; cases stay."""
        self._connection.executemany("DELETE FROM files WHERE token = ?", [(token,) for token in tokens])

    def put_cases(self, cases: Iterable[tuple[Case, Sequence[str]]]) -> None:
        """Inserts or replaces cases, each with the tokens of the files it was made of.

        The rows of the files must be there already: a digest covers their identifiers. Normalized arrays
        stay only where values, unit and geometry are what they were.
        """
        pairs = list(cases)
        same = (
            "SELECT 1 FROM cases WHERE case_id = ? AND pixel_digest = ? AND value_unit = ? AND geometry = ?"
        )
        changed = [
            case.case_id
            for case, _ in pairs
            if not self.query(
                same, (case.case_id, case.pixel_digest, case.value_unit, case.geometry.to_json())
            )
        ]
        many = self._connection.executemany
        many("DELETE FROM arrays WHERE case_id = ?", [(case_id,) for case_id in changed])
        # What else is known of a case goes with its row (ON DELETE CASCADE); arrays are costly and stay.
        many("DELETE FROM cases WHERE case_id = ?", [(case.case_id,) for case, _ in pairs])
        rows = [(*(row := case_row(case)), *self._digests(row, tokens)) for case, tokens in pairs]
        many(f"INSERT INTO cases VALUES ({','.join('?' * 19)})", rows)
        many(
            "INSERT INTO likenesses VALUES (?, ?)",
            [(case.case_id, case.likeness) for case, _ in pairs if case.likeness],
        )
        many(
            "INSERT INTO hints VALUES (?, ?, ?)",
            [(case.case_id, field, " ".join(words)) for case, _ in pairs for field, words in case.hints],
        )
        many(
            "INSERT INTO case_files VALUES (?, ?)",
            [(case.case_id, token) for case, tokens in pairs for token in tokens],
        )

    def put_masks(self, masks: Iterable[Mask]) -> None:
        """Inserts the masks of cases that were put just now, which took their masks of before with them."""
        rows = [(*(row := mask_row(mask)), digests.of_json(row)) for mask in masks]
        self._connection.executemany(f"INSERT INTO masks VALUES ({','.join('?' * 11)})", rows)

    def _digests(self, row: Row, tokens: Iterable[str]) -> tuple[str, str]:
        """What tells a damaged case, since SQLite doesn't: the digests of its row and of its identifiers."""
        identifiers = self.query(
            "SELECT DISTINCT kind, pseudonym FROM identifiers i JOIN files f ON f.token = i.token "
            "WHERE f.state = 'accepted' AND i.token IN (SELECT value FROM json_each(?)) "
            "ORDER BY kind, pseudonym",
            (json.dumps(list(tokens)),),
        )
        return digests.of_json(row), digests.of_json(identifiers)

    def damaged_cases(self) -> list[str]:
        """The cases whose rows, identifiers or masks' rows aren't those that were put there."""
        tokens: dict[str, list[str]] = {}
        for case_id, token in self.query("SELECT case_id, token FROM case_files"):
            tokens.setdefault(case_id, []).append(token)
        rows = self.query("SELECT * FROM cases ORDER BY case_id")
        damaged = [row[0] for row in rows if self._digests(row[:-2], tokens.get(row[0], ())) != row[-2:]]
        masks = self.query("SELECT * FROM masks ORDER BY case_id, structure")
        return damaged + [row[0] for row in masks if digests.of_json(row[:-1]) != row[-1]]

    def delete_cases(self, case_ids: Iterable[str]) -> None:
        """Forgets cases and their normalized arrays; voxels stay in the shards until those are cleaned."""
        rows = [(case_id,) for case_id in case_ids]
        self._connection.executemany("DELETE FROM arrays WHERE case_id = ?", rows)
        self._connection.executemany("DELETE FROM cases WHERE case_id = ?", rows)

    def cases(self) -> list[Case]:
        """All cases, sorted by case_id; what each tells of its day is `days_since_first` of its patient's."""
        return cases_of(self.query("SELECT * FROM cases ORDER BY case_id"))

    def forget(self, patients: Sequence[str], identifier: str) -> None:
        """Removes every row of the patients; their files stay known as `consent_withdrawn`.

        `identifier` is the keyed patient ID of the label join: it also finds files without a case.
        """
        self._connection.execute("PRAGMA secure_delete = ON")  # a kill before `compact` leaves no free page
        many = self._connection.executemany
        tokens = self.query(
            "SELECT token FROM identifiers WHERE kind = 'patient' AND pseudonym = ?", (identifier,)
        )
        for patient in patients:
            tokens += self.query(
                "SELECT f.token FROM case_files f JOIN cases c ON c.case_id = f.case_id "
                "WHERE c.patient_id = ?",
                (patient,),
            )
        many(
            "DELETE FROM arrays WHERE case_id IN (SELECT case_id FROM cases WHERE patient_id = ?)",
            [(patient,) for patient in patients],
        )
        many("DELETE FROM cases WHERE patient_id = ?", [(patient,) for patient in patients])
        self.set_meta(INGEST_STAMP, "")  # ingest.json still counts the patient
        many("DELETE FROM identifiers WHERE token = ?", tokens)
        many(
            "UPDATE files SET state = 'excluded', reason = 'consent_withdrawn', detail = '', notes = '', "
            "series_id = '', sop_id = '' WHERE token = ?",
            tokens,
        )

    def unused_shards(self, table: Literal["cases", "arrays"], folder: Path) -> list[Path]:
        """The shards in a folder that no row of the table names, to be deleted.

        The commits by which no row names them any more are then on the disk.
        """
        used = {row[0] for row in self.query(f"SELECT DISTINCT shard FROM {table}")}
        unused = [path for path in sorted(folder.glob("*.npy")) if path.name not in used]
        if unused:
            with self._telling():
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        return unused

    def compact(self) -> None:
        """Rewrites the file, so that nothing deleted can be read from its free pages."""
        with self._telling():
            self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def put_arrays(self, recipe_id: str, arrays: Iterable[tuple[Case, Stored]]) -> None:
        """Keeps where the normalized arrays of cases lie."""
        self._connection.executemany(
            f"INSERT OR REPLACE INTO arrays VALUES ({','.join('?' * 9)})",
            [(recipe_id, case.case_id, case.pixel_digest, *stored_row(stored)) for case, stored in arrays],
        )

    def arrays(self, recipe_id: str) -> dict[str, Stored]:
        """Where a recipe's arrays lie, by case_id; only of cases whose voxels are unchanged."""
        rows = self.query(
            "SELECT a.case_id, a.shard, a.offset, a.nbytes, a.dtype, a.shape, a.crc32 FROM arrays a "
            "JOIN cases c ON c.case_id = a.case_id AND c.pixel_digest = a.pixel_digest "
            "WHERE a.recipe_id = ? ORDER BY a.case_id",
            (recipe_id,),
        )
        return {row[0]: stored_of(row[1:]) for row in rows}

    def knows_patient(self, identifier: str) -> bool:
        """Whether a file carries the keyed patient ID."""
        known = "SELECT 1 FROM identifiers WHERE kind = 'patient' AND pseudonym = ? LIMIT 1"
        return bool(self.query(known, (identifier,)))

    def patients_of(self, identifier: str) -> set[str]:
        """The pseudonyms of the patients whose cases have a used file with the keyed patient ID."""
        rows = self.query(
            "SELECT DISTINCT c.patient_id FROM identifiers i JOIN case_files f ON f.token = i.token "
            "JOIN cases c ON c.case_id = f.case_id JOIN files used ON used.token = i.token "
            "WHERE used.state = 'accepted' AND i.kind = 'patient' AND i.pseudonym = ?",
            (identifier,),
        )
        return {row[0] for row in rows}

    def is_whole(self) -> bool:
        """Whether SQLite finds nothing wrong with the file as a whole; it doesn't see into values."""
        return self.query("PRAGMA quick_check(1)") == [("ok",)]

    def recipes(self) -> list[str]:
        """The ids of the recipes that have arrays, sorted."""
        return [row[0] for row in self.query("SELECT DISTINCT recipe_id FROM arrays ORDER BY recipe_id")]

    def stored_digests(self) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        """The digests that were stored of all cases with their masks, and of the cases' identifiers.

        Each stands beside its case_id.
        """
        rows, names = (
            self.query(f"SELECT case_id, {column} FROM cases ORDER BY case_id")
            for column in ("row_digest", "names_digest")
        )
        masks = self.query("SELECT case_id, structure, row_digest FROM masks ORDER BY case_id, structure")
        return rows + masks, names

    def last_run(self) -> dict[str, Any]:
        """The record of the last run of a stage; empty before the first. Raises ValueError when damaged."""
        rows = self.query("SELECT record FROM runs ORDER BY number DESC LIMIT 1")
        return dict(json.loads(rows[0][0])) if rows else {}

    def record_run(self, stage: str, *, seconds: float, created: str, record: dict[str, Any]) -> None:
        """Adds a line to the history of stage runs."""
        self._connection.execute(
            "INSERT INTO runs (stage, seconds, created, record) VALUES (?, ?, ?, ?)",
            (stage, seconds, created, json.dumps(record, sort_keys=True)),
        )
