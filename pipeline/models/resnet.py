"""A small residual network (He et al. 2016, arXiv 1512.03385): four stages of one block each."""

from __future__ import annotations

import keras

from pipeline.models import Intensities, blocks


def build(
    input_shape: tuple[int, ...], outputs: int, *, intensities: Intensities, width: int, dropout: float
) -> keras.Model:
    """A residual classifier of scans `(rows, columns, channels)` or with slices before."""
    scan = blocks.scan_input(input_shape)
    maps = blocks.stem(blocks.standardize(scan, intensities), width)
    for stage in range(1, blocks.STAGES + 1):
        maps = _block(maps, width * 2 ** (stage - 1), stage=stage)
    return keras.Model(scan, blocks.logits(blocks.pooled(maps), outputs, dropout=dropout), name="resnet")


def _block(maps: keras.KerasTensor, filters: int, *, stage: int) -> keras.KerasTensor:
    """Averages the long axes down to half, then adds two convolutions to a shortcut.

    The second normalization's scale starts at 0, so that the untrained block passes its input on.
    """
    maps = blocks.averaged(maps, blocks.halving(maps), name=f"averaging_{stage}")
    unit = (1,) * (len(maps.shape) - 2)
    shortcut = maps
    if maps.shape[-1] != filters:
        shortcut = blocks.convolution(maps, filters, kernel=1, strides=unit, name=f"shortcut_{stage}")
        shortcut = blocks.normalized(shortcut, name=f"shortcut_normalization_{stage}")
    maps = blocks.convolution(maps, filters, kernel=3, strides=unit, name=f"convolution_{stage}a")
    maps = blocks.rectified(
        blocks.normalized(maps, name=f"normalization_{stage}a"), name=f"rectified_{stage}a"
    )
    maps = blocks.convolution(maps, filters, kernel=3, strides=unit, name=f"convolution_{stage}b")
    maps = blocks.normalized(maps, name=f"normalization_{stage}b", scale_start=0.0)
    maps = keras.layers.Add(name=f"sum_{stage}")([maps, shortcut])
    return blocks.rectified(maps, name="last_features" if stage == blocks.STAGES else f"rectified_{stage}b")
