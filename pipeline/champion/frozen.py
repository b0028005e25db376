"""The cohort that a generation froze: its labels and pixels, to see which scans were replaced since."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.contracts import read_rows

_FILE = "cohort.csv"


def labels(folder: Path) -> dict[str, str]:
    """The label of each scan of the folder's cohort."""
    return {row["case_id"]: row["target"] for row in read_rows(folder / _FILE, "case_id", "target")}


def pixel_digests(folder: Path) -> dict[str, str]:
    """The digest of each scan's pixels; empty where an earlier version froze the cohort without them."""
    rows = read_rows(folder / _FILE, "case_id")
    return {row["case_id"]: row["pixel_digest"] for row in rows if row.get("pixel_digest")}


def changed(before: Mapping[str, str], now: Mapping[str, str]) -> frozenset[str]:
    """The scans that both tell of, but not the same.

    >>> changed({"a": "1", "b": "2"}, {"a": "3", "b": "2", "c": "4"})
    frozenset({'a'})
    """
    return frozenset(case_id for case_id in before if now.get(case_id, before[case_id]) != before[case_id])
