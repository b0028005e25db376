"""The cohort as files: `cohort.csv`, `excluded.csv`, and `cohort.json` whose numbers add up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline import digests
from pipeline.cohort.duplicates import copies_across_parts
from pipeline.cohort.exclusions import Exclusion
from pipeline.cohort.join import Join
from pipeline.cohort.lookalikes import Pair
from pipeline.cohort.sources import Scans
from pipeline.contracts import cohort as contract
from pipeline.contracts.cohort import Counts, Notice
from pipeline.contracts.unopened import Unopened
from pipeline.records import ALL_PARTS, EXTERNAL
from pipeline.tasks.contract import Question
from pipeline.tasks.registry import Task


@dataclass(frozen=True)
class Row:
    """One scan of the cohort; `groups` are its values of the configured columns.

    `pixel_digest` is keyed, of the native voxels: a scan that was replaced is another row. So is one whose
    masks were redrawn, by the `mask_digest`; None where the truth stands in a table.
    """

    case_id: str
    person_id: str
    part: str
    era: int
    target: str
    pixel_digest: str
    groups: Mapping[str, str]
    mask_digest: str | None = None

    def to_csv(self) -> dict[str, str | int]:
        """The row of `cohort.csv`."""
        fixed: dict[str, str | int] = {
            "case_id": self.case_id,
            "person_id": self.person_id,
            "part": self.part,
            "era": self.era,
            "target": self.target,
            "pixel_digest": self.pixel_digest,
        }
        if self.mask_digest is not None:
            fixed["mask_digest"] = self.mask_digest
        return fixed | {f"by_{column}": value for column, value in self.groups.items()}


@dataclass(frozen=True)
class Cohort:
    """The frozen cohort of a task's question: rows and exclusions sorted by case_id."""

    rows: tuple[Row, ...]
    exclusions: tuple[Exclusion, ...]
    notices: tuple[Notice, ...]
    task: Task
    question: Question
    near_copies: tuple[Pair, ...] = ()

    @property
    def digest(self) -> str:
        """The digest of all rows, whatever else `cohort.json` says."""
        return digests.of_json([row.to_csv() for row in self.rows])


def summed(cohort: Cohort, scans: Scans, join: Join) -> contract.Cohort:
    """Files, series, scans, exclusions, patients and parts, adding up exactly."""
    excluded = Counter(exclusion.reason for exclusion in cohort.exclusions)
    return contract.Cohort(
        question=Unopened(cohort.question.to_json()),
        digest=cohort.digest,
        join=_join(join, len(scans.cases), excluded["without_mask"]),
        flow=contract.Flow(
            files=scans.files,
            series=scans.series,
            cases=len(scans.cases),
            excluded=dict(excluded),
            patients=len({row.person_id for row in cohort.rows}),
        ),
        parts=_parts(cohort.rows, cohort),
        notices=cohort.notices,
        eras={str(era): _parts(rows, cohort) for era, rows in _by_era(cohort.rows).items()},
        images_across_parts=_images_across_parts(cohort, scans),
    )


def by_part(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The rows of each part, every part named that patients are drawn into."""
    found = {part: [row for row in rows if row.part == part] for part in ALL_PARTS}
    return {part: those for part, those in found.items() if those or part != EXTERNAL}


def summary_lines(cohort: Cohort, scans: Scans, join: Join) -> list[str]:
    """The cohort, told to the person at the terminal."""
    lines = [f"labels: {join.sentence()} name a scan"] if join.keys else []
    for part, rows in by_part(cohort.rows).items():
        counts = _counts(rows, cohort)
        counted = cohort.task.target.in_words([row.target for row in rows], cohort.question)
        lines.append(f"{part}: {counts.patients:,} patients, {counts.cases:,} scans ({counted})")
    if cohort.exclusions:
        reasons = Counter(exclusion.reason for exclusion in cohort.exclusions)
        counted = ", ".join(f"{reason} {count:,}" for reason, count in sorted(reasons.items()))
        excluded = len(cohort.exclusions)
        lines.append(f"left out: {excluded:,} of {len(scans.cases):,} scans ({counted}): see excluded.csv")
    return lines + [f"note: {notice.detail}" for notice in cohort.notices]


def _join(join: Join, cases: int, without_mask: int) -> contract.Join:
    """How the labels were joined, with rows and those that name a scan; masks name each their own."""
    if join.keys:
        return contract.Join(join.column, join.kind, join.matched, len(join.cases))
    return contract.Join("", "mask", cases - without_mask, cases)


def _images_across_parts(cohort: Cohort, scans: Scans) -> int:
    """How many images lie in two parts: counted on the rows as they are, whatever was left out before."""
    part_of = {row.case_id: row.part for row in cohort.rows}
    return len(copies_across_parts(list(scans.cases.values()), part_of))


def _parts(rows: Sequence[Row], cohort: Cohort) -> dict[str, Counts]:
    return {part: _counts(members, cohort) for part, members in by_part(rows).items()}


def _counts(rows: Sequence[Row], cohort: Cohort) -> Counts:
    counted = cohort.task.target.counts([row.target for row in rows], cohort.question)
    return Counts(len({row.person_id for row in rows}), len(rows), counted)


def _by_era(rows: Sequence[Row]) -> dict[int, list[Row]]:
    eras: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        eras[row.era].append(row)
    return dict(sorted(eras.items()))
