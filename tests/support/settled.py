"""What two runs of the same analysis must have in common to the byte, and the one list of what may differ."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from pathlib import Path

MAY_DIFFER = {
    r"()\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:\+00:00)?)?": "when it was done",
    r'("seconds": )[\d.]+': "how long training took, in model.json",
    r'("unit": "s",\s+"value": )[\d.]+': "the same in report.json",
    r"(Training time</dt><dd>)[\d.]+(?= s</dd>)": "the same in report.html",
    r"(Training them took )[\d.]+": "how long the control runs took, in report.html",
    r"(?m)^((?:[^,\n]*,)*seconds,)[\d.]+": "the same in tables/learning-numbers.csv and others",
    r"(?m)^(\d+(?:,[^,\n]*){8}),[^,\n]*,[^,\n]*,[^,\n]*$": "the columns of history.csv that hold seconds",
    r'("previous":")[0-9a-f]+': "the digest of a ledger's line, which holds a time",
    r'("head": ")[0-9a-f]+': "the digest of a ledger's last line, which holds a time",
    r'("html_digest": "|"run": ")[0-9a-f]+': "digests of what holds a time or seconds",
}
"""Patterns of what may differ after a first group that may not, with the reason; so may the digests of
files that hold such."""

NOT_COMPARED = {
    "lock": "names the process that ran last",
    "catalogue.sqlite": "compared row by row, without the table of runs, which holds times",
    "catalogue.sqlite-wal": "part of the catalogue",
    "catalogue.sqlite-shm": "part of the catalogue",
    "checkpoints": "hold seconds; what comes of them is compared: model.keras",
    "training": "shows seconds while training runs; the candidate's history.csv, compared, has its numbers",
}


def settled(project: Path) -> dict[str, str]:
    """Every file of the analysis `small` by its path: the digest of what must not differ."""
    raw = _files(project)
    texts = {name: _text(data) for name, data in raw.items()}
    told = {name: _without(name, text) for name, text in texts.items()}
    runs = _run_names(raw)
    dated: dict[str, str] = {}
    while True:
        named = {name: _renamed(text, dated | runs) for name, text in told.items()}
        more = {_sha256(raw[name]): Path(name).name for name in raw if named[name] != texts[name]}
        if more == dated:
            break
        dated = more
    kept = {name: _sha256(text.encode("latin-1", "replace")) for name, text in named.items()}
    return {**kept, "catalogue": _sha256(_rows(project / "data/small/catalogue.sqlite").encode())}


def looks(project: Path) -> int:
    """How many looks at the test part the ledger holds."""
    path = project / "reports/small/ledger/looks.jsonl"
    return len(path.read_text().splitlines()) if path.exists() else 0


def leftovers(project: Path) -> list[str]:
    """Half-written files of killed runs that are still there."""
    return [str(path) for name in ("data/small", "reports") for path in (project / name).rglob("*.tmp-*")]


def _files(project: Path) -> dict[str, bytes]:
    paths = [
        p for name in ("data/small", "reports") for p in sorted((project / name).rglob("*")) if p.is_file()
    ]
    names = {path: path.relative_to(project) for path in paths}
    return {
        name.as_posix(): path.read_bytes()
        for path, name in names.items()
        if not NOT_COMPARED.keys() & {*name.parts}
    }


def _text(data: bytes) -> str:
    return data.decode("latin-1")


def _without(name: str, text: str) -> str:
    if (
        Path(name).suffix in {".json", ".jsonl", ".html", ".md"}
        or name.endswith("history.csv")
        or "/tables/" in name
    ):
        for pattern in MAY_DIFFER:
            text = re.sub(pattern, r"\1", text)
    return text


def _run_names(raw: dict[str, bytes]) -> dict[str, str]:
    """The short name that a report gives its run: digits of digests of what holds a time."""
    reports = [
        json.loads(data) for name, data in raw.items() if name.endswith("report.json") and b'"run"' in data
    ]
    return {report["run"]: "run" for report in reports}


def _renamed(text: str, names: dict[str, str]) -> str:
    for digest, name in names.items():
        text = text.replace(digest, name)
    return text


def _rows(path: Path) -> str:
    with sqlite3.connect(path) as connection:
        return "\n".join(line for line in connection.iterdump() if 'INTO "runs"' not in line)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
