"""How every number was made: one sentence for each method that this report uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pipeline.page.artifacts import Artifacts
from pipeline.page.section import Section

KEY, TITLE = "methods", "How the numbers were made"
UNNUMBERED = {  # a task adds those that it alone uses
    "resampled patients": "Percentile interval over resamples of whole patients (Efron & Tibshirani 1993).",
    "Holm": "p values corrected for the size of their family (Holm 1979).",
    "Wilson": "Wilson's score interval of a proportion (Wilson 1927).",
    "over folds": "Over the folds' own values; no error of their mean (Bengio & Grandvalet 2004).",
    "mean, normal interval": "Mean over patients with a normal interval.",
    "standardised difference": "Difference of shares or means in standard deviations (Austin 2009).",
    "population stability index": "Change of shares (PSI), beside the value expected when nothing changed.",
    "effective field": "Side of a square as large as the region above 4.55 % of the peak (Luo 2016).",
}


def build(artifacts: Artifacts, sections: Iterable[Section]) -> Section:
    """The rules of the evaluation that `sections` use, then the methods that have no rule."""
    facts = [fact for section in sections for fact in _facts(section.to_json())]
    rules = {fact["rule"] for fact in facts if fact["rule"]}
    methods = {fact["method"] for fact in facts if not fact["rule"]}
    stored = artifacts.metrics.rules
    rows = [
        {"name": rule, "text": stored[rule]} for rule in sorted(stored, key=str.casefold) if rule in rules
    ]
    unnumbered = sorted({**artifacts.task.page.METHODS, **UNNUMBERED}.items(), key=_by_name)
    rows += [{"name": name, "text": text} for name, text in unnumbered if name in methods]
    return Section(KEY, TITLE, tables={"rows": rows}, words={"unit": artifacts.unit})


def _by_name(method: tuple[str, str]) -> str:
    return method[0].casefold()


def _facts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "value" in value and "method" in value:
            yield value
        for item in value.values():
            yield from _facts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _facts(item)
