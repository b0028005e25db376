"""Limits of the result, each derived from a fact; where there is no fact there is no sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import DESCRIBED, Fact, count
from pipeline.page.section import Section, remark
from pipeline.records import EXTERNAL

KEY, TITLE = "limitations", "Limits of this result"
ONE_SOURCE_SHARE = 0.9  # a choice: a tenth from elsewhere is too little to show that a model carries over
Row = dict[str, Any]


def build(artifacts: Artifacts) -> Section:
    """One row a limitation: the sentence, the fact it follows from, and the section that shows it."""
    rows = [
        *_external(artifacts),
        *_one_source(artifacts),
        *artifacts.task.page.limits(artifacts),
        *_groups(artifacts),
        *_seeds(artifacts),
        *_looks(artifacts),
    ]
    return Section(KEY, TITLE, tables={"rows": rows})


def _external(artifacts: Artifacts) -> Iterator[Row]:
    if artifacts.sources.external_patients:
        return
    fact = count("external_patients", 0, "patients of an external test")
    yield remark(
        "No patients of another source were a part of their own: how far the result carries is not measured.",
        fact,
        "flow",
    )


def _one_source(artifacts: Artifacts) -> Iterator[Row]:
    drawn = artifacts.cases[artifacts.cases["part"] != EXTERNAL]  # who is elsewhere taught the model nothing
    for column, noun in (("by_site", "site"), ("by_manufacturer", "manufacturer")):
        if column not in artifacts.cases:
            yield remark(
                f"The {noun} of the scans is known from neither table nor headers, and so is its influence.",
                count(f"{noun}_known", 0, "cases with it"),
                "population",
            )
            continue
        shares = drawn[drawn[column] != ""][column].value_counts(normalize=True)
        if len(shares) and shares.iloc[0] > ONE_SOURCE_SHARE:
            fact = Fact(
                f"{noun}_share",
                float(shares.iloc[0]),
                unit="share of cases",
                method="count",
                cases=len(drawn),
                reason=DESCRIBED,
            )
            yield remark(
                f"Nearly all scans come from one {noun}; other ones may give other results.",
                fact,
                "population",
            )


def _groups(artifacts: Artifacts) -> Iterator[Row]:
    missing = [
        word
        for word in ("sex", "age")
        if not any(column.startswith(f"by_{word}") for column in artifacts.cases)
    ]
    if missing:
        text = (
            f"Results by {' and '.join(missing)} are not shown: neither table nor headers tell such a group."
        )
        yield remark(text, count("groups_missing", len(missing), "of sex and age"), "subgroups")


def _seeds(artifacts: Artifacts) -> Iterator[Row]:
    if len(artifacts.model.members) > 1:  # how they differ stands where the training is told
        return
    text = "One training run with one seed: how far another seed would move the result was not measured."
    yield remark(text, count("seeds", 1, "seed"), "learning")


def _looks(artifacts: Artifacts) -> Iterator[Row]:
    models = len({look.get("model") for look in artifacts.looks})
    if models > 1:
        yield remark(
            "The test part was opened for several models; its intervals ignore the choice among them.",
            count("models", models, "models"),
            "provenance",
        )
