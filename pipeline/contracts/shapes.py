"""What the keys of each JSON file hold, as far as a stage or command after it reads them.

A key that a file lacks is asked for by its reader; one that is there has the type that stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, RootModel

Json = dict[str, Any]

_STAGES_FOLDER: Final = "stages"
_ARRAYS_FOLDER: Final = "normalized"


class Shape(BaseModel):
    """The base of all shapes: other keys are nobody's business, and no type is turned into another."""

    model_config = ConfigDict(extra="allow", strict=True)


class Pointer(Shape):
    """`champion.json`: the generation in use."""

    generation: str = ""
    model_sha256: str = ""
    approver: str = ""
    reason: str = ""
    created: str = ""
    ledgers: dict[str, Json] = {}


class Finding(Shape):
    """Something about the cohort that a person should know."""

    kind: str
    count: int
    detail: str


class Cohort(Shape):
    """`cohort.json`."""

    classes: list[str] = []
    positive: str | None = None
    digest: str = ""
    join: Json = {}
    flow: Json = {}
    parts: dict[str, Json] = {}
    findings: list[Finding] = []


class Normalized(Shape):
    """`normalize.json`."""

    recipe: list[Json] = []
    recipe_id: str = ""
    shape: list[int] = []
    spacing: list[float] | None = None


class Refusal(Shape):
    """A scan that a recipe couldn't take, and why."""

    case_id: str
    reason: str
    detail: str


class Refused(Shape):
    """`refused.json`: such scans by recipe."""

    recipes: dict[str, list[Refusal]] = {}


class Drift(Shape):
    """`drift.json`."""

    level: str = ""
    attributes: list[Json] = []
    accepted: str | None = None
    inputs: str = ""


class Model(Shape):
    """`model.json`, the record of `model.keras`."""

    model_sha256: str = ""
    classes: list[str] = []
    positive: str | None = None
    recipe: list[Json] = []
    recipe_id: str = ""
    input_shape: list[int] = []
    precision: str = ""
    versions: dict[str, str] = {}
    training: str = ""


class Threshold(Shape):
    """A threshold that was chosen on the validation part."""

    threshold: float


class Operating(Shape):
    """`operating.json`: what validation fixed."""

    temperature: float = 1.0
    thresholds: list[Threshold] = []
    patient_score: str = ""


class Rule(Shape):
    """`rule.json`: the rule that was fixed before the look."""

    evaluate: Json = {}
    compare: Json = {}


class Metric(Shape):
    """One number with its interval."""

    id: str
    part: str


class Metrics(Shape):
    """`metrics.json`."""

    classes: list[str] = []
    positive: str | None = None
    metrics: list[Metric] = []


class Reason(Shape):
    """One row of a verdict."""

    sentence: str


class Judged(Shape):
    """A model of a comparison, by its digest."""

    model_sha256: str


class Compared(Judged):
    """The champion that a candidate was compared with."""

    generation: str


class Comparison(Shape):
    """`comparison.json`, with the verdict."""

    verdict: str = ""
    line: str = ""
    reasons: list[Reason] = []
    notes: list[str] = []
    candidate: Judged | None = None
    champion: Compared | None = None
    files: dict[str, str] = {}
    ledgers: dict[str, Json] = {}


class Section(Shape):
    """A section of the report."""

    key: str
    facts: dict[str, Json] = {}


class Goal(Shape):
    """The goal of the report and whether it was met."""

    outcome: str = ""
    metric_id: str = ""


class Report(Shape):
    """`report.json`."""

    run: str = ""
    created: str = ""
    html_digest: str = ""
    sections: list[Section] = []
    verdict: Goal = Goal()


class Stamp(Shape):
    """`stages/STAGE.json`: that a stage is done, and the digests of what it wrote."""

    outputs: dict[str, str] = {}


class Spacing(RootModel[dict[str, list[float]]]):
    """The file beside a shard of arrays: the spacing of each scan."""

    model_config = ConfigDict(strict=True)


_SHAPES: Final[Mapping[str, type[Shape]]] = MappingProxyType(
    {
        "champion.json": Pointer,
        "cohort.json": Cohort,
        "comparison.json": Comparison,
        "drift.json": Drift,
        "metrics.json": Metrics,
        "model.json": Model,
        "normalize.json": Normalized,
        "operating.json": Operating,
        "refused.json": Refused,
        "report.json": Report,
        "rule.json": Rule,
    }
)


def of(path: Path) -> type[BaseModel]:
    """The shape of the file; of one that isn't known here, any object."""
    if path.parent.name == _STAGES_FOLDER:
        return Stamp
    known = _SHAPES.get(path.name)
    return known or (Spacing if path.parent.name == _ARRAYS_FOLDER else Shape)
