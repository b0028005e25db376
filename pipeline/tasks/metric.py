"""What is known of a metric whatever its value: said once, and asked by every table, sentence and page."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """A metric by its `id` in metrics.json.

    `label` names it in a table, `short` in a sentence; `rule` says in words how it is made; `better` is 1
    where more is better, -1 where less is, 0 where neither; `low` and `high` are the ends of its range;
    `measured_in` is its unit, empty for a pure number; `reading` tells a reader what to see in it.
    """

    id: str
    label: str
    short: str
    rule: str
    better: int = 1
    low: float = 0.0
    high: float = 1.0
    measured_in: str = ""
    reading: str = ""


UNBOUNDED = math.inf


def by_id(*metrics: Metric) -> dict[str, Metric]:
    """The metrics by their ids."""
    return {metric.id: metric for metric in metrics}
