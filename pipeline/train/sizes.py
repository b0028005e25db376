"""How large a patch of a scan is and how many make a batch: as the YAML says, or as the memory allows.

Only where voxels are asked for: a network of one answer a scan sees every scan whole.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np

from pipeline import memory, models
from pipeline.config import Config
from pipeline.progress import say
from pipeline.tasks.registry import task_of
from pipeline.train.material import Material

Shape = tuple[int, ...]

SHARE: Final = 0.75
"""Of the machine's memory that training takes where `train.memory_gb` says nothing."""
_MOST_VOXELS: Final = 2**21
"""Of a patch, 128 x 128 x 128: what Isensee 2021 came to on a GPU of 11 GB; larger ones gain little."""
_MOST_A_STEP: Final = 2**22
"""Of a batch beyond two patches, so that a step stays one of seconds."""
_MOST_SCANS: Final = 32
_LEAST_LENGTH: Final = 16
"""Below, a patch shows less than what surrounds a structure."""
_STEP: Final = 8
"""Lengths that are cut short are multiples of it, which can be halved three times."""
_BYTES: Final = 4 * 2
"""A float32 and its gradient."""
_BESIDE: Final = 1.5
"""What a step takes beside the maps that it keeps. With `_BASE_BYTES` it reckons 1.9 GB where a CPU's process
held 1.5 in a step of two patches of 48 voxels a side."""
_BASE_BYTES: Final = 2**30
"""What the process takes without a step."""
_GB: Final = 10**9


def worked_out(config: Config, data: Material) -> tuple[Config, Material]:
    """The same with a patch and a batch size in numbers; as they are where a scan has one answer.

    Raises:
        ConfigError: a patch has another number of axes than the scans, or no memory is left for the least.
    """
    if not data.train.marked:
        return config, data
    patch, batch_size = _patch(config, data), config.train.batch_size
    if batch_size == "auto" or "batch_size" not in config.train.model_fields_set:
        batch_size = _batch_size(config, data, patch)
    need = (_BASE_BYTES + batch_size * _bytes_of_one(config, data, patch)) / _GB
    say(
        f"A step takes {batch_size} {'patch' if batch_size == 1 else 'patches'} of "
        f"{' × '.join(map(str, patch))} voxels: about {need:.1f} GB of {budget_bytes(config) / _GB:.1f} GB."
    )
    train = config.train.model_copy(update={"patch": patch, "batch_size": batch_size})
    return config.model_copy(update={"train": train}), replace(data, patch=patch)


def budget_bytes(config: Config) -> int:
    """The bytes that training may take."""
    stated = config.train.memory_gb
    return int(stated * _GB if stated else SHARE * memory.machine_bytes())


def _patch(config: Config, data: Material) -> Shape:
    given, shapes = config.train.patch, data.train.shapes
    if given != "auto":
        if len(given) != len(shapes[0]):
            raise config.refuse(
                ("train", "patch"),
                f"a patch of {len(given)} axes, and scans have {len(shapes[0])}. Say a length for each.",
            )
        return given
    patch = [int(length) for length in np.median(np.array(shapes), axis=0)]
    spacing = data.normalized.spacing or (1.0,) * len(patch)
    while not _fits(config, data, tuple(patch)):
        long = [axis for axis, length in enumerate(patch) if length > _LEAST_LENGTH]
        if not long:
            raise config.refuse(
                ("train", "memory_gb"),
                f"{budget_bytes(config) / _GB:.1f} GB are too little for two patches of "
                f"{' × '.join(map(str, patch))} voxels with this network. Raise it, or lower `train.width`.",
            )
        longest = max(long, key=lambda axis: patch[axis] * spacing[axis])
        patch[longest] = max(_LEAST_LENGTH, _STEP * ((patch[longest] - 1) // _STEP))
    return tuple(patch)


def _fits(config: Config, data: Material, patch: Shape) -> bool:
    """Whether two patches can be learned from in the memory there is."""
    left = budget_bytes(config) - _BASE_BYTES
    return math.prod(patch) <= _MOST_VOXELS and 2 * _bytes_of_one(config, data, patch) <= left


def _batch_size(config: Config, data: Material, patch: Shape) -> int:
    """As many as memory has room for, but no more than a step of seconds takes; one at least."""
    room = (budget_bytes(config) - _BASE_BYTES) // _bytes_of_one(config, data, patch)
    wished = max(2, _MOST_A_STEP // math.prod(patch))
    return max(1, min(int(room), wished, _MOST_SCANS, len(data.train.case_ids) * config.train.patches))


def _bytes_of_one(config: Config, data: Material, patch: Shape) -> int:
    """What one patch takes in a step: the maps that its gradient needs, and the truth as channels."""
    network = models.network(config.train.model, config.train.network)
    floats = models.mapper(network.name).kept_floats(
        (*patch, data.channels), network.parameters, spacing=data.normalized.spacing
    )
    outputs: int = task_of(config.task).network.outputs(data.question)
    channels = 4 * outputs * math.prod(patch)  # logits, their shares, the truth, and one more in between
    return int(_BESIDE * _BYTES * (floats + channels))
