"""What a training run is, by a digest: whatever can change a weight, and nothing else.

A stored state of another run is never gone on from.
"""

from __future__ import annotations

from typing import Any, Final

import keras

from pipeline import digests, provenance
from pipeline.config import Config
from pipeline.train.material import Material

CODE: Final = (
    "arrays.py", "backend.py", "bits.py", "controls.py", "models", "scoring.py", "statistics", "train",
)  # fmt: skip
"""The source that can change a weight; what training imports besides reads, writes, names and tells."""
OF_TASK: Final = ("classes.py", "learning.py", "network.py", "structures.py")
"""The same of a task's folder, as far as the task has them."""


_BESIDE: Final = "controls"
"""The key of `train` that says whether networks are trained beside the model: none of its weights change."""
_OF_THE_WHOLE: Final = ("seeds", "refit")
"""Keys of `train` that say how many fits there are, and change nothing in one of them."""


def run_digest(config: Config, data: Material) -> str:
    """The digest of all that decides the weights, but for the machine."""
    return digests.of_json({**_decides(config, data), "versions": provenance.versions()})


def fits_digest(config: Config, data: Material) -> str:
    """The same of the fits one by one: with another number of them, those that are done are still good."""
    return digests.of_json({**_decides_a_fit(config, data), "versions": provenance.versions()})


def work_digest(config: Config, data: Material) -> str:
    """The digest of the fits whatever the versions of the packages: what is trained, not by what."""
    return digests.of_json(_decides_a_fit(config, data))


def code_of(task: str) -> tuple[str, ...]:
    """The files and packages that decide the weights of this task."""
    return (*CODE, *(f"tasks/{task}/{name}" for name in OF_TASK))


def _decides_a_fit(config: Config, data: Material) -> dict[str, Any]:
    decides = _decides(config, data)
    train = {key: value for key, value in decides["train"].items() if key not in _OF_THE_WHOLE}
    return {**decides, "train": train}


def _decides(config: Config, data: Material) -> dict[str, Any]:
    return {
        "train": {key: value for key, value in config.section("train").items() if key != _BESIDE},
        "task": config.task,
        "question": data.question.to_json(),
        "cases": [data.train.digest, data.validation.digest],
        "arrays": [data.train.contents, data.validation.contents],
        "code": provenance.code_digest(*code_of(config.task)),
        "backend": keras.backend.backend(),
    }
