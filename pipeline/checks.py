"""A configuration that was checked whole: its keys, its recipe, series rules and architecture."""

from __future__ import annotations

from pathlib import Path

from pipeline.config import Config, load
from pipeline.errors import nearest
from pipeline.ingest import series_rules
from pipeline.models import ARCHITECTURES
from pipeline.normalize.recipe import parse


def load_checked(path: Path) -> Config:
    """The configuration in `path`. Raises ConfigError (file, line, nearest name) for whatever is wrong."""
    config = load(path)
    parse(config.normalize, config.refuse)
    series_rules.parse(config.ingest.select, config.refuse)
    if config.train.model not in ARCHITECTURES:
        raise config.refuse(
            ("train", "model"),
            f"unknown model '{config.train.model}' ({nearest(config.train.model, ARCHITECTURES)}).",
        )
    return config
