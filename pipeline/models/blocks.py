"""The parts that architectures share, for images and volumes alike.

Maps are `(batch, rows, columns, channels)` or `(batch, slices, rows, columns, channels)`. Batch
normalization, unlike group normalization, keeps the absolute brightness of a scan, which in CT is
the finding itself; its moving averages use a short memory, because small cohorts train for few steps.
"""

from __future__ import annotations

from typing import Literal

import keras

from pipeline.models import Intensities

STAGES = 4
StemStride = Literal["auto", 1, 2, 4]
_MOMENTUM = 0.9  # not Keras's 0.99: a small cohort has too few steps for so long a memory


def scan_input(input_shape: tuple[int, ...]) -> keras.KerasTensor:
    """The input: a batch of float32 scans as they were stored."""
    return keras.Input(input_shape, dtype="float32", name="scan")


def standardize(maps: keras.KerasTensor, intensities: Intensities) -> keras.KerasTensor:
    """The maps with the training part's mean 0 and standard deviation 1, in float32; same shape."""
    layer = keras.layers.Normalization(
        axis=-1,
        mean=list(intensities.mean),
        variance=[std**2 for std in intensities.std],
        dtype="float32",
        name="standardize",
    )
    return layer(maps)


def convolution(
    maps: keras.KerasTensor,
    filters: int,
    *,
    kernel: int | tuple[int, ...],
    strides: tuple[int, ...],
    name: str,
) -> keras.KerasTensor:
    """The maps convolved with zero padding, no bias; each axis divided by its stride."""
    layer = (keras.layers.Conv2D, keras.layers.Conv3D)[len(strides) - 2]
    return layer(
        filters,
        kernel,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=name,
    )(maps)


def normalized(maps: keras.KerasTensor, *, name: str, scale_start: float = 1.0) -> keras.KerasTensor:
    """The maps after batch normalization, whose learned scale starts at `scale_start`; same shape."""
    gamma = keras.initializers.Constant(scale_start)
    return keras.layers.BatchNormalization(momentum=_MOMENTUM, gamma_initializer=gamma, name=name)(maps)


def rectified(maps: keras.KerasTensor, *, name: str) -> keras.KerasTensor:
    """The maps with negative values set to 0; same shape."""
    return keras.layers.ReLU(name=name)(maps)


def stem_strides(input_shape: tuple[int, ...], stride: StemStride) -> tuple[int, ...]:
    """How much the stem shortens each spatial axis of `(..., channels)`: 1, 2 or 4.

    With `auto` the maps that follow have about 64 to 127 pixels an axis in images, 24 to 47 in volumes.
    """
    if stride != "auto":
        return (stride,) * (len(input_shape) - 1)
    # A choice: places enough for a small finding, and few enough to train on a CPU.
    aim = 64 if len(input_shape) == 3 else 24
    return tuple(4 if length >= 4 * aim else 2 if length >= 2 * aim else 1 for length in input_shape[:-1])


def stem(maps: keras.KerasTensor, width: int, *, stride: StemStride) -> keras.KerasTensor:
    """The first features, `width` channels, each spatial axis divided by `stem_strides`.

    In volumes the convolution strides within the slices only, and slices are averaged after it:
    TensorFlow's gradient of a convolution that strides along all three axes is 50 times slower.
    """
    strides = stem_strides(maps.shape[1:], stride)
    kernel = tuple(2 * step + 1 for step in strides)
    if len(strides) == 2:
        maps = convolution(maps, width, kernel=kernel, strides=strides, name="first_convolution")
        return rectified(normalized(maps, name="first_normalization"), name="first_rectified")
    within = (1, *strides[1:])
    maps = convolution(maps, width, kernel=3, strides=within, name="first_convolution")
    maps = rectified(normalized(maps, name="first_normalization"), name="first_rectified")
    return averaged(maps, (strides[0], 1, 1), name="first_averaging")


def averaged(maps: keras.KerasTensor, sizes: tuple[int, ...], *, name: str) -> keras.KerasTensor:
    """The maps averaged over blocks of `sizes`; each spatial axis divided by its size, rounded up."""
    pooling = (keras.layers.AveragePooling2D, keras.layers.AveragePooling3D)[len(sizes) - 2]
    return pooling(sizes, padding="same", name=name)(maps)


def halving(maps: keras.KerasTensor) -> tuple[int, ...]:
    """2 for each spatial axis that is long enough to be halved, else 1."""
    # A choice: at least 8 places an axis are left (4 in volumes), so that a map still says where.
    shortest = 16 if len(maps.shape) == 4 else 8
    return tuple(2 if length >= shortest else 1 for length in maps.shape[1:-1])


def pooled(maps: keras.KerasTensor) -> keras.KerasTensor:
    """Mean and maximum of each channel over all positions, `(batch, 2 * channels)`.

    The mean sees what is spread out, the maximum what is small and bright.
    """
    rank = len(maps.shape) - 2
    average = (keras.layers.GlobalAveragePooling2D, keras.layers.GlobalAveragePooling3D)[rank - 2]
    largest = (keras.layers.GlobalMaxPooling2D, keras.layers.GlobalMaxPooling3D)[rank - 2]
    parts = [average(name="mean_features")(maps), largest(name="largest_features")(maps)]
    return keras.layers.Concatenate(name="pooled_features")(parts)


def logits(features: keras.KerasTensor, outputs: int, *, dropout: float) -> keras.KerasTensor:
    """One float32 number per class, `(batch, outputs)`, after dropping a share of the features."""
    features = keras.layers.Dropout(dropout, name="dropout")(features)
    return keras.layers.Dense(outputs, dtype="float32", name="logits")(features)


def number(features: keras.KerasTensor, *, dropout: float, mean: float, spread: float) -> keras.KerasTensor:
    """One float32 number, `(batch, 1)`, after dropping a share of the features: `mean` + `spread` * the head.

    The head starts at 0, so that the untrained network says the mean.
    """
    features = keras.layers.Dropout(dropout, name="dropout")(features)
    head = keras.layers.Dense(1, kernel_initializer="zeros", dtype="float32", name="standardized")(features)
    return keras.layers.Rescaling(spread, mean, dtype="float32", name="logits")(head)
