"""The numbers of report.json: metrics beside those of metrics.json, counts beside the tables they count."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pipeline.audit import derived, formulas
from pipeline.audit.account import Account
from pipeline.audit.formulas import Number
from pipeline.audit.rows import Table

Json = dict[str, Any]
_ENDS: Final = ("value", "low", "high", "cases", "patients")
_PARTS: Final = ("train", "validation", "test", "external")


@dataclass(frozen=True)
class Sources:
    """What the page was made from: tables of the cohort and of predictions, metrics, the model, digests."""

    cohort: Table
    excluded: Table
    predictions: Table
    metrics: Json
    model: Json
    files: dict[str, str]


@dataclass(frozen=True)
class Known:
    """What was counted, by the id that a fact has, and the metrics, by what each is of."""

    counts: dict[str, Any]
    shares: dict[str, Number]
    metrics: dict[tuple[str, ...], Json]


def audit(report: Json, sources: Sources, account: Account) -> None:
    """Compares every fact of every section that can be computed anew; counts the others by their section."""
    known = Known(
        dict(_counts(report["part"], sources)),
        {"stranger_share": _stranger_share(report, sources)},
        {_key(metric): metric for metric in sources.metrics["metrics"]},
    )
    for section in report["sections"]:
        followed = set()
        for fact, anew in derived.pairs(section, sources.metrics):
            followed.add(id(fact))
            account.compare(f"report.json: {section['key']}, {fact['id']}", fact["value"], anew)
        for fact in _facts({name: section[name] for name in ("facts", "tables")}):
            if id(fact) not in followed:
                _compare(fact, section["key"], known, account)


def _compare(fact: Json, section: str, known: Known, account: Account) -> None:
    """Compares a fact with the metric or the count that it is, or counts it as not computed anew."""
    where = f"report.json: {section}, {fact['id']} {fact['part']} {fact['group']}".rstrip()
    metric = known.metrics.get(_key(fact)) if fact["rule"] else None
    if metric is not None:
        for end in (end for end in _ENDS if end in _ENDS[:3] or fact[end] is not None):
            account.compare(f"{where}, {end}", fact[end], metric[end])
    elif fact["id"] in known.shares:
        number = known.shares[fact["id"]]
        for end, anew in (("value", number.value), ("low", number.low), ("high", number.high)):
            account.compare(f"{where}, {end}", fact[end], anew)
    elif fact["id"] in known.counts and fact["method"] in ("count", "record"):
        account.compare(where, fact["value"], known.counts[fact["id"]])
    elif any(isinstance(fact[end], int | float) for end in _ENDS[:3]):
        account.unseen[section] += 1


def _key(entry: Json) -> tuple[str, ...]:
    """What a metric is of: its id, part, unit, group, class and target."""
    target = entry.get("class") or entry["target"]
    return (*(entry[name] or "" for name in ("id", "part", "unit", "group")), target or "")


def _facts(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        if {"id", "value", "method", "rule"} <= value.keys():
            yield value
        for item in value.values():
            yield from _facts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _facts(item)


def _counts(part: str, sources: Sources) -> Iterator[tuple[str, Any]]:
    """Every number that can be counted in the tables, by the id that a fact has."""
    tested = _measured(sources, part)
    yield "tested_patients", len({row["patient_id"] for row in tested})
    yield "tested_cases", len(tested)
    abroad = _measured(sources, "external")
    yield "external_measured_patients", len({row["patient_id"] for row in abroad})
    yield "external_measured_cases", len(abroad)
    judged = [row for row in sources.predictions if row["part"] == part]
    yield f"{part}_strangers", len({row["patient_id"] for row in judged if _distance(row) > 1})
    yield f"{part}_abstained", len({row["case_id"] for row in judged if row.get("abstain")})
    yield "judged_cases", len({row["case_id"] for row in judged})
    for name in _PARTS:
        rows = [row for row in sources.cohort if row["part"] == name]
        yield f"patients_{name}", _patients(rows)
        yield f"{name}_patients", _patients(rows)
        yield f"cases_{name}", len(rows)
        yield f"{name}_cases", len(rows)
        for column in (key for key in rows[0] if key == "target" or key.startswith("by_")) if rows else ():
            for category in sorted({row[column] for row in sources.cohort}):
                number = _patients([row for row in rows if row[column] == category])
                # As few could be recognised, so the page hides them.
                hidden = column != "target" and 0 < number < 5
                yield f"{column}_{category}_{name}", None if hidden else number
    yield "cases_used", len(sources.cohort)
    for reason, number in Counter(
        row["reason"] for row in sources.excluded if row["stage"] == "cohort"
    ).items():
        yield f"cases_{reason}", number
    for matrix in sources.metrics["confusion"]:
        if matrix["part"] == part and matrix["unit"] == sources.metrics["unit"] and not matrix["group"]:
            yield from _confusion(matrix)
    yield from sources.files.items()
    for name in ("parameters", "epochs_run", "best_epoch", "seconds", "threads", "model_sha256", "recipe_id"):
        yield name, sources.model.get(name)


def _measured(sources: Sources, part: str) -> Table:
    """The rows of a part that are measured: of structures also those without a prediction."""
    counts_failed = "structures" in sources.metrics["question"]
    rows = (row for row in sources.predictions if row["part"] == part and row["truth"])
    return [row for row in rows if counts_failed or row["status"] == "ok"]


def _stranger_share(report: Json, sources: Sources) -> Number:
    """The share of patients of the reported part with a scan beyond the limit, with Wilson's interval."""
    judged = [row for row in sources.predictions if row["part"] == report["part"]]
    known = {row["patient_id"] for row in judged if not math.isnan(_distance(row))}
    strange = {row["patient_id"] for row in judged if _distance(row) > 1}
    level = next(metric["level"] for metric in sources.metrics["metrics"] if metric["level"])
    return formulas.wilson(len(strange), len(known), level) if known else Number(None)


def _distance(row: dict[str, str]) -> float:
    """How unlike the training scans a row's is, in units of the limit; nan where it wasn't said."""
    return float(row.get("stranger") or "nan")


def _confusion(matrix: Json) -> Iterator[tuple[str, int]]:
    for truth, numbers in zip(matrix["classes"], matrix["matrix"], strict=True):
        for said, number in zip(matrix["classes"], numbers, strict=True):
            yield f"{truth}_as_{said}", number
        yield f"{truth}_total", sum(numbers)


def _patients(rows: Table) -> int:
    return len({row["person_id"] for row in rows})
