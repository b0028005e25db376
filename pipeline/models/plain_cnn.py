"""The textbook network: convolution, normalization, ReLU and pooling, four times; then a dense head."""

from __future__ import annotations

import keras

from pipeline.models import Intensities, blocks


def build(
    input_shape: tuple[int, ...], outputs: int, *, intensities: Intensities, width: int, dropout: float
) -> keras.Model:
    """A plain convolutional classifier of scans `(rows, columns, channels)` or with slices before."""
    scan = blocks.scan_input(input_shape)
    maps = blocks.stem(blocks.standardize(scan, intensities), width)
    for stage in range(1, blocks.STAGES + 1):
        maps = _stage(maps, width * 2 ** (stage - 1), stage=stage)
    features = keras.layers.Dense(4 * width, activation="relu", name="dense")(blocks.pooled(maps))
    return keras.Model(scan, blocks.logits(features, outputs, dropout=dropout), name="plain_cnn")


def _stage(maps: keras.KerasTensor, filters: int, *, stage: int) -> keras.KerasTensor:
    """Halves the long axes by their largest values, then convolves to `filters` channels."""
    rank = len(maps.shape) - 2
    pooling = (keras.layers.MaxPooling2D, keras.layers.MaxPooling3D)[rank - 2]
    maps = pooling(blocks.halving(maps), padding="same", name=f"pooling_{stage}")(maps)
    maps = blocks.convolution(maps, filters, kernel=3, strides=(1,) * rank, name=f"convolution_{stage}")
    maps = blocks.normalized(maps, name=f"normalization_{stage}")
    return blocks.rectified(maps, name="last_features" if stage == blocks.STAGES else f"rectified_{stage}")
