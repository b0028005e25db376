"""Control runs: the networks that training made for them, and what each reaches: `controls.json`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pipeline.contracts.damage import rewritten_by
from pipeline.contracts.metrics import Metric
from pipeline.contracts.objects import ObjectFile, Schema

_FOLDER: Final = "controls"


@dataclass(frozen=True)
class Network:
    """A control network by its key, the digest of its file, and for how many epochs it was trained."""

    key: str
    sha256: str
    epochs: int


@dataclass(frozen=True)
class Networks:
    """The control networks of the model that `training` decides; none where `reason` says why.

    `epochs` are those of the model's own training, over all its networks; `seconds` the time of these ones.
    """

    training: str
    epochs: int
    networks: tuple[Network, ...] = ()
    seconds: float = 0.0
    reason: str = ""


@dataclass(frozen=True)
class Control:
    """What one control network reaches on the test part, and how that is judged.

    `metric` is what it reaches, `chance` what nothing that was learned would, `of_model` what the model does;
    `epochs` are those of its training. `reason` says what follows, or why the check was not run.
    """

    key: str
    status: Literal["pass", "fail", "not_run"]
    metric: Metric | None = None
    chance: float | None = None
    of_model: float | None = None
    epochs: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Controls:
    """All control runs in order; `epochs` are those of the model, `seconds` the time of the networks."""

    controls: tuple[Control, ...]
    epochs: int = 0
    seconds: float = 0.0


FILE: Final = ObjectFile("controls.json", Controls, Schema("controls", 1), rewritten_by("evaluate"))
NETWORKS: Final = ObjectFile(
    "control_networks.json", Networks, Schema("control_networks", 1), rewritten_by("train")
)


def network_path(data: Path, key: str) -> Path:
    """Where a control network lies below the derived files of an analysis."""
    return data / _FOLDER / f"{key}.keras"
