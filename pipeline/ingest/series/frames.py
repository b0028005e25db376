"""The records between the header reader and the grouping: one `Frame` an image plane, one `Group` a case.

What the header reader fills in a `Frame` (all identifiers are pseudonyms):

- `source`, `index`: the SOP instance and the frame in it, 0-based; together they name the plane.
- `position_mm`, `orientation`, `spacing_mm`: per-frame over shared over top-level values; None
  where absent or malformed. Classic multi-frame objects (US, XA, RF) have no position per frame.
- `position_decimals`: how many decimals each coordinate of the position is written with; () if unknown.
- `keys`: what may tell volumes of one series apart. Leave a key out where the file doesn't have it.

| key | DICOM | type |
|---|---|---|
| `frame_of_reference` | Frame of Reference UID, as a pseudonym | text |
| `unit` | unit of the values after the modality transformation | text |
| `presentation_intent`, `intensity_relationship` | (0008,0068), (0028,1040) | text |
| `kernel` | Convolution Kernel (0018,1210), values joined by a backslash | text |
| `contrast` | "given" where (0018,0010) or (0018,0012) is there, or (0018,9342) is YES | text |
| `component` | Complex Image Component (0008,9208) | text |
| `scanning_sequence`, `sequence_variant` | (0018,0020), (0018,0021), sorted, joined by a backslash | text |
| `series_type` | (0054,1000), as DYNAMIC\\IMAGE, sorted, joined by a backslash | text |
| `stack_id` | Stack ID (0020,9056) | text |
| `echo_time`, `echo_number` | (0018,0081) or (0018,9082), (0018,0086) | number |
| `inversion_time`, `flip_angle`, `repetition_time` | (0018,0082), (0018,1314), (0018,0080) | number |
| `kvp` | (0018,0060) | number |
| `cardiac_phase`, `respiratory_phase` | Nominal Percentage of … Phase (0020,9241), (0020,9245) | number |
| `b_value` | Diffusion b-value (0018,9087) | number |
| `gradient` | Diffusion Gradient Orientation (0018,9089), joined by a backslash | text |
| `temporal_position` | Temporal Position Identifier (0020,0100) or Index (0020,9128) | number |
| `temporal_positions` | Number of Temporal Positions (0020,0105), how many the series announces | number |
| `trigger_time` | (0018,1060) or Nominal Cardiac Trigger Delay (0020,9153), ms | number |
| `frame_reference_time` | (0054,1300), ms; it differs between the beds of one PET, too | number |
| `announced_slices` | Number of Slices (0054,0081) | number |
| `announced_images` | Images in Acquisition (0020,1002), over all series of the acquisition | number |
| `acquisition_number` | (0020,0012) or (0020,9156) | number |
| `acquisition_time` | (0018,9074), (0008,002A) or (0008,0022)+(0008,0032), s from one fixed day | number |
| `instance_number` | (0020,0013); never used to sort slices | number |
| `dimension_index` | Dimension Index Values (0020,9157) of anything but place, joined by a backslash | text |

- `tiles`, `tile_normal`: only of a Siemens mosaic, read in memory from the CSA image header
  (private block "SIEMENS CSA HEADER", (0029,xx10)): NumberOfImagesInMosaic and SliceNormalVector.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pipeline.records import Geometry, SpacingKind

Triple = tuple[float, float, float]
Sextuple = tuple[float, float, float, float, float, float]


@dataclass(frozen=True)
class Frame:
    """One image plane as its header describes it.

    `position_mm` (of the centre of the first pixel) and `orientation` (direction along a row, then
    along a column) are in DICOM's patient frame, LPS. `spacing_mm` is between rows, then between
    columns. `spacing_kind` says where the spacing was measured. `unit_told` says that the file
    names the unit of its values, `uptake` turns them into SUVbw (None where that can't be known).
    """

    source: str
    index: int
    patient_id: str
    study_id: str
    series_id: str
    modality: str
    sop_class: str
    image_type: tuple[str, ...]
    rows: int
    columns: int
    samples: int
    photometric: str
    position_mm: Triple | None = None
    position_decimals: tuple[int, ...] = ()
    orientation: Sextuple | None = None
    spacing_mm: tuple[float, float] | None = None
    spacing_kind: SpacingKind = "patient"
    thickness_mm: float | None = None
    spacing_between_mm: float | None = None
    tiles: int | None = None
    tile_normal: Triple | None = None
    unit_told: bool = True
    uptake: float | None = None
    keys: Mapping[str, str | float] = field(default_factory=dict)

    @property
    def name(self) -> tuple[str, int]:
        """What no other plane is called; the order of names is the order of last resort."""
        return self.source, self.index


@dataclass(frozen=True)
class Rules:
    """What the configuration says about volumes (section `ingest`)."""

    unit: Literal["image", "series"] = "image"
    min_slices: int = 3
    resample_z: Literal["refuse", "linear"] = "refuse"
    untilt: Literal["refuse", "linear"] = "refuse"
    include: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """The frames of one case in the order of its slices, or frames refused for one reason.

    `reason` is "ok" or a code of the closed list, then `detail` tells the numbers. `geometry` and
    `shape` (slices, rows, columns or rows, columns) are those of the array before it is turned to the
    canonical orientation; None and empty where refused. `separated_by` holds the keys that tell this
    volume from others of its series, `measures` the numbers behind the notes, in mm or degrees.
    """

    frames: tuple[Frame, ...]
    geometry: Geometry | None = None
    shape: tuple[int, ...] = ()
    reason: str = "ok"
    detail: str = ""
    notes: tuple[str, ...] = ()
    separated_by: Mapping[str, str | float] = field(default_factory=dict)
    measures: Mapping[str, float] = field(default_factory=dict)
