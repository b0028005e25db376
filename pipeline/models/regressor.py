"""From an architecture to a regressor: standardized scans before it, one number in its unit after it."""

from __future__ import annotations

import keras

from pipeline.models import Intensities, Network, architecture, blocks


def build(
    network: Network,
    input_shape: tuple[int, ...],
    *,
    intensities: Intensities,
    dropout: float,
    mean: float,
    spread: float,
) -> keras.Model:
    """A regressor of scans `([slices,] rows, columns, channels)` with fresh weights, output `(batch, 1)`.

    `dropout` is the share of the features that is dropped before the head in training; `mean` and `spread`
    are what a head of 0 and 1 stands for, in the unit.
    """
    scan = blocks.scan_input(input_shape)
    maps = blocks.standardize(scan, intensities)
    features = architecture(network.name).features(maps, network.parameters)
    return keras.Model(
        scan, blocks.number(features, dropout=dropout, mean=mean, spread=spread), name=network.name
    )
