"""Where in an image the network found its answer: Grad-CAM, or occlusion where there are no derivatives.

What is explained is a weighted sum of the outputs, which the task chooses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray
from scipy import ndimage, stats

from pipeline.evaluate.insights import gradients
from pipeline.models.ensemble import members

LAST_FEATURES = "last_features"
MASKED_SHARE = 0.10  # of the pixels, as in deletion tests of saliency maps
OCCLUSION_GRID = 8  # patches along each axis, a choice: 64 answers an image, 512 a volume

Method = Literal["grad_cam", "occlusion"]
Array = NDArray[np.float32]
Coarse = Callable[[Array, Array], Array]
"""From images `(n, ...)` and the weights of outputs in each, `(n, outputs)`, to maps of fewer pixels."""
Explainer = Callable[[Array, Sequence[int]], list[Array]]
Evidence = Callable[[int, int], Array]
"""From how many outputs there are, and which one is explained, to their weights, shape (1, outputs)."""


def method_of(model: keras.Model) -> Method:
    """How the maps of this model are made on the backend in use."""
    has_layer = all(
        any(layer.name == LAST_FEATURES for layer in network.layers) for network in members(model)
    )
    return "grad_cam" if has_layer and gradients.available() else "occlusion"


def explainer(model: keras.Model, evidence: Evidence) -> Explainer:
    """The function from images and an output of each to the maps of what speaks for that output.

    Images `(n, [slices,] rows, columns, channels)`, each map `([slices,] rows, columns)` from 0 to 1; a map
    of zeros says that nothing does. Grad-CAM: Selvaraju 2017, arXiv:1610.02391; of several networks that
    answer as one it is the mean of their maps.
    """
    coarse = _grad_cam(model) if method_of(model) == "grad_cam" else _occlusion(model)
    outputs = model.output.shape[-1]

    def explain(images: Array, targets: Sequence[int]) -> list[Array]:
        weights = np.concatenate([evidence(outputs, target) for target in targets])
        return [_scaled(_resized(each, images.shape[1:-1])) for each in coarse(images, weights)]

    return explain


def with_shuffled_weights(model: keras.Model, generator: np.random.Generator) -> keras.Model:
    """A copy of the model, its trained values shuffled within each weight array.

    A map that hardly changes with them shows edges of the image, not what was learned
    (Adebayo 2018, arXiv:1810.03292).
    """
    copy = keras.models.clone_model(model)
    copy.set_weights(
        [generator.permutation(weight.ravel()).reshape(weight.shape) for weight in model.get_weights()]
    )
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
    flat = np.zeros(heat.size, dtype=np.bool_)
    flat[np.argsort(heat.ravel(), kind="stable")[-count:]] = True
    region = flat.reshape(heat.shape)
    moved = np.roll(region, [int(generator.integers(size)) for size in heat.shape], tuple(range(heat.ndim)))
    median = np.median(image.reshape(-1, image.shape[-1]), axis=0).astype(image.dtype)
    return np.where(region[..., None], median, image), np.where(moved[..., None], median, image)


def _grad_cam(model: keras.Model) -> Coarse:
    maps = [_grad_cam_of_one(network) for network in members(model)]
    return lambda images, weights: np.mean([coarse(images, weights) for coarse in maps], axis=0)


def _grad_cam_of_one(model: keras.Model) -> Coarse:
    layer = model.get_layer(LAST_FEATURES)
    features_of, head = keras.Model(model.input, layer.output), keras.Model(layer.output, model.output)

    def coarse(images: Array, weights: Array) -> Array:
        features = np.concatenate(
            [_numpy(features_of(some, training=False)) for some in gradients.few(images)]
        )
        # The sum over images: its derivative by each is that image's own, as none knows of another.
        slope = gradients.gradient(lambda tensor: ops.sum(head(tensor, training=False) * weights), features)
        importance = slope.mean(axis=tuple(range(1, features.ndim - 1)), keepdims=True)  # (n, ..., channels)
        speaking: Array = (importance * features).sum(axis=-1)  # (n, [slices,] rows, columns)
        return np.maximum(speaking, 0)

    return coarse


def _occlusion(model: keras.Model) -> Coarse:
    def margin(image: Array, weights: Array) -> float:
        return float((_numpy(model(image[None], training=False))[0] * weights).sum())

    def of_one(image: Array, weights: Array) -> Array:
        cells = [np.array_split(np.arange(size), min(OCCLUSION_GRID, size)) for size in image.shape[:-1]]
        losses = np.zeros([len(axis) for axis in cells], dtype=np.float32)
        for place in np.ndindex(losses.shape):
            covered = image.copy()
            inside = np.ix_(*[axis[index] for axis, index in zip(cells, place, strict=True)])
            covered[inside] = np.median(image.reshape(-1, image.shape[-1]), axis=0)
            losses[place] = margin(image, weights) - margin(covered, weights)
        return np.maximum(losses, 0)

    return lambda images, weights: np.stack(
        [of_one(image, own) for image, own in zip(images, weights, strict=True)]
    )


def _resized(coarse: Array, shape: tuple[int, ...]) -> Array:
    factors = [size / small for size, small in zip(shape, coarse.shape, strict=True)]
    return np.asarray(
        ndimage.zoom(coarse, factors, order=1, mode="nearest", grid_mode=True), dtype=np.float32
    )


def _scaled(heat: Array) -> Array:
    peak = float(heat.max())
    return heat / np.float32(peak) if peak > 0 else np.zeros_like(heat)


def _numpy(tensor: Any) -> Array:
    return np.asarray(ops.convert_to_numpy(tensor), dtype=np.float32)
