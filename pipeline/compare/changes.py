"""Scans whose label, pixels or masks are no longer those that a generation was made with."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from pipeline.contracts.cohort import changed, labels, mask_digests, pixel_digests
from pipeline.records import ALL_PARTS
from pipeline.workspace import Workspace


@dataclass(frozen=True)
class Changes:
    """The scans whose label, those whose pixels, and those whose masks changed.

    `unknown` is what the generation was frozen without digests of, by an earlier version.
    """

    labels: frozenset[str]
    pixels: frozenset[str]
    masks: frozenset[str]
    unknown: tuple[str, ...]

    @property
    def unlike(self) -> frozenset[str]:
        """The scans of which frozen answers say nothing now: of other pixels, or against other masks."""
        return self.pixels | self.masks


def changes_since(workspace: Workspace, generation: str) -> Changes:
    """What changed in the candidate's cohort since the generation was frozen. Raises DamageError."""
    then, now = workspace.generations / generation, workspace.candidate
    kept = {
        "pixels": (pixel_digests(then), pixel_digests(now)),
        "masks": (mask_digests(then), mask_digests(now)),
    }
    return Changes(
        changed(labels(then, ALL_PARTS), labels(now, ALL_PARTS)),
        changed(*kept["pixels"]),
        changed(*kept["masks"]),
        tuple(what for what, (before, after) in kept.items() if after and not before),
    )


def notes_on_champion(workspace: Workspace, generation: str, test: Set[str]) -> list[str]:
    """What changed among the test scans since the champion was promoted, and what follows."""
    changes = changes_since(workspace, generation)
    since = f"than when generation {generation} was promoted: both models are"
    relabelled, replaced = len(changes.labels & test), len(changes.pixels & test)
    redrawn = len(changes.masks & test)
    notes = (
        [f"{relabelled} test scans have another label {since} judged by the new one."] if relabelled else []
    )
    if replaced:
        notes.append(f"{replaced} test scans have other pixels {since} asked of the new ones.")
    if redrawn:
        notes.append(f"{redrawn} test scans have other masks {since} judged by the new ones.")
    notes += [
        f"Generation {generation} was frozen without digests of its {what}, so scans whose {what} were "
        "replaced since can't be told."
        for what in changes.unknown
    ]
    return notes


def notes_on_anchor(workspace: Workspace, generation: str, core: Set[str]) -> list[str]:
    """What is left out of the comparison with a former champion, whose predictions are frozen."""
    changes = changes_since(workspace, generation)
    return [
        f"{len(scans & core)} test scans have other {what} than when generation {generation} was frozen, so "
        "they are left out of the comparison with it."
        for what, scans in (("pixels", changes.pixels), ("masks", changes.masks - changes.pixels))
        if scans & core
    ]
