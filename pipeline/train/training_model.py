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
    """Takes `{"scans", "case", "step"}` and answers with the net's logits.

    `scans` are in any numeric type, `case` and `step` are uint32 of shape (batch,). Where voxels are asked
    for, `bits` say what the truth marks in each, `(batch, *space)`: they are moved with the scans, and the
    loss, a function of each case, gets `(bits, targets)` for the truth.
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

    def compute_loss(
        self,
        x: Any = None,
        y: Tensor = None,
        y_pred: Tensor = None,
        sample_weight: Tensor = None,
        training: bool = True,
    ) -> Tensor:
        """The loss of a batch, one number."""
        if "bits" not in x:
            return super().compute_loss(x, y, y_pred, sample_weight, training)
        bits = self._augmentation.marked(x["bits"], step=x["step"], case=x["case"])
        return ops.mean(self.loss((bits, y), y_pred) * sample_weight)
