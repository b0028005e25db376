"""The section `ingest` of the YAML: where the scans lie and what counts as one case."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from pipeline.config.base import Count, Positive, Section, Share
from pipeline.config.masks import Masks

_AXIS_OF = {"R": "R", "L": "R", "A": "A", "P": "A", "S": "S", "I": "S"}


class Limits(Section):
    """What one foreign file may cost before it is given up."""

    file_mb: Count = 2048
    decoded_mb: Count = 1024
    seconds: Count = 30
    memory_mb: Annotated[int, Field(ge=256)] = 4096
    depth: Annotated[int, Field(ge=1, le=64)] = 32
    members: Count = 1_000_000


class PatientFrom(Section):
    """Where whose a file is stands, if not in its header: a column of the table of labels, or its path.

    `pattern` is a regular expression with one group, sought in the path below `ingest.raw`.
    """

    column: str | None = None
    pattern: str | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> PatientFrom:
        if (self.column is None) == (self.pattern is None):
            raise ValueError("expected one of {column: NAME} and {pattern: REGULAR EXPRESSION}")
        return self

    @field_validator("pattern")
    @classmethod
    def _with_one_group(cls, pattern: str | None) -> str | None:
        try:
            groups = 1 if pattern is None else re.compile(pattern).groups
        except re.error as error:
            raise ValueError(f"not a regular expression ({error})") from None
        if groups != 1:
            raise ValueError("expected one group (…) around what names the patient")
        return pattern


class NiftiFormat(Section):
    """What NIfTI files are, as they don't say it themselves.

    `form` decides where sform and qform lie apart, `axes` names the directions of i, j and k where neither is
    set, as "RAS". `channels` is how many files `CASE_0000`, `CASE_0001` and so on make a case.
    """

    modality: str
    unit: str | None = None
    channels: Count | None = None
    form: Literal["sform", "qform"] | None = None
    axes: str | None = None

    @field_validator("axes")
    @classmethod
    def _of_three_directions(cls, axes: str | None) -> str | None:
        if axes is not None and sorted(_AXIS_OF.get(letter, "") for letter in axes) != ["A", "R", "S"]:
            raise ValueError(
                "expected three letters, one of R and L, one of A and P, one of S and I, as in RAS"
            )
        return axes


class PictureFormat(Section):
    """What pictures of a format are; `spacing` is between rows, then columns, in mm, or one for both."""

    modality: str
    unit: str | None = None
    channels: Count | None = None
    spacing: Positive | tuple[Positive, Positive] | None = None


KEYS_OF_FORMATS: Final[dict[str, type[Section]]] = {
    "jpeg": PictureFormat,
    "nifti": NiftiFormat,
    "png": PictureFormat,
    "tiff": PictureFormat,
}


class Channels(Section):
    """What is done with channels of a case that lie on another grid than the first."""

    resample: Literal["refuse", "linear"] = "refuse"


class Formats(Section):
    """The formats beside DICOM that are read."""

    nifti: NiftiFormat | None = None
    png: PictureFormat | None = None
    jpeg: PictureFormat | None = None
    tiff: PictureFormat | None = None

    def named(self) -> dict[str, NiftiFormat | PictureFormat | None]:
        """What is stated of each format, by its name."""
        return {"nifti": self.nifti, "png": self.png, "jpeg": self.jpeg, "tiff": self.tiff}


READING: Final = (
    "unit",
    "modalities",
    "include",
    "select",
    "unit_of",
    "formats",
    "channels",
    "min_slices",
    "resample_z",
    "untilt",
)
"""The keys of `ingest` that decide what a case is and what its voxels say."""


class Ingest(Section):
    """Where the scans lie and what counts as one case."""

    raw: str
    unit: Literal["image", "series"] = "image"
    modalities: Annotated[tuple[str, ...], Field(min_length=1)] = ("CT", "MR", "CR", "DX", "MG")
    key: str | None = None
    withdrawn: str | None = None
    patient_from: Literal["study", "folder"] | PatientFrom | None = None
    dummy_ids: tuple[str, ...] = ()
    include: tuple[Literal["derived", "localizer", "for_processing"], ...] = ()
    select: dict[str, dict[str, Any]] = Field(default_factory=dict)
    unit_of: dict[str, str] = Field(default_factory=dict)
    masks: Masks | None = None
    formats: Formats = Formats()
    channels: Channels = Channels()
    min_slices: Count = 3
    resample_z: Literal["refuse", "linear"] = "refuse"
    untilt: Literal["refuse", "linear"] = "refuse"
    dates: Literal["none", "shift"] = "none"
    pixel_text: Literal["not_reviewed", "reviewed"] = "not_reviewed"
    settle_seconds: Annotated[float, Field(ge=0)] = 0.0
    workers: Count | None = None
    executor: Literal["local", "dask"] = "local"
    scheduler: str | None = None
    failed_share: Share = 0.20
    limits: Limits = Limits()

    @field_validator("raw")
    @classmethod
    def _without_secrets(cls, raw: str) -> str:
        """A folder's path, or a URL that says nothing about who reads it."""
        if "://" in raw and (re.search(r"://[^/]*:[^/]*@", raw) or "?" in raw):
            raise PydanticCustomError(
                "said", "a URL must hold no password or token; set them where its driver looks"
            )
        return raw.removeprefix("file://")

    @model_validator(mode="after")
    def _can_run(self) -> Ingest:
        if self.executor == "dask" and not self.scheduler:
            raise ValueError(
                "`executor: dask` needs `scheduler: tcp://host:port`, the address of a scheduler"
            )
        return self

    @property
    def cluster(self) -> str | None:
        """The address of the Dask scheduler that runs the work; None: it runs here."""
        return self.scheduler if self.executor == "dask" else None

    @property
    def reading(self) -> dict[str, Any]:
        """The values of READING as JSON: how the scans were read that a model is trained with."""
        return self.model_dump(mode="json", include={*READING})
