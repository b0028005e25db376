"""What a plan of changes is about: the settings of an analysis as flat keys, so that two can be compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pipeline import digests
from pipeline.config.base import Section
from pipeline.config.sections import PLACES, Config

UNDECISIVE: Final = frozenset({"prevalences", "robustness"})
"""Keys of `evaluate` that are shown beside the verdict and decide nothing: they may change after the look."""

_FREE: Final = frozenset(
    {
        *(f"evaluate.{key}" for key in UNDECISIVE),
        "ingest.executor",
        "ingest.settle_seconds",
        "ingest.workers",
        "name",
        "report.contact",
        "report.impact",
        "report.licence",
        "report.title",
        "train.checkpoint_every_steps",
        "train.controls",
    }
)
"""Keys that no model, number or use of it depends on; as little do places, from which scans can move."""


def settings(config: Config) -> dict[str, Any]:
    """Every key that a model, its numbers or its use depend on, with its value as JSON has it.

    Defaults are filled in. A file that the network reads stands by the digest of its contents.
    """
    places = {f"{section}.{key}" for section, keys in PLACES.items() for key in keys}
    return {key: value for key, value in _flat(config) if key not in _FREE | places}


def differing(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The keys whose values differ, sorted; of a section that one of them lacks, the section alone.

    >>> differing({"train.seed": 1, "ingest.masks": None}, {"train.seed": 2, "ingest.masks.threshold": 0.5})
    ['ingest.masks', 'train.seed']
    """
    of_one = then.keys() ^ now.keys()
    keys = of_one | {key for key in then.keys() & now.keys() if then[key] != now[key]}
    return sorted(key for key in keys if not any(covers(above, key) for above in of_one if above != key))


def covers(path: str, key: str) -> bool:
    """Whether `path` names the key, or a section that it stands in.

    >>> covers("train", "train.seed"), covers("train.seed", "train.seeds")
    (True, False)
    """
    return key == path or key.startswith(f"{path}.")


def is_known(path: str, values: Mapping[str, Any]) -> bool:
    """Whether `path` names one of the settings, a section of them, or a key of a section that isn't given."""
    return any(covers(path, key) or (value is None and covers(key, path)) for key, value in values.items())


def _flat(section: Section, above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in section:  # a network's own keys, too
        if isinstance(value, Section):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Section):
        return {name: _plain(item) for name, item in value}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Path):
        return digests.of_file(value)
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
