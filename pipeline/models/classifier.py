"""From an architecture to a classifier: standardized scans before it, one number per class after it."""

from __future__ import annotations

import keras

from pipeline.models import Intensities, Network, architecture, blocks


def build(
    network: Network, input_shape: tuple[int, ...], outputs: int, *, intensities: Intensities, dropout: float
) -> keras.Model:
    """A classifier of scans `([slices,] rows, columns, channels)` with fresh weights.

    `dropout` is the share of the features that is dropped before the logits in training.
    """
    scan = blocks.scan_input(input_shape)
    maps = blocks.standardize(scan, intensities)
    features = architecture(network.name).features(maps, network.parameters)
    return keras.Model(scan, blocks.logits(features, outputs, dropout=dropout), name=network.name)
