"""The key `ingest.masks` of the YAML: which structures are read from masks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.config.base import Section

StructureName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=64)]
Called = Annotated[int, Field(ge=1, le=65535, strict=True)] | Annotated[str, Field(min_length=1, strict=True)]


class Coded(Section):
    """The code of a structure in DICOM files that are written: its value, its scheme and what it means."""

    value: Annotated[str, Field(min_length=1, max_length=16)]
    scheme: Annotated[str, Field(min_length=1, max_length=16)]
    meaning: Annotated[str, Field(min_length=1, max_length=64)]


class Masks(Section):
    """Which structures are read from masks, by what their files call them, and what is done in doubt.

    A structure is called by the number of a segment, or by the label of a segment or the name of a region.
    `resample` is for NIfTI masks on another grid than their scan, in the same place.
    `codes` are for the masks that `predict` writes.
    """

    structures: Annotated[dict[StructureName, Called | tuple[Called, ...]], Field(min_length=1)]
    may_be_absent: tuple[StructureName, ...] = ()
    undeclared: Literal["refuse", "ignore"] = "refuse"
    resample: Literal["refuse", "nearest"] = "refuse"
    threshold: Annotated[float, Field(gt=0, le=1)] | None = None
    codes: dict[StructureName, Coded] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_structure_a_name(self) -> Masks:
        for key, names in (("may_be_absent", self.may_be_absent), ("codes", self.codes)):
            for name in names:
                if name not in self.structures:
                    raise ValueError(f"`{key}` names '{name}', which is none of `structures`")
        said: dict[object, str] = {}
        for name, called in self.called.items():
            for one in called:
                word = one.strip().casefold() if isinstance(one, str) else one
                if word in said:
                    raise ValueError(f"'{said[word]}' and '{name}' are both called {one}")
                said[word] = name
        return self

    @property
    def called(self) -> dict[str, tuple[int | str, ...]]:
        """What files call each structure."""
        return {
            name: called if isinstance(called, tuple) else (called,)
            for name, called in self.structures.items()
        }
