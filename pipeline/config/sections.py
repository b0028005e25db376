"""The sections of the YAML and their keys, with defaults and bounds.

The names of keys are part of the contract with users.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    ConfigDict,
    Field,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from pipeline import digests
from pipeline.arrow import STAGES
from pipeline.config.base import Count, Positive, Section, Share, without_defaults
from pipeline.config.cohort import Cohort
from pipeline.config.ingest import Ingest
from pipeline.config.text import KeyPath, place
from pipeline.errors import ConfigError

_NEWER_OF_EVALUATE = ("abstain", "intervals", "robustness", "sets", "strangers", "tolerance_mm")
PLACES = {
    "ingest": ("raw", "key", "withdrawn", "scheduler"),
    "cohort": ("labels", "links", "external.folders"),
}
"""The keys that say where something lies."""
SECTIONS = STAGES


class Effect(Section):
    """A drift threshold: both must hold, the Holm-corrected p below `p` and the effect at least `smd`."""

    p: Share
    smd: Annotated[float, Field(ge=0)]


class Drift(Section):
    """When new scans differ enough from the champion's to warn, or to stop before training."""

    warn: Effect = Effect(p=0.05, smd=0.2)
    stop: Effect = Effect(p=0.01, smd=0.5)
    min_patients: Count = 20


class Augment(Section):
    """Strengths of the random changes in training; 0 or false is off.

    `shift` and `zoom` are shares of the image size, `stretch` of each axis by itself, `contrast` of the
    contrast, `noise` of the training part's standard deviation; `gamma` is the largest |log2| of the
    exponent.
    """

    flip: bool = False
    shift: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    zoom: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    stretch: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    rotate_degrees: Annotated[float, Field(ge=0, le=180)] = 0.0
    contrast: Annotated[float, Field(ge=0, le=0.9)] = 0.0
    gamma: Annotated[float, Field(ge=0, le=2)] = 0.0
    noise: Annotated[float, Field(ge=0, le=2)] = 0.0


class Train(Section):
    """The network and how it is fitted. Further keys are the network's own: `pipeline.models` checks them.

    `seeds` networks are trained, from `seed` on, and answer as one. `average_epochs` is how many epochs the
    running mean of the weights remembers. `refit` fits anew on training and validation part together.
    `controls` says whether control networks are trained beside it, for a fifth of its epochs together.
    `label_smoothing` and `class_weights` are of some tasks only, and so are `loss` and `dice`. Where voxels
    are asked for, `patches` of the shape `patch` are cut of each scan in an epoch, a share `foreground` of
    them about what is marked; `auto` is what `memory_gb` has room for.
    """

    model_config = ConfigDict(extra="allow")
    model: str = "resnet"
    epochs: Count = 20
    batch_size: Count | Literal["auto"] = 32
    patch: Annotated[tuple[Count, ...], Field(min_length=2, max_length=3)] | Literal["auto"] = "auto"
    patches: Count = 1
    foreground: Share = 1 / 3
    memory_gb: Positive | None = None
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 1
    seeds: Annotated[int, Field(ge=1, le=100)] = 1
    learning_rate: Positive = 1e-3
    weight_decay: Annotated[float, Field(ge=0)] = 1e-4
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    warmup_epochs: Annotated[float, Field(ge=0)] = 1.0
    patience: Annotated[int, Field(ge=0)] = 0
    average_epochs: Annotated[float, Field(ge=0)] = 0.0
    refit: bool = False
    class_weights: Literal["balanced", "none"] = "balanced"
    loss: Literal["huber", "squared"] = "huber"
    dice: Literal["linear", "log"] = "linear"
    precision: Literal["auto", "float32", "mixed"] = "auto"
    jit: Literal["auto"] | bool = "auto"
    threads: Count | None = None
    checkpoint_every_steps: Count = 200
    controls: bool = True
    augment: Augment = Augment()

    @model_serializer(mode="wrap")
    def _later_keys_if_given(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without the keys that came later unless they are given, so that trainings keep their digests."""
        later = ("loss", "dice", "controls", "patch", "patches", "foreground", "memory_gb")
        return without_defaults(dump(self), later, self.model_fields_set)

    @property
    def scans_a_step(self) -> int:
        """How many scans make a batch; with `auto` as many as by default, where nothing worked it out."""
        return 32 if self.batch_size == "auto" else self.batch_size

    @property
    def network(self) -> dict[str, Any]:
        """The keys that are the network's own, those given or, once it was checked, all of them."""
        return dict(self.model_extra or {})


class Goal(Section):
    """What the model must reach, fixed before the test part is opened."""

    metric: str | None = None
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _one_bound(self) -> Goal:
        if (self.at_least is None) == (self.at_most is None):
            raise PydanticCustomError("said", "a goal needs one bound: `at_least`, or `at_most`")
        return self

    @model_serializer(mode="wrap")
    def _the_bound_alone(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without the bound that isn't there, so that a goal has the digest it had before there were two."""
        values: dict[str, Any] = dump(self)
        return {key: value for key, value in values.items() if key == "metric" or value is not None}

    @property
    def bound(self) -> float:
        """The value that the metric must reach, or must not pass."""
        return next(bound for bound in (self.at_least, self.at_most) if bound is not None)


class OperatingPoint(Section):
    """How the decision threshold is chosen on the validation part."""

    rule: Literal["sensitivity", "specificity", "youden", "cost"] = "sensitivity"
    at_least: Share = 0.95
    cost_false_negative: Positive = 1.0
    cost_false_positive: Positive = 1.0
    prevalence: Share | None = None


class Evaluate(Section):
    """What is measured on the test part, and how uncertainty is stated.

    `operating_point`, `prevalences`, `intervals`, `sets` and `tolerance_mm`, within which borders of masks
    agree, are of some tasks only. `robustness` is how many patients' scans are made worse step by step;
    "auto": as many as cost little.
    """

    unit: Literal["patient", "case"] = "patient"
    patient_score: Literal["max", "mean"] = "max"
    goal: Goal | None = None
    operating_point: OperatingPoint = OperatingPoint()
    prevalences: tuple[Share, ...] = ()
    intervals: Annotated[float, Field(ge=0.5, lt=1)] = 0.9
    sets: Annotated[float, Field(ge=0.5, lt=1)] = 0.9
    strangers: Annotated[float, Field(ge=0.001, le=0.5)] = 0.05
    abstain: tuple[Literal["stranger", "several", "none"], ...] = ("stranger", "several", "none")
    tolerance_mm: Positive = 1.0
    robustness: Annotated[int, Field(ge=0)] | Literal["auto"] = "auto"
    resamples: Annotated[int, Field(ge=200)] = 2000
    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    seed: Annotated[int, Field(ge=0)] = 1

    @model_serializer(mode="wrap")
    def _intervals_if_given(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without what is newer unless it is given, so that a rule has the digest it had before."""
        return without_defaults(dump(self), _NEWER_OF_EVALUATE, self.model_fields_set)


class Compare(Section):
    """The rule by which a candidate may take the place of the champion; both numbers as the task has them.

    `allowed_changes` are the keys, or sections of them, in which a candidate may differ from the champion; a
    plan that names none allows new scans alone. `max_negative_flips` is the share of test patients whom the
    champion may have had right and the candidate wrong; a share shown to be larger vetoes.
    """

    margin: Positive = 0.05
    objective: Literal["improve", "maintain"] = "improve"
    look_budget: Count = 5
    min_gain: Positive = 0.05
    allowed_changes: tuple[str, ...] | None = None
    max_negative_flips: Share | None = None

    @model_serializer(mode="wrap")
    def _if_given(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without what nobody asked for, so that a rule has the digest it had before there was such a key."""
        return without_defaults(dump(self), ("allowed_changes", "max_negative_flips"), self.model_fields_set)


class Report(Section):
    """What only people can say about the model; `impact` is what its changes can do to patients."""

    title: str
    intended_use: str = ""
    out_of_scope: str = ""
    impact: str = ""
    licence: str = ""
    contact: str = ""


class Config(Section):
    """One analysis. `name` is the YAML's file name; paths are relative to the project."""

    name: str
    task: str = "classification"
    ingest: Ingest
    cohort: Cohort = Cohort()
    normalize: Annotated[tuple[dict[str, dict[str, Any]], ...], Field(min_length=1)]
    drift: Drift = Drift()
    train: Train = Train()
    evaluate: Evaluate = Evaluate()
    compare: Compare = Compare()
    report: Report

    @model_validator(mode="after")
    def _all_structures(self) -> Config:
        """Where no target is named, the declared structures are the targets."""
        if self.ingest.masks is None or self.cohort.target:
            return self
        cohort = self.cohort.model_copy(update={"target": tuple(self.ingest.masks.structures)})
        return self.model_copy(update={"cohort": cohort})

    _path: Path = PrivateAttr(default=Path())
    _lines: dict[KeyPath, int] = PrivateAttr(default_factory=dict)

    def refuse(self, keys: KeyPath, message: str) -> ConfigError:
        """The error that says `message` at the place of `keys`, e.g. ("normalize", 0, "resize")."""
        return ConfigError(f"{place(self._path, self._lines, keys)}: {message}")

    @property
    def path(self) -> Path:
        """The YAML, as it was named."""
        return self._path

    @property
    def tables(self) -> dict[KeyPath, str]:
        """The tables that are named, by the key that names them."""
        named = {
            ("ingest", "withdrawn"): self.ingest.withdrawn,
            ("cohort", "labels"): self.cohort.labels,
            ("cohort", "links"): self.cohort.links,
        }
        return {keys: given for keys, given in named.items() if given is not None}

    def with_network(self, parameters: Mapping[str, Any]) -> Config:
        """The same analysis with all keys of its network, a file that it reads being a `Path`."""
        return self.model_copy(update={"train": self.train.model_copy(update=dict(parameters))})

    def section(self, name: str) -> Any:
        """One section as plain JSON values, defaults filled in.

        In the stead of places stand their digests, in the stead of a file that the network reads that of its
        contents.
        """
        return self.plain_values(lambda place: digests.of_bytes(place.encode())[:16])[name]

    def plain_values(self, place: Callable[[str], str]) -> dict[str, Any]:
        """All sections as plain JSON values, with what `place` says of each path and address.

        A folder of scans may be named for a hospital or a patient: no copy of the settings holds its name. A
        file that the network reads stands by the digest of its contents.
        """
        values: dict[str, Any] = self.model_dump(mode="json", exclude={"name"})
        files = {key: path for key, path in self.train.network.items() if isinstance(path, Path)}
        values["train"] |= {key: digests.of_file(path) for key, path in files.items()}
        for section, keys in PLACES.items():
            for key in keys:
                _put(values[section], key.split("."), place)
        return values


def _put(values: dict[str, Any], keys: Sequence[str], place: Callable[[str], str]) -> None:
    """Puts what `place` says in the stead of the path, or of each of a list, that lies under the keys."""
    *above, last = keys
    for key in above:
        values = values.get(key) or {}
    given = values.get(last)
    if isinstance(given, list):
        values[last] = [place(path) for path in given]
    elif given is not None:
        values[last] = place(given)
