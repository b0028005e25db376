"""The key `ingest.masks` of the YAML: which structures are read from masks."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from pipeline.config.base import Section
from pipeline.label_spelling import folded

StructureName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=64)]
Called = Annotated[int, Field(ge=1, le=65535, strict=True)] | Annotated[str, Field(min_length=1, strict=True)]
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_HIGHEST: Final = 65535
_AS_IN: Final = "as in `{liver: 1, tumour: [2, Tumour]}`"


def _named_and_called(value: object) -> object:
    """The structures as they stand, where they are names with what files call each."""
    if not isinstance(value, Mapping):
        raise PydanticCustomError(
            "said", f"expected names of structures with what files call each, {_AS_IN}, found {_shown(value)}"
        )
    for name, called in value.items():
        each = called if isinstance(called, list | tuple) else [called]
        if not _NAME.fullmatch(str(name)):
            turned = isinstance(called, str) and str(name).isdigit()
            hint = f": turn it round, `{called}: {name}`" if turned else f", {_AS_IN}"
            raise PydanticCustomError(
                "said",
                "a structure has a name of letters, digits, '-' and '_' that begins with a letter, found "
                f"'{name}'{hint}",
            )
        if not each or not all(map(_calls, each)):
            raise PydanticCustomError(
                "said",
                f"files call '{name}' by whole numbers of 1 to {_HIGHEST} or by labels, {_AS_IN}; found "
                f"{_shown(called)}",
            )
    names = sorted(value, key=str.casefold)
    if twice := [name for name, other in pairwise(names) if name.casefold() == other.casefold()]:
        raise PydanticCustomError("said", f"two structures are called '{twice[0]}', but for capitals")
    return {name: tuple(called) if isinstance(called, list) else called for name, called in value.items()}


def _calls(one: object) -> bool:
    if isinstance(one, str):
        return bool(one.strip())
    return isinstance(one, int) and not isinstance(one, bool) and 1 <= one <= _HIGHEST


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)[:60]


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

    structures: Annotated[
        dict[StructureName, Called | tuple[Called, ...]],
        Field(min_length=1),
        BeforeValidator(_named_and_called),
    ]
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
            for one in dict.fromkeys(called):
                word = folded(one) if isinstance(one, str) else one
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
