"""Who writes files: a closed list. What must outlive a power cut goes through `writing.atomic` or a shard."""

from __future__ import annotations

import ast
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pipeline
from pipeline.catalogue import Catalogue

ROOT = Path(pipeline.__file__).parent
WRITES = {
    "copy2", "copyfile", "copytree", "fdopen", "hardlink_to", "mkstemp", "move", "renames",
    "save", "savez", "savez_compressed", "symlink_to", "tofile", "touch", "truncate", "write_bytes", "write_text",
    "NamedTemporaryFile", "SpooledTemporaryFile", "TemporaryDirectory", "TemporaryFile", "memmap",
}  # fmt: skip
"""Names of functions that make or change a file; `open`, `connect`, `rename` and `replace` are told by their arguments."""
WRITERS = {
    "arrays.py": (
        "open",
        "open",
        "replace",
        "the shards: synced, renamed and the folder synced; zeroed and synced",
    ),
    "backend.py": ("TemporaryFile", "the error stream, held back while a library starts"),
    "catalogue/store.py": ("connect", "connect", "SQLite syncs by itself; one of them reads only"),
    "champion/generations.py": ("copyfile", "rename", "each copy is synced, then the folder's name"),
    "cli.py": ("open", "what nobody reads any more goes to /dev/null"),
    "commands/predict.py": ("copy2", "copy2", "a single file to predict, in the scratch folder of that run"),
    "commands/repair.py": ("replace", "a damaged catalogue moves aside; nothing rests on it"),
    "contracts/insights.py": ("savez_compressed", "in `atomic`"),
    "contracts/predicted_masks.py": ("savez_compressed", "in `atomic`"),
    "crash_points.py": ("open", "the log of tests"),
    "evaluate/controls.py": (
        "TemporaryDirectory",
        "a table on its way to the reader of its task; gone at once",
    ),
    "evaluate/robustness.py": (
        "TemporaryDirectory",
        "TemporaryDirectory",
        "answers to worse scans, and their table on its way to its reader; gone at once",
    ),
    "executors/cluster.py": ("touch", "the proof that a folder is shared; removed at once"),
    "export/onnx_graph.py": ("TemporaryDirectory", "what the converter writes, read back and gone"),
    "handlers.py": ("touch", "a time stamp for make"),
    "install.py": ("open", "the lock of an environment that packages are written into"),
    "ingest/source/fetched.py": ("TemporaryFile", "open", "bytes behind a URL, in a file without a name"),
    "ingest/header/owners.py": ("write_text", "what children read; gone with the run"),
    "ingest/header/spool.py": ("SpooledTemporaryFile", "headers of a run; gone with it"),
    "locking.py": ("open", "touch", "the lock; a trial"),
    "phantom/delivery.py": ("write_bytes", "invented scans, written again by the same command"),
    "progress.py": ("open", "what nobody reads goes to /dev/null"),
    "pseudonyms.py": ("touch", "write_bytes", "the key, in `atomic`"),
    "stages.py": ("touch", "a time stamp for make"),
    "train/checkpoint.py": ("savez", "in `atomic`"),
    "train/saving.py": (
        "TemporaryDirectory",
        "save",
        "what Keras wrote is read back and written by `write_bytes`",
    ),
    "writing.py": (
        "replace",
        "write_bytes",
        "write_bytes",
        "write_text",
        "write_text",
        "`atomic` and what is made of it",
    ),
}
"""The calls of each file that write past `writing`, and last the reason why that is right."""


def writing(tree: ast.AST) -> Iterator[str]:
    """The names of calls that make, change or move a file; those of `writing` under their own names count not."""
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in ("pipeline.writing", "pipeline.train.saving")
        for alias in node.names
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        is_attribute = isinstance(function, ast.Attribute)
        name = function.attr if is_attribute else getattr(function, "id", "")
        if not is_attribute and name in imported:
            continue
        moves = is_attribute and name in ("rename", "replace") and len(node.args) == 1 and not node.keywords
        opens = name == "open" and _opens_to_write(node)
        if name in WRITES or moves or opens or ast.unparse(function) == "sqlite3.connect":
            yield name


def _opens_to_write(call: ast.Call) -> bool:
    """Whether a mode or flag of the call writes, or can't be read here."""
    given = [*call.args, *(word.value for word in call.keywords if word.arg in ("mode", "flags"))]
    if ast.unparse(call.func) == "os.open":
        return not any("O_RDONLY" in ast.unparse(value) for value in given)
    modes = [
        value.value for value in given if isinstance(value, ast.Constant) and isinstance(value.value, str)
    ]
    return any(set(mode) & set("wax+") and set(mode) <= set("rwaxbt+") for mode in modes)


def test_no_file_is_written_by_a_way_of_its_own() -> None:
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        calls = sorted(writing(ast.parse(path.read_text())))
        if calls:
            found[path.relative_to(ROOT).as_posix()] = tuple(calls)
    assert found == {name: tuple(calls) for name, (*calls, _) in WRITERS.items()}


def test_sqlite_syncs_what_its_journal_needs(tmp_path: Path) -> None:
    """NORMAL (1) keeps a write-ahead log whole; without one, only FULL (2) does (sqlite.org/pragma.html)."""
    path = tmp_path / "catalogue.sqlite"
    assert _journal(path) == ("wal", 1)
    with sqlite3.connect(path) as connection:  # as it is on a network file system from the start
        connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    assert _journal(path) == ("delete", 2)


def _journal(path: Path) -> tuple[str, int]:
    with Catalogue(path) as catalogue:
        mode, synchronous = (
            catalogue.query(f"PRAGMA {name}")[0][0] for name in ("journal_mode", "synchronous")
        )
    return mode, synchronous
