"""What passes between the stages: frozen records, no behaviour beyond their own shape."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

PARTS = ("train", "validation", "test")
"""The parts that patients are drawn into."""
EXTERNAL: Final = "external"
"""The part of patients of another source: never drawn, learned from or chosen by, measured with the test."""
ALL_PARTS: Final = (*PARTS, EXTERNAL)
"""The parts that a cohort may have."""

Attribute = str | float | int
LIKENESS_SIDE = 64
"""The sides of the likeness of a case, in pixels: what is enough to tell two chest radiographs apart."""
HINT = "hint"
"""The kind of the pseudonyms of words in paths and free texts."""
MAY_MARK: Final = "may mark"
"""The kind of what a refused mask may be of: the pseudonym of a study, or the token of an image."""
PLACES: Final = ("InstitutionName", "InstitutionalDepartmentName", "StationName")
"""The free texts of a header that say where a scan was made."""
ELEMENTS: Final = "elements"
"""The field of hints that has the elements of a header: eight hex digits of a tag, a digest of its value."""
PLANES: Final = "planes"
"""The field of hints that has a digest of each plane of a volume, as `pixel_digest` is of a plane alone."""
PLANE_DIGITS: Final = 16  # of a digest: among a hundred million planes no two are alike by chance
OTHER = "OTHER"
"""What a case says in place of a word that no shipped vocabulary has."""
SpacingKind = Literal["patient", "detector_plane", "nominal", "pixels"]


@dataclass(frozen=True)
class Geometry:
    """Where a voxel grid lies.

    `affine` maps the index `(slice, row, column, 1)` of an array to RAS millimetres at voxel
    centres; it is None where the scan has no position (projection radiographs, photographs).
    `spacing` has one number per spatial axis of the array, in array order, in mm unless
    `spacing_kind` is "pixels" (then in lengths of a pixel's shorter side, 1.0 each unless the scan
    tells their ratio). "detector_plane" is the
    spacing at the detector, not in the patient; "nominal" means that the slice axis holds the
    nominal thickness of a single slice.
    """

    spacing: tuple[float, ...]
    spacing_kind: SpacingKind = "patient"
    affine: tuple[tuple[float, float, float, float], ...] | None = None

    def to_json(self) -> str:
        """The record as one line of JSON."""
        return json.dumps({"spacing": self.spacing, "spacing_kind": self.spacing_kind, "affine": self.affine})

    @classmethod
    def from_json(cls, text: str) -> Geometry:
        """The record that `to_json` wrote."""
        data = json.loads(text)
        affine = data["affine"]
        return cls(
            spacing=tuple(data["spacing"]),
            spacing_kind=data["spacing_kind"],
            affine=None if affine is None else tuple(tuple(row) for row in affine),
        )


_TOWARDS = (("R", "L"), ("A", "P"), ("H", "F"))
"""What a growing RAS coordinate runs to, and what a falling one does (letters of PS3.3 C.7.6.1.1.1)."""
_ALONG = 0.7  # a choice, of a unit vector: at 45 degrees and more between two axes no letter is right


def sides(geometry: Geometry) -> tuple[str, ...]:
    """What of the patient lies at the left and at the right edge of a plane's rows; empty where unknown.

    >>> sides(Geometry((1.0, 1.0), affine=((0, 0, -1, 90), (0, -1, 0, 80), (1, 0, 0, 5), (0, 0, 0, 1))))
    ('R', 'L')
    """
    if geometry.affine is None:
        return ()
    along = [row[2] for row in geometry.affine[:3]]  # the way from one column to the next
    length = sum(value * value for value in along) ** 0.5
    axis = max(range(3), key=lambda place: abs(along[place]))
    if not length or abs(along[axis]) < _ALONG * length:
        return ()
    grows, falls = _TOWARDS[axis]
    return (falls, grows) if along[axis] > 0 else (grows, falls)


@dataclass(frozen=True)
class Stored:
    """Where an array lies in the shards: `bytes[offset : offset + nbytes]` of shard `shard`.

    `shape` and `dtype` give it back; `crc32` is the checksum of its bytes.
    """

    shard: str
    offset: int
    nbytes: int
    dtype: str
    shape: tuple[int, ...]
    crc32: int


@dataclass(frozen=True)
class Case:
    """One scan as the models see it: a 2-D image or a volume, with native voxels in the shards.

    The array is `(rows, columns)` or `(slices, rows, columns)`, plus a last axis of 3 where
    `channels` is 3. It is stored in canonical orientation: slices run to the head, rows to the
    back, columns to the left of the patient (single sagittal and coronal slices: rows run to the
    feet), so that a turned acquisition can't be told from its orientation. `value_unit` is what
    the numbers mean ("HU", "BQML", "SUVbw", "arbitrary"). All identifiers are pseudonyms. `likeness` is a
    small grey picture, `hints` the keyed words of each field of free text: both are only there when a case
    was just read, for the catalogue gives them apart.
    """

    case_id: str
    patient_id: str
    study_id: str
    series_id: str
    modality: str
    value_unit: str
    channels: int
    geometry: Geometry
    stored: Stored
    pixel_digest: str
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    likeness: bytes = field(default=b"", repr=False)
    hints: tuple[tuple[str, tuple[str, ...]], ...] = field(default=(), repr=False)


EMPTY_MASK: Final = "structure_absent"
"""The note of a mask that says that its structure is not there."""

BESIDE_REFUSED: Final = "beside_refused_mask"
"""The note of a mask whose scan has another one that can't be used: what that marks is unknown."""


@dataclass(frozen=True)
class Mask:
    """Which voxels of a case one structure has: uint8, 0 or 1, on the case's own grid, in the shards.

    `source` is the token of the file that marks it.
    """

    case_id: str
    structure: str
    source: str
    stored: Stored
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Summary:
    """What a stage tells the person at the terminal: lines, and whether its output changed."""

    lines: tuple[str, ...]
    changed: bool = True
