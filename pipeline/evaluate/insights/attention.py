"""Where in an image the network found its answer: Grad-CAM, or occlusion where there are no derivatives.

What is explained is the logit of a class minus the mean of the other logits: softmax does not see a
constant added to all of them, so a single logit means nothing by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray
from scipy import ndimage, stats

from pipeline.evaluate.insights import gradients

LAST_FEATURES = "last_features"
MASKED_SHARE = 0.10  # of the pixels, as in deletion tests of saliency maps
OCCLUSION_GRID = 8  # patches along each axis

Method = Literal["grad_cam", "occlusion"]
Array = NDArray[np.float32]


def method_of(model: keras.Model) -> Method:
    """How the maps of this model are made on the backend in use."""
    has_layer = any(layer.name == LAST_FEATURES for layer in model.layers)
    return "grad_cam" if has_layer and gradients.available() else "occlusion"


def maps(model: keras.Model, images: Array, targets: Sequence[int]) -> Array:
    """One map per image, `(n, [slices,] rows, columns)`, 0 to 1, for the class index in `targets`.

    A map of zeros says that nothing in the image speaks for the class. `images` is model input
    `(n, [slices,] rows, columns, channels)`. Grad-CAM: Selvaraju 2017, arXiv:1610.02391.
    """
    explain = _grad_cam if method_of(model) == "grad_cam" else _occlusion
    return np.stack([_scaled(explain(model, image[None], target)) for image, target in zip(images, targets, strict=True)])


def with_shuffled_weights(model: keras.Model, generator: np.random.Generator) -> keras.Model:
    """A copy of the model, its trained values shuffled within each weight array.

    A map that hardly changes with them shows edges of the image, not what was learned
    (Adebayo 2018, arXiv:1810.03292).
    """
    copy = keras.models.clone_model(model)
    copy.set_weights([generator.permutation(weight.ravel()).reshape(weight.shape) for weight in model.get_weights()])
    return copy


def rank_correlation(one: Array, other: Array) -> float:
    """Spearman's correlation of two maps of one shape; 0 where one of them is constant."""
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(stats.spearmanr(one.ravel(), other.ravel()).statistic)


def masked(image: Array, heat: Array, generator: np.random.Generator) -> tuple[Array, Array]:
    """The image without the hottest tenth of its map, and without the same region moved at random.

    Masked pixels take the median of their channel. `image` is `([slices,] rows, columns, channels)`.
    """
    count = max(1, round(MASKED_SHARE * heat.size))
    region = np.zeros(heat.size, dtype=bool)
    region[np.argsort(heat.ravel(), kind="stable")[-count:]] = True
    region = region.reshape(heat.shape)
    moved = np.roll(region, [int(generator.integers(size)) for size in heat.shape], tuple(range(heat.ndim)))
    median = np.median(image.reshape(-1, image.shape[-1]), axis=0).astype(image.dtype)
    return np.where(region[..., None], median, image), np.where(moved[..., None], median, image)


def _grad_cam(model: keras.Model, image: Array, target: int) -> Array:
    layer = model.get_layer(LAST_FEATURES)
    head = keras.Model(layer.output, model.output)
    features = _numpy(keras.Model(model.input, layer.output)(image, training=False))
    weights = _margin_weights(model.output.shape[-1], target)
    slope = gradients.gradient(lambda tensor: ops.sum(head(tensor, training=False) * weights), features)
    spatial = tuple(range(1, features.ndim - 1))
    importance = slope.mean(axis=spatial, keepdims=True)  # (1, 1, ..., channels)
    coarse = np.maximum((importance * features).sum(axis=-1)[0], 0)  # ([slices,] rows, columns)
    return _resized(coarse, image.shape[1:-1])


def _occlusion(model: keras.Model, image: Array, target: int) -> Array:
    weights = _margin_weights(model.output.shape[-1], target)
    shape = image.shape[1:-1]
    cells = [np.array_split(np.arange(size), min(OCCLUSION_GRID, size)) for size in shape]
    coarse = np.zeros([len(axis) for axis in cells], dtype=np.float32)
    median = np.median(image.reshape(-1, image.shape[-1]), axis=0)
    whole = float((_numpy(model(image, training=False)) * weights).sum())
    for index in np.ndindex(coarse.shape):
        covered = image.copy()
        covered[(0, *np.ix_(*[axis[place] for axis, place in zip(cells, index, strict=True)]))] = median
        coarse[index] = max(whole - float((_numpy(model(covered, training=False)) * weights).sum()), 0)
    return _resized(coarse, shape)


def _margin_weights(classes: int, target: int) -> Array:
    weights = np.full((1, classes), -1 / (classes - 1), dtype=np.float32)
    weights[0, target] = 1
    return weights


def _resized(coarse: Array, shape: tuple[int, ...]) -> Array:
    factors = [size / small for size, small in zip(shape, coarse.shape, strict=True)]
    return np.asarray(ndimage.zoom(coarse, factors, order=1, mode="nearest", grid_mode=True), dtype=np.float32)


def _scaled(heat: Array) -> Array:
    peak = float(heat.max())
    return heat / np.float32(peak) if peak > 0 else np.zeros_like(heat)


def _numpy(tensor: Any) -> Array:
    return np.asarray(ops.convert_to_numpy(tensor), dtype=np.float32)
