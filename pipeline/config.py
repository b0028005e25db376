"""The YAML of an analysis as typed, frozen sections; every error names file, line and nearest key.

The names of keys are part of the contract with users. Steps of `normalize` and the names of
architectures are checked by their own registries, which report through `Config.refuse`.
"""

from __future__ import annotations

import json
import re
import typing
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from pipeline.errors import ConfigError, UsageError, nearest

SECTIONS = ("ingest", "cohort", "normalize", "drift", "train", "evaluate", "compare", "report")
_NAME = re.compile(r"(?!raw$)[A-Za-z0-9][A-Za-z0-9._-]*")

KeyPath = tuple[str | int, ...]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]
Count = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    """The base of all sections: unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Limits(Section):
    """What one foreign file may cost before it is given up."""

    file_mb: Count = 2048
    decoded_mb: Count = 1024
    seconds: Count = 30
    memory_mb: Annotated[int, Field(ge=256)] = 4096
    depth: Annotated[int, Field(ge=1, le=64)] = 32


class Ingest(Section):
    """Where the scans lie and what counts as one case."""

    raw: str
    unit: Literal["image", "series"] = "image"
    modalities: Annotated[tuple[str, ...], Field(min_length=1)] = ("CT", "MR", "CR", "DX", "MG")
    key: str | None = None
    withdrawn: str | None = None
    select: dict[str, dict[str, Any]] = {}
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
                "secret", "a URL must hold no password or token; set them where its driver looks"
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


class JoinColumn(Section):
    """Which column of the table identifies the scans, and what it names."""

    column: str
    names: Literal["sop", "series", "study", "accession", "patient", "path", "name", "stem"]


class Shares(Section):
    """The share of patients in each part; together 1."""

    train: Share = 0.70
    validation: Share = 0.15
    test: Share = 0.15

    @model_validator(mode="after")
    def _together_one(self) -> Shares:
        total = self.train + self.validation + self.test
        if abs(total - 1.0) > 1e-6:
            raise ValueError(f"the three shares must add up to 1, not {total:g}")
        return self


class Cohort(Section):
    """Which scans have which label, and how patients are divided into parts."""

    labels: str
    target: str
    positive: str | None = None
    id: Literal["auto"] | JoinColumn = "auto"
    part_column: str | None = None
    links: str | None = None
    on_patient_overlap: Literal["refuse", "redraw"] = "refuse"
    shares: Shares = Shares()
    salt: int = 1
    groups: tuple[str, ...] = ()


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

    `shift` and `zoom` are shares of the image size, `contrast` of the contrast, `noise` of the
    training part's standard deviation; `gamma` is the largest |log2| of the exponent.
    """

    flip: bool = False
    shift: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    zoom: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    rotate_degrees: Annotated[float, Field(ge=0, le=180)] = 0.0
    contrast: Annotated[float, Field(ge=0, le=0.9)] = 0.0
    gamma: Annotated[float, Field(ge=0, le=2)] = 0.0
    noise: Annotated[float, Field(ge=0, le=2)] = 0.0


class Train(Section):
    """The network and how it is fitted."""

    model: str = "resnet"
    width: Count = 16
    epochs: Count = 20
    batch_size: Count = 32
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 1
    learning_rate: Positive = 1e-3
    weight_decay: Annotated[float, Field(ge=0)] = 1e-4
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    warmup_epochs: Annotated[float, Field(ge=0)] = 1.0
    patience: Annotated[int, Field(ge=0)] = 0
    class_weights: Literal["balanced", "none"] = "balanced"
    precision: Literal["auto", "float32", "mixed"] = "auto"
    jit: Literal["auto"] | bool = "auto"
    threads: Count | None = None
    checkpoint_every_steps: Count = 200
    augment: Augment = Augment()


class Goal(Section):
    """What the model must reach, fixed before the test part is opened."""

    metric: Literal["auroc", "auprc", "accuracy", "sensitivity", "specificity"] = "auroc"
    at_least: Share


class OperatingPoint(Section):
    """How the decision threshold is chosen on the validation part."""

    rule: Literal["sensitivity", "specificity", "youden", "cost"] = "sensitivity"
    at_least: Share = 0.95
    cost_false_negative: Positive = 1.0
    cost_false_positive: Positive = 1.0
    prevalence: Share | None = None


class Evaluate(Section):
    """What is measured on the test part, and how uncertainty is stated."""

    unit: Literal["patient", "case"] = "patient"
    patient_score: Literal["max", "mean"] = "max"
    goal: Goal | None = None
    operating_point: OperatingPoint = OperatingPoint()
    prevalences: tuple[Share, ...] = ()
    resamples: Annotated[int, Field(ge=200)] = 2000
    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    seed: Annotated[int, Field(ge=0)] = 1


class Compare(Section):
    """The rule by which a candidate may take the champion's place."""

    margin: Annotated[float, Field(gt=0, lt=1)] = 0.05
    objective: Literal["improve", "maintain"] = "improve"
    look_budget: Count = 5
    min_gain: Annotated[float, Field(gt=0, lt=1)] = 0.05


class Report(Section):
    """What only people can say about the model."""

    title: str
    intended_use: str = ""
    out_of_scope: str = ""
    licence: str = ""
    contact: str = ""


class Config(Section):
    """One analysis. `name` is the YAML's file name; paths are relative to the project."""

    name: str
    task: Literal["classification"] = "classification"
    ingest: Ingest
    cohort: Cohort
    normalize: Annotated[tuple[dict[str, dict[str, Any]], ...], Field(min_length=1)]
    drift: Drift = Drift()
    train: Train = Train()
    evaluate: Evaluate = Evaluate()
    compare: Compare = Compare()
    report: Report

    _path: Path = PrivateAttr(default=Path())
    _lines: dict[KeyPath, int] = PrivateAttr(default_factory=dict)

    def refuse(self, keys: KeyPath, message: str) -> ConfigError:
        """The error that says `message` at the place of `keys`, e.g. ("normalize", 0, "resize")."""
        return ConfigError(f"{_place(self._path, self._lines, keys)}: {message}")

    def section(self, name: str) -> Any:
        """One section as plain JSON values, defaults filled in."""
        return self.model_dump(mode="json")[name]


def load(path: Path) -> Config:
    """The configuration in the YAML file `path`.

    Raises UsageError when there is no such file or its name can't name an analysis, ConfigError
    (file, line, nearest key) when it isn't valid.
    """
    if not _NAME.fullmatch(path.stem):
        raise UsageError(
            f"'{path.name}' can't name an analysis: use letters, digits, '-', '_' and '.', not 'raw'. "
            "Rename the file; its name becomes a folder in data/ and reports/."
        )
    data = _read(path)
    lines = _line_numbers(data)
    plain = {**_plain(data), "name": path.stem} if "name" not in data else _plain(data)
    if "name" in data:
        raise ConfigError(
            f"{_place(path, lines, ('name',))}: 'name' is not a key: the file's name is the analysis' name."
        )
    try:
        config = Config.model_validate_json(json.dumps(plain), strict=True)
    except ValidationError as error:
        raise _told(path, lines, error) from None
    config._path, config._lines = path, lines
    return config


def dump(config: Config) -> str:
    """The resolved configuration as YAML, defaults filled in."""
    import io

    stream = io.StringIO()
    yaml = YAML()
    yaml.default_flow_style = None
    resolved = config.model_dump(mode="json", exclude={"name"})
    yaml.dump(resolved, stream)
    return stream.getvalue()


def _read(path: Path) -> CommentedMap:
    try:
        data = YAML().load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"The configuration {path} can't be read: {error.strerror}. Give CONFIG=configs/NAME.yaml."
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8 text. Save the file as UTF-8.") from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = (error.problem or "not valid YAML").splitlines()[0]
        raise ConfigError(f"{path}:{line}: {problem}.") from None
    except YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML ({str(error).splitlines()[0]}).") from None
    if not isinstance(data, CommentedMap):
        raise ConfigError(f"{path}: expected sections such as 'ingest:' and 'cohort:', found {_kind(data)}.")
    return data


def _kind(value: object) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, bool):
        return value
    for kind in (int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return str(value)


def _line_numbers(value: Any, keys: KeyPath = ()) -> dict[KeyPath, int]:
    lines: dict[KeyPath, int] = {}
    if isinstance(value, CommentedMap):
        for key, item in value.items():
            lines[(*keys, str(key))] = value.lc.key(key)[0] + 1
            lines |= _line_numbers(item, (*keys, str(key)))
    elif isinstance(value, CommentedSeq):
        for index, item in enumerate(value):
            lines[(*keys, index)] = value.lc.item(index)[0] + 1
            lines |= _line_numbers(item, (*keys, index))
    return lines


def _place(path: Path, lines: dict[KeyPath, int], keys: KeyPath) -> str:
    for length in range(len(keys), 0, -1):
        if keys[:length] in lines:
            return f"{path}:{lines[keys[:length]]}"
    return str(path)


def _told(path: Path, lines: dict[KeyPath, int], error: ValidationError) -> ConfigError:
    """All violations, one a line, in the order of the file."""
    sentences: dict[tuple[str, str], str] = {}
    for item in error.errors():
        keys = tuple(key for key in item["loc"] if _is_key(key))
        place = _place(path, lines, keys)
        sentences.setdefault((place, item["type"]), f"{place}: {_sentence(keys, item)}")
    ordered = sorted(
        sentences.items(),
        key=lambda pair: int(pair[0][0].rpartition(":")[2] or 0) if ":" in pair[0][0] else 0,
    )
    return ConfigError("\n".join(text for _, text in ordered))


def _is_key(key: str | int) -> bool:
    """Whether part of pydantic's location is a key of ours, not the name of a union's branch."""
    return not (isinstance(key, str) and (key in {"bool", "JoinColumn"} or key.startswith("literal[")))


def _sentence(keys: KeyPath, item: Any) -> str:
    name = ".".join(str(key) for key in keys)
    if item["type"] == "extra_forbidden":
        return f"unknown key '{keys[-1]}' ({nearest(str(keys[-1]), _known_keys(keys[:-1]))})."
    if item["type"] == "missing":
        return f"'{name}' is missing."
    if item["type"] == "secret":  # not to be shown
        return f"'{name}': {item['msg']}."
    message = item["msg"].removeprefix("Value error, ").replace("Input should be", "expected")
    found = json.dumps(item["input"], ensure_ascii=False)
    return f"'{name}': {message}, found {found if len(found) <= 60 else found[:57] + '...'}."


def _known_keys(keys: KeyPath) -> list[str]:
    model: Any = Config
    for key in keys:
        candidates = [model.model_fields[key].annotation] if key in getattr(model, "model_fields", {}) else []
        candidates += [arg for candidate in candidates for arg in typing.get_args(candidate)]
        model = next((c for c in candidates if isinstance(c, type) and issubclass(c, Section)), Section)
    return sorted(set(model.model_fields) - {"name"})
