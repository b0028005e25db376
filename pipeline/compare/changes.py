"""Scans whose label or pixels are no longer those that a generation was made with."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from pipeline.contracts.cohort import changed, labels, pixel_digests
from pipeline.records import ALL_PARTS
from pipeline.workspace import Workspace


@dataclass(frozen=True)
class Changes:
    """The scans whose label, and those whose pixels, changed.

    `unknown`: the generation was frozen by a version that didn't keep digests of pixels.
    """

    labels: frozenset[str]
    pixels: frozenset[str]
    unknown: bool


def changes_since(workspace: Workspace, generation: str) -> Changes:
    """What changed in the candidate's cohort since the generation was frozen. Raises DamageError."""
    then, now = workspace.generations / generation, workspace.candidate
    before, after = pixel_digests(then), pixel_digests(now)
    return Changes(
        changed(labels(then, ALL_PARTS), labels(now, ALL_PARTS)),
        changed(before, after),
        bool(after) and not before,
    )


def notes_on_champion(workspace: Workspace, generation: str, test: Set[str]) -> list[str]:
    """What changed among the test scans since the champion was promoted, and what follows."""
    changes = changes_since(workspace, generation)
    since = f"than when generation {generation} was promoted: both models are"
    relabelled, replaced = len(changes.labels & test), len(changes.pixels & test)
    notes = (
        [f"{relabelled} test scans have another label {since} judged by the new one."] if relabelled else []
    )
    if replaced:
        notes.append(f"{replaced} test scans have other pixels {since} asked of the new ones.")
    if changes.unknown:
        notes.append(
            f"Generation {generation} was frozen without digests of its pixels, so scans that were replaced "
            "since can't be told."
        )
    return notes


def notes_on_anchor(workspace: Workspace, generation: str, core: Set[str]) -> list[str]:
    """What is left out of the comparison with a former champion, whose predictions are frozen."""
    changes = changes_since(workspace, generation)
    if replaced := len(changes.pixels & core):
        return [
            f"{replaced} test scans have other pixels than when generation {generation} was frozen, so they "
            "are left out of the comparison with it."
        ]
    return []
