"""What the first layer looks for, and how much of the image one unit of the last layer uses."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from pipeline.evaluate.insights import gradients
from pipeline.evaluate.insights.attention import LAST_FEATURES
from pipeline.models.ensemble import members

FIELD_FLOOR = 0.0455  # of the peak: outside two standard deviations, the definition of Luo 2016

Array = NDArray[np.float32]


def first_kernels(model: keras.Model, layer_name: str) -> Array:
    """The kernels of the layer as pictures `(filters, rows, columns)`, float32.

    Input channels are averaged; of a 3-D kernel the middle slice is taken, of several networks the first.
    """
    layer = members(model)[0].get_layer(layer_name)
    kernel = np.asarray(ops.convert_to_numpy(layer.kernel), dtype=np.float32)
    pictures: Array = np.moveaxis(kernel.mean(axis=-2), -1, 0)  # (filters, [slices,] rows, columns)
    return pictures[:, pictures.shape[1] // 2] if pictures.ndim == 4 else pictures


def influence(model: keras.Model, images: Array) -> Array:
    """How strongly each pixel moves the central unit of the last features, averaged over images and networks.

    Mean absolute derivative, `([slices,] rows, columns)`, scaled to a peak of 1. `images` is
    `(n, [slices,] rows, columns, channels)`. Luo 2016, arXiv:1701.04128.
    """
    total = np.zeros(images.shape[1:-1], dtype=np.float32)
    for network in members(model):
        features = keras.Model(network.input, network.get_layer(LAST_FEATURES).output)
        central = partial(_central, features, tuple(size // 2 for size in features.output.shape[1:-1]))
        for some in gradients.few(images):
            total += np.abs(gradients.gradient(central, some)).sum(axis=(0, -1))
    peak = float(total.max())
    return total / np.float32(peak) if peak > 0 else total


def middle(scan: NDArray[Any], shape: Sequence[int]) -> NDArray[Any]:
    """The middle `(*shape, channels)` of a scan, which goes on with its border where it is shorter.

    >>> middle(np.arange(5)[:, None], [3])[:, 0].tolist(), middle(np.arange(2)[:, None], [4])[:, 0].tolist()
    ([1, 2, 3], [0, 0, 1, 1])
    """
    lacking = [max(0, wanted - length) for wanted, length in zip(shape, scan.shape, strict=False)]
    whole = np.pad(scan, [*((by // 2, by - by // 2) for by in lacking), (0, 0)], mode="edge")
    starts = [(length - wanted) // 2 for wanted, length in zip(shape, whole.shape, strict=False)]
    return whole[tuple(slice(start, start + wanted) for start, wanted in zip(starts, shape, strict=True))]


def width_pixels(influence_map: Array) -> float:
    """The side of the square (cube) as large as the region above `FIELD_FLOOR` of the peak."""
    return float(np.count_nonzero(influence_map > FIELD_FLOOR) ** (1 / influence_map.ndim))


def _central(features: keras.Model, middle: tuple[int, ...], tensor: Any) -> Any:
    """Of several images the sum, whose derivative by each is that image's own: none knows of another."""
    return ops.sum(features(tensor, training=False)[(slice(None), *middle)])
