"""From an architecture to a network of one answer a voxel: standardized scans before it, logits after it."""

from __future__ import annotations

import keras

from pipeline.models import Network, Scans, blocks, mapper


def build(network: Network, scans: Scans, outputs: int, *, dropout: float) -> keras.Model:
    """A network with fresh weights, whose first output is `(batch, [slices,] rows, columns, outputs)`.

    Further outputs are of coarser levels, and judged in training alone. `dropout` is the share of the
    features that is dropped in training.
    """
    scan = blocks.scan_input(scans.shape)
    maps = blocks.standardize(scan, scans.intensities)
    said = mapper(network.name).answers(
        maps, outputs, network.parameters, spacing=scans.spacing, dropout=dropout
    )
    return keras.Model(scan, said if len(said) > 1 else said[0], name=network.name)


def finest(network: keras.Model) -> keras.Model:
    """The same network with its first output alone, which is its answer; itself where it has no other."""
    if len(network.outputs) == 1:
        return network
    return keras.Model(network.input, network.outputs[0], name=network.name)
