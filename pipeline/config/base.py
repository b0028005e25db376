"""What all sections of the YAML are made of: their base, and the bounds that many keys have."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]
Count = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    """The base of all sections: unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def without_defaults(values: dict[str, Any], keys: Collection[str], given: Collection[str]) -> dict[str, Any]:
    """The dumped values without those of `keys` that nobody gave."""
    return {key: value for key, value in values.items() if key not in keys or key in given}
