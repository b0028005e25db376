"""What is planned of a run: its cases, each with its planes, and the outcome of every file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pipeline.ingest.cases.copies import Outcome
from pipeline.ingest.header.hints import Hints
from pipeline.ingest.masks.structures import NO_STRUCTURES, Structures
from pipeline.ingest.series.frames import Frame, Volume
from pipeline.records import Attribute


@dataclass(frozen=True)
class CasePlan:
    """One case to be read: its planes in order, and the token of the file each of them is in.

    `unit` is what its values are to be in: the files' own, SUVbw in its place, or one that the settings
    state (`unit_stated`). `channels` are the volumes of its further channels, resampled onto the first where
    `resamples_channels` allows it. `masks` are the tokens of the files that mark `structures` in it;
    `marking` has the one structure of those whose layout says which that is. `refused_masks` are
    those that can't be used, each with its outcome: the case is made of them as of its other files, so that
    it is read again when one is mended or goes.
    """

    case_id: str
    volume: Volume
    tokens: Mapping[str, str]
    """File token by SOP pseudonym (`Frame.source`)."""
    unit: str
    unit_stated: bool = False
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    hints: Hints = ()
    channels: tuple[Volume, ...] = ()
    resamples_channels: bool = False
    masks: tuple[str, ...] = ()
    structures: Structures = NO_STRUCTURES
    marking: Mapping[str, str] = field(default_factory=dict)
    refused_masks: Mapping[str, Outcome] = field(default_factory=dict)

    @property
    def volumes(self) -> tuple[Volume, ...]:
        """The volumes of all its channels."""
        return (self.volume, *self.channels)

    @property
    def frames(self) -> tuple[Frame, ...]:
        """The planes of all its channels."""
        return tuple(frame for volume in self.volumes for frame in volume.frames)

    @property
    def images(self) -> set[str]:
        """The tokens of the files that its planes are in."""
        return set(self.tokens.values())

    @property
    def files(self) -> set[str]:
        """The tokens of all files that it is made of."""
        return {*self.images, *self.masks, *self.refused_masks}

    def without_masks(self, outcome: Outcome) -> CasePlan:
        """The case with all of its masks refused."""
        return replace(
            self, masks=(), refused_masks={**dict.fromkeys(self.masks, outcome), **self.refused_masks}
        )

    def structures_of(self, mask: str) -> Structures:
        """What the file of a mask may mark: all structures, or the one that its layout says."""
        return self.structures.alone(self.marking[mask]) if mask in self.marking else self.structures

    @property
    def modality(self) -> str:
        """The modality of all its planes."""
        return self.volume.frames[0].modality

    @property
    def file_unit(self) -> str:
        """The unit that its files tell."""
        return self.volume.frames[0].unit


@dataclass(frozen=True)
class Plan:
    """The cases, sorted by id, and the outcome of every file; "ok" is given before decoding."""

    cases: tuple[CasePlan, ...]
    outcomes: Mapping[str, Outcome]
