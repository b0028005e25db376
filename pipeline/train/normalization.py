"""Batch normalization in training by TensorFlow's fused kernel.

Keras makes it of some ten operations, each of which reads all maps once more: a fifth of what a step of the
resnet costs. Only how a training step computes changes. The layers stay Keras's own, so a saved network needs
no code of this project.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
from keras import ops

from pipeline import backend

Tensor = Any


def fuse(net: keras.Model) -> None:
    """Lets a network's batch normalizations compute by the fused kernel, where the backend has one."""
    if not backend.normalizes_at_once():
        return
    for layer in net.layers:
        if isinstance(layer, keras.layers.BatchNormalization) and layer.axis == -1:
            layer.call = partial(_normalized, layer, layer.call)


def _normalized(
    layer: Any, otherwise: Callable[..., Tensor], maps: Tensor, training: bool | None = None, mask: Any = None
) -> Tensor:
    """What the layer makes of maps `(batch, *space, channels)`; its running mean and variance move on."""
    if not training or not layer.trainable or mask is not None:
        return otherwise(maps, training=training, mask=mask)
    values, mean, variance = backend.normalized_at_once(maps, layer.gamma, layer.beta, epsilon=layer.epsilon)
    for running, of_batch in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
        running.assign(running * layer.momentum + of_batch * (1.0 - layer.momentum))
    return ops.cast(values, layer.compute_dtype)
