"""What a number rests on, as the tables of a page print it."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def patients(metric: Json) -> str:
    of_these = metric["positive_patients"]
    if of_these in (None, metric["patients"]):
        return str(metric["patients"])
    return f"{metric['patients']} ({of_these})"


def base(metric: Json) -> str:
    """The counts of a proportion, else the patients."""
    if metric["denominator"] is None:
        return patients(metric)
    return f"{metric['numerator']} of {metric['denominator']}"
