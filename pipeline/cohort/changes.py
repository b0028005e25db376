"""Labels, pixels and masks that are no longer those the champion was made with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.champion.pointer import generation_in_use
from pipeline.cohort.outputs import Row
from pipeline.contracts.cohort import Notice, changed, labels, mask_digests, pixel_digests
from pipeline.records import ALL_PARTS
from pipeline.workspace import Workspace


@dataclass(frozen=True)
class Before:
    """Label and digests of pixels and masks of each scan of the champion's cohort; empty without one."""

    labels: Mapping[str, str] = field(default_factory=dict)
    pixels: Mapping[str, str] = field(default_factory=dict)
    masks: Mapping[str, str] = field(default_factory=dict)


def champion_cohort(workspace: Workspace) -> Before:
    """What the champion's cohort says of its scans. Raises DamageError."""
    folder = generation_in_use(workspace)
    if folder is None:
        return Before()
    return Before(labels(folder, ALL_PARTS), pixel_digests(folder), mask_digests(folder))


def changes(before: Before, rows: Sequence[Row]) -> list[Notice]:
    """The scans whose label, pixels or masks are no longer those of `before`."""
    relabelled = changed(before.labels, {row.case_id: row.target for row in rows})
    replaced = changed(before.pixels, {row.case_id: row.pixel_digest for row in rows})
    redrawn = changed(before.masks, {row.case_id: row.mask_digest or "" for row in rows})
    return [
        *_relabelled(before.labels, _those(rows, relabelled)),
        *_replaced(_those(rows, replaced)),
        *_redrawn(_those(rows, redrawn)),
    ]


def _those(rows: Sequence[Row], case_ids: Collection[str]) -> list[Row]:
    return [row for row in rows if row.case_id in case_ids]


def _relabelled(before: Mapping[str, str], rows: Sequence[Row]) -> list[Notice]:
    if not rows:
        return []
    moves = Counter(f"{before[row.case_id]} -> {row.target}" for row in rows)
    detail = f"labels changed since the champion: {_counted(moves)} (in {_parts(rows)})"
    return [Notice("label_changed", len(rows), detail, tuple(row.case_id for row in rows))]


def _replaced(rows: Sequence[Row]) -> list[Notice]:
    if not rows:
        return []
    detail = f"scans whose pixels changed since the champion, under the same identifiers (in {_parts(rows)})"
    return [Notice("pixels_changed", len(rows), detail, tuple(row.case_id for row in rows))]


def _redrawn(rows: Sequence[Row]) -> list[Notice]:
    if not rows:
        return []
    detail = f"scans whose masks were redrawn or are called otherwise since the champion (in {_parts(rows)})"
    return [Notice("masks_changed", len(rows), detail, tuple(row.case_id for row in rows))]


def _parts(rows: Sequence[Row]) -> str:
    return _counted(Counter(row.part for row in rows))


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{word} {count}" for word, count in sorted(counts.items()))
