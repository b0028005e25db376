"""The records between the header reader and the grouping: one `Frame` an image plane, one `Group` a case.

All identifiers in a `Frame` are pseudonyms. A group is a `Volume`, or `Refused`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pipeline.ingest.series.acquisition import Acquisition
from pipeline.records import Geometry, SpacingKind

_SILENT = Acquisition()

Triple = tuple[float, float, float]
Sextuple = tuple[float, float, float, float, float, float]


@dataclass(frozen=True)
class Frame:
    """One image plane as its header describes it: per-frame over shared over top-level values.

    What is absent or malformed is None. Classic multi-frame objects (US, XA, RF) have no position per frame.
    """

    source: str
    """The SOP instance that the plane is in."""
    index: int
    """The number of the frame in it, from 0."""
    patient_id: str
    study_id: str
    series_id: str
    modality: str
    sop_class: str
    image_type: tuple[str, ...]
    """The values of Image Type (0008,0008), or of the frame's own Frame Type (0008,9007)."""
    rows: int
    columns: int
    samples: int
    photometric: str
    position_mm: Triple | None = None
    """Of the centre of the first pixel, in DICOM's patient frame, LPS (0020,0032)."""
    position_decimals: tuple[int, ...] = ()
    """How many decimals each coordinate of the position is written with; () if unknown."""
    orientation: Sextuple | None = None
    """The direction along a row, then along a column, LPS (0020,0037)."""
    spacing_mm: tuple[float, float] | None = None
    """Between rows, then between columns."""
    spacing_kind: SpacingKind = "patient"
    """Where the spacing was measured."""
    thickness_mm: float | None = None
    """Slice Thickness (0018,0050)."""
    spacing_between_mm: float | None = None
    """Spacing Between Slices (0018,0088)."""
    frame_of_reference: str = ""
    """Frame of Reference UID (0020,0052), as a pseudonym; "" where there is none."""
    series_words: str = ""
    """Series Number (0020,0011), Series Description (0008,103E) and Protocol Name (0018,1030), as one
    pseudonym; "" where there are none."""
    tiles: int | None = None
    """How many slices a Siemens mosaic holds, by its private header (0029,xx10): NumberOfImagesInMosaic."""
    tile_normal: Triple | None = None
    """The direction of a mosaic's slices, by the same header: SliceNormalVector."""
    unit: str = ""
    """Of the values after the modality transformation."""
    names_unit: bool = True
    """Whether the file names the unit of its values."""
    uptake: float | None = None
    """What turns the values into SUVbw, None where that can't be known."""
    acquisition: Acquisition = _SILENT
    acquisition_number: float | None = None
    """Acquisition Number (0020,0012), Frame Acquisition Number (0020,9156)."""
    acquisition_time: float | None = None
    """(0018,9074), (0008,002A) or (0008,0022) and (0008,0032), in s from one fixed day."""
    instance_number: float | None = None
    """Instance Number (0020,0013); never used to sort slices."""

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
class Volume:
    """The frames of one case in the order of its slices, and the grid that they make.

    `geometry` and `shape` (slices, rows, columns, or rows, columns of a single image) are those of the array
    before it is turned to the canonical orientation. `straightened` says that its leaning slices are moved
    upright, `evened` that uneven ones are resampled. `time_index` is its rank in time in its series,
    `variant_index` its number among those that nothing says to be times. `measures` are the numbers
    behind the notes, in mm or degrees.
    """

    frames: tuple[Frame, ...]
    geometry: Geometry
    shape: tuple[int, ...]
    straightened: bool = False
    evened: bool = False
    notes: tuple[str, ...] = ()
    time_index: int | None = None
    variant_index: int | None = None
    measures: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_stack(self) -> bool:
        """Whether it has slices, be it only one; else it is a single image."""
        return len(self.shape) == 3


@dataclass(frozen=True)
class Refused:
    """Frames that make no case, for a reason of the closed list; `detail` tells the numbers."""

    frames: tuple[Frame, ...]
    reason: str
    detail: str = ""


Group = Volume | Refused
