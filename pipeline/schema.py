"""The tables of the catalogue, and how those of an older version become these."""

from __future__ import annotations

VERSION = 5
_MASKS = """
CREATE TABLE masks (
    case_id TEXT NOT NULL REFERENCES cases (case_id) ON DELETE CASCADE, structure TEXT NOT NULL,
    source TEXT NOT NULL, notes TEXT NOT NULL,
    shard TEXT NOT NULL, offset INTEGER NOT NULL, nbytes INTEGER NOT NULL, dtype TEXT NOT NULL,
    shape TEXT NOT NULL, crc32 INTEGER NOT NULL, row_digest TEXT NOT NULL,
    PRIMARY KEY (case_id, structure)
) STRICT, WITHOUT ROWID;
"""
_CHECKED = """
CREATE TABLE likenesses (
    case_id TEXT PRIMARY KEY REFERENCES cases (case_id) ON DELETE CASCADE, picture BLOB NOT NULL
) STRICT;
CREATE TABLE hints (
    case_id TEXT NOT NULL REFERENCES cases (case_id) ON DELETE CASCADE, field TEXT NOT NULL,
    words TEXT NOT NULL, PRIMARY KEY (case_id, field)
) STRICT, WITHOUT ROWID;
"""
TABLES = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE files (
    token TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, digest TEXT NOT NULL,
    state TEXT NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL, notes TEXT NOT NULL,
    image INTEGER NOT NULL, series_id TEXT NOT NULL, sop_id TEXT NOT NULL,
    archive TEXT NOT NULL DEFAULT '', members INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX files_series ON files (series_id);
CREATE INDEX files_sop ON files (sop_id);
CREATE TABLE cases (
    case_id TEXT PRIMARY KEY, patient_id TEXT NOT NULL, study_id TEXT NOT NULL,
    series_id TEXT NOT NULL, modality TEXT NOT NULL, value_unit TEXT NOT NULL,
    channels INTEGER NOT NULL, geometry TEXT NOT NULL,
    pixel_digest TEXT NOT NULL,
    attributes TEXT NOT NULL, notes TEXT NOT NULL,
    shard TEXT NOT NULL, offset INTEGER NOT NULL, nbytes INTEGER NOT NULL, dtype TEXT NOT NULL,
    shape TEXT NOT NULL, crc32 INTEGER NOT NULL,
    row_digest TEXT NOT NULL DEFAULT '', names_digest TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX cases_series ON cases (series_id);
CREATE TABLE case_files (
    case_id TEXT NOT NULL REFERENCES cases (case_id) ON DELETE CASCADE, token TEXT NOT NULL,
    PRIMARY KEY (case_id, token)
) STRICT, WITHOUT ROWID;
CREATE INDEX case_files_token ON case_files (token);
CREATE TABLE identifiers (
    kind TEXT NOT NULL, pseudonym TEXT NOT NULL,
    token TEXT NOT NULL REFERENCES files (token) ON DELETE CASCADE,
    PRIMARY KEY (kind, pseudonym, token)
) STRICT, WITHOUT ROWID;
CREATE INDEX identifiers_token ON identifiers (token);
CREATE TABLE arrays (
    recipe_id TEXT NOT NULL, case_id TEXT NOT NULL, pixel_digest TEXT NOT NULL,
    shard TEXT NOT NULL, offset INTEGER NOT NULL, nbytes INTEGER NOT NULL, dtype TEXT NOT NULL,
    shape TEXT NOT NULL, crc32 INTEGER NOT NULL, PRIMARY KEY (recipe_id, case_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE runs (
    number INTEGER PRIMARY KEY, stage TEXT NOT NULL, seconds REAL NOT NULL, created TEXT NOT NULL,
    record TEXT NOT NULL
) STRICT;
{_MASKS}{_CHECKED}"""
MIGRATIONS = {
    1: "ALTER TABLE cases ADD COLUMN row_digest TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE cases ADD COLUMN names_digest TEXT NOT NULL DEFAULT '';"
    "UPDATE meta SET value = '' WHERE key = 'ingest_stamp';",  # ingest has yet to fill them
    2: "ALTER TABLE files ADD COLUMN archive TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE files ADD COLUMN members INTEGER NOT NULL DEFAULT 0;",
    3: _MASKS,
    4: f"ALTER TABLE cases DROP COLUMN perceptual_digest;{_CHECKED}"
    "UPDATE meta SET value = '' WHERE key = 'ingest_stamp';",  # ingest has yet to fill them
}
"""What turns the schema of a version into the next one."""
