"""How much of a scan one position of a feature map can see, computed from the layers alone."""

from __future__ import annotations

from typing import Any

import keras

__all__ = ["distance_pixels", "receptive_field_pixels", "stem_distance_pixels"]

Reach = tuple[tuple[int, int], ...]  # per axis: pixels seen, pixels between neighbours

LAST_FEATURES = "last_features"
_STEM = "first_"  # how the names of the first layers begin


def receptive_field_pixels(model: keras.Model, layer_name: str = LAST_FEATURES) -> tuple[int, ...]:
    """The theoretical receptive field of a layer's map, one number of input pixels per spatial axis.

    Along each path a layer with kernel k adds (k - 1) times the distance of neighbours, and a stride
    multiplies that distance (Araujo et al. 2019, doi:10.23915/distill.00021); where paths
    meet, the largest counts, and where a map is repeated, the distance is divided. The field may exceed the
    scan.
    """
    return tuple(seen for seen, _ in _reach(model, layer_name))


def distance_pixels(model: keras.Model, layer_name: str = LAST_FEATURES) -> tuple[int, ...]:
    """How many input pixels lie between neighbours of a layer's map, one number per spatial axis."""
    return tuple(distance for _, distance in _reach(model, layer_name))


def stem_distance_pixels(model: keras.Model) -> tuple[int, ...]:
    """The same of the maps that the first layers hand on: nothing behind them is resolved more finely."""
    return distance_pixels(model, [layer.name for layer in model.layers if layer.name.startswith(_STEM)][-1])


def _reach(model: keras.Model, layer_name: str) -> Reach:
    source = model.inputs[0]
    reached: dict[int, Reach] = {id(source): ((1, 1),) * (len(source.shape) - 2)}
    for layer in model.layers:
        tensors = layer.input if isinstance(layer.input, list) else [layer.input]
        known = [reached[id(tensor)] for tensor in tensors if id(tensor) in reached]
        if known and id(layer.output) not in reached:
            reached[id(layer.output)] = _after(layer, _largest(known))
        if layer.name == layer_name:
            return reached[id(layer.output)]
    raise ValueError(f"the model has no layer '{layer_name}'")


def _largest(reaches: list[Reach]) -> Reach:
    """Per axis the largest field of several paths, which share their distance of neighbours."""
    return tuple(max(axis) for axis in zip(*reaches, strict=True))


def _after(layer: Any, before: Reach) -> Reach:
    if isinstance(layer, keras.layers.UpSampling2D | keras.layers.UpSampling3D):
        sizes = layer.size if isinstance(layer.size, tuple) else (layer.size,) * len(before)
        return tuple((seen, distance // size) for (seen, distance), size in zip(before, sizes, strict=True))
    window = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
    if window is None:
        return before
    dilation = getattr(layer, "dilation_rate", (1,) * len(before))
    return tuple(
        (seen + (size - 1) * rate * distance, distance * stride)
        for (seen, distance), size, stride, rate in zip(before, window, layer.strides, dilation, strict=True)
    )
