"""The frozen cohort: `cohort.csv`, what was left out of it (`excluded.csv`), and its sums (`cohort.json`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipeline.contracts import tables
from pipeline.contracts.damage import rewritten_by
from pipeline.contracts.formerly import with_counts
from pipeline.contracts.objects import ObjectFile, Schema
from pipeline.contracts.tables import TableFile
from pipeline.contracts.unopened import OfTask

if TYPE_CHECKING:
    import pandas as pd

PERSON: Final = tables.PERSON
TARGET, ERA, GROUP = "target", "era", "by_"
ALSO_EXTERNAL: Final = "also_external"
"""The reason of a scan that isn't of the other source, while its patient is in the external part."""
PIXELS: Final = "pixel_digest"  # a cohort of an earlier version doesn't have it
MASKS: Final = "mask_digest"  # where the truth stands in masks; nor has an earlier version it
_REMEDY = rewritten_by("cohort")

TABLE: Final = TableFile(
    "cohort.csv",
    ("case_id", PERSON, "part", ERA, TARGET),
    _REMEDY,
    formerly={"patient_id": PERSON},
    several=(TARGET,),
)
EXCLUDED: Final = TableFile(
    "excluded.csv", ("case_id", "stage", "reason", "detail"), _REMEDY, may_be_empty=True
)

NAMED_BY: Final = {
    "sop": "SOP instance UID",
    "path": "path of the file",
    "series": "series instance UID",
    "name": "name of the file",
    "stem": "name of the file without its ending",
    "accession": "accession number",
    "study": "study instance UID",
    "patient": "patient ID",
}
"""The words for what a column of the table of labels can name, the most specific first."""


@dataclass(frozen=True)
class Join:
    """By which column of the table of labels, and what it names, scans got their labels."""

    column: str
    names: str
    matched: int
    of: int


@dataclass(frozen=True)
class Flow:
    """From files to patients; `files` counts each state's reasons, `excluded` the scans of each reason."""

    files: Mapping[str, Mapping[str, int]]
    series: int
    cases: int
    excluded: Mapping[str, int]
    patients: int

    @property
    def all_files(self) -> int:
        """How many files there are, whatever became of them."""
        return sum(sum(reasons.values()) for reasons in self.files.values())

    @property
    def used_files(self) -> int:
        """How many files the scans are made of."""
        return sum(self.files.get("accepted", {}).values())

    @property
    def excluded_cases(self) -> int:
        """How many scans were left out."""
        return sum(self.excluded.values())


@dataclass(frozen=True)
class Counts:
    """The size of a part, and how many of its scans have each answer that the task counts."""

    patients: int
    cases: int
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Notice:
    """Something a person should know: a code, how many it concerns, and a sentence."""

    kind: str
    count: int
    detail: str
    case_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cohort:
    """The sums of the cohort; `digest` is that of all rows, `question` what is asked, in the task's own keys.

    `images_across_parts` is None where a version wrote it that didn't count them. `external_folders` is the
    keyed digest of the folders that are of the other source, empty without any, None in an earlier version.
    """

    question: OfTask
    digest: str
    join: Join
    flow: Flow
    parts: Mapping[str, Counts]
    notices: tuple[Notice, ...]
    eras: Mapping[str, Mapping[str, Counts]] = field(default_factory=dict)
    images_across_parts: int | None = None
    external_folders: str | None = None

    @property
    def cases(self) -> int:
        """How many scans are in some part."""
        return sum(part.cases for part in self.parts.values())

    @property
    def patients(self) -> int:
        """How many patients are in some part."""
        return sum(part.patients for part in self.parts.values())


FILE: Final = ObjectFile("cohort.json", Cohort, Schema("cohort", 2), _REMEDY, with_counts)


def cases(folder: Path) -> pd.DataFrame:
    """All columns of the table but the label, as text, sorted by case_id. Raises DamageError."""
    return TABLE.frame(folder).drop(columns=TARGET).sort_values("case_id", ignore_index=True)


def prediction_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of the cohort as a table of predictions has them: its patients are our persons."""
    return rows.rename(columns={PERSON: tables.PATIENT})


def labels(folder: Path, parts: Collection[str]) -> dict[str, str]:
    """The label of each case of `parts`; no other label leaves the file. Raises DamageError."""
    return {row["case_id"]: row[TARGET] for row in TABLE.rows(folder) if row["part"] in parts}


def parts(folder: Path) -> dict[str, str]:
    """The part of each case. Raises DamageError."""
    return {row["case_id"]: row["part"] for row in TABLE.rows(folder)}


def pixel_digests(folder: Path) -> dict[str, str]:
    """The digest of each scan's pixels; empty where an earlier version froze the cohort without them."""
    return {row["case_id"]: row[PIXELS] for row in TABLE.rows(folder) if row.get(PIXELS)}


def mask_digests(folder: Path) -> dict[str, str]:
    """The digest of each scan's masks; empty where the truth stands in a table, or as for pixels."""
    return {row["case_id"]: row[MASKS] for row in TABLE.rows(folder) if row.get(MASKS)}


def changed(before: Mapping[str, str], now: Mapping[str, str]) -> frozenset[str]:
    """The scans that both tell of, but not the same.

    >>> changed({"a": "1", "b": "2"}, {"a": "3", "b": "2", "c": "4"})
    frozenset({'a'})
    """
    return frozenset(case_id for case_id in before if now.get(case_id, before[case_id]) != before[case_id])
