"""A network of the registry with fresh weights, whatever kind of answer it gives."""

from __future__ import annotations

from typing import Any

from pipeline.models import VOXEL, Intensities, Scans, architecture, classifier, network, segmenter


def fresh_network(
    name: str, shape: tuple[int, ...], outputs: int, statistics: Intensities, **given: Any
) -> Any:
    """The network as it would be saved: with one output."""
    chosen = network(name, given)
    if architecture(name).GIVES == VOXEL:
        return segmenter.finest(segmenter.build(chosen, Scans(shape, statistics), outputs, dropout=0.1))
    return classifier.build(chosen, shape, outputs, intensities=statistics, dropout=0.1)
