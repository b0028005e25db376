"""The net as it is trained: inside a thin model that casts and augments on the device.

The net is saved alone, so a saved model needs no code of this project.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from pipeline.train.augment import Augmentation

Tensor = Any


class TrainingModel(keras.Model):  # type: ignore[misc]
    """Takes `{"scans", "case", "step"}` and answers with the net's logits `(batch, classes)`.

    `scans` are in any numeric type, `case` and `step` are uint32 of shape (batch,).
    """

    def __init__(self, net: keras.Model, augmentation: Augmentation) -> None:
        # In float32, so that 16-bit training rounds the scans only after they were standardized.
        super().__init__(name="training", dtype="float32")
        self.net = net
        self._augmentation = augmentation

    def call(self, inputs: dict[str, Tensor], training: bool = False) -> Tensor:
        """The logits; scans are augmented in training only."""
        scans = ops.cast(inputs["scans"], "float32")
        if training:
            scans = self._augmentation(scans, step=inputs["step"], case=inputs["case"])
        return self.net(scans, training=training)
