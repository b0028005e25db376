"""The candidate beside the champion: verdict, its arithmetic, who changes sides, drift."""

from __future__ import annotations

from typing import Any

from pipeline.page.artifacts import Artifacts
from pipeline.page.facts import DESCRIBED, Fact, count, recorded, setting
from pipeline.page.section import Section, not_available

KEY, TITLE = "comparison", "Beside the champion"
_CHANGES = {
    "training patients": ("cohort", "parts", "train", "patients"),
    "training cases": ("cohort", "parts", "train", "cases"),
    "test patients": ("cohort", "parts", "test", "patients"),
    "recipe": ("model", "recipe_id"),
    "architecture": ("model", "architecture"),
    "parameters": ("model", "parameters"),
    "seed": ("model", "seed"),
    "epochs": ("model", "epochs_run"),
    "code": ("metrics", "digests", "code"),
    "evaluation settings": ("metrics", "digests", "config"),
}
_RULES = {
    "non_inferior_core": "No loss on the core",
    "non_inferior_anchor": "No loss against the best so far",
    "non_inferior_era": "No loss on the patients since",
    "superior_era": "A gain on the patients since",
    "guard_group": "No loss in the group",
}
_LEVELS = {"stop": 0, "warn": 1}
_FLIPS = ("both_right", "both_wrong", "negative", "positive")


def build(artifacts: Artifacts) -> Section:
    """The verdict and the table of its reasons; flips; drift of the new scans."""
    stored = artifacts.comparison
    if not stored:
        return not_available(KEY, TITLE, "no comparison was made")
    if stored["verdict"] == "FIRST":
        return not_available(
            KEY, TITLE, "there is no champion yet, and this is the first model of this analysis"
        )
    if not stored["reasons"]:
        return not_available(KEY, TITLE, "the candidate is the champion itself")
    look = stored.get("look") or {}
    facts = {
        "verdict": Fact("verdict", stored["verdict"], method="the rule fixed beforehand", reason=DESCRIBED),
        "champion": recorded("champion_generation", (stored.get("champion") or {}).get("generation")),
        "look": recorded("look_number", look.get("number"), "look"),
        "budget": setting("look_budget", look.get("budget"), "looks"),
        "alpha": setting("alpha", stored.get("alpha")),
        **_flips(stored.get("flips") or {}),
        "drift": recorded("drift_level", artifacts.drift.get("level")),
    }
    tables = {
        "reasons": [_reason(row, artifacts) for row in stored["reasons"]],
        "drift": [_drift(row) for row in sorted(artifacts.drift.get("attributes", []), key=_most_notable)],
        "changes": changes(artifacts),
    }
    words = {
        "accepted": artifacts.drift.get("accepted"),
        "flipped": _lists(stored.get("flips") or {}),
        "notes": stored.get("notes", []),
    }
    return Section(KEY, TITLE, facts, tables, words=words)


def _reason(row: dict[str, Any], artifacts: Artifacts) -> dict[str, Any]:
    labels = _RULES | {guard.rule: guard.label for guard in artifacts.task.verdict.GUARDS}
    fact = Fact(
        row["rule"],
        row["value"],
        row["low"],
        row["high"],
        None if row["low"] is None else row["level"],
        unit="candidate minus champion",
        measured_in=artifacts.measured_in(row["metric"]),
        method=row["method"],
        part=row["part"],
        patients=row["patients"],
        positive_patients=row["positive_patients"],
        reason=row["reason"] or "",
    )
    more = recorded("n_more", row.get("n_more"), "patients")
    kept = {key: row[key] for key in ("role", "part", "outcome", "sentence")}
    return kept | {
        "rule": labels.get(row["rule"], row["rule"].replace("_", " ")),
        "metric": artifacts.short(row["metric"]),
        "fact": fact,
        "bound": setting("bound", row["bound"], measured_in=fact.measured_in),
        "n_more": more,
    }


def changes(artifacts: Artifacts) -> list[dict[str, Any]]:
    """What differs between the champion and the candidate: data, recipe, network, code, settings."""
    then, now = (
        artifacts.champion,
        {"model": artifacts.model, "cohort": artifacts.cohort, "metrics": artifacts.metrics},
    )
    pairs = [(name, _at(then, path), _at(now, path)) for name, path in _CHANGES.items()]
    return [
        {"name": name, "then": recorded(name, before), "now": recorded(name, after)}
        for name, before, after in pairs
        if before is not None and before != after
    ]


def _at(artifact: dict[str, Any], path: tuple[str, ...]) -> float | int | str | None:
    value: Any = artifact
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, float | int | str) else None


def _flips(flips: dict[str, Any]) -> dict[str, Fact]:
    units = flips.get("units")
    counts = {name: count(name, flips[name], "patients", "test") for name in _FLIPS if name in flips}
    p = Fact(
        "mcnemar_p",
        flips.get("mcnemar_p"),
        method="McNemar, exact",
        part="test",
        patients=units,
        reason="a p value",
    )
    return counts | {"mcnemar_p": p} if counts else {}


def _lists(flips: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The pseudonyms of those who change sides; scores stay in comparison.json."""
    kept = ("name", "truth", "champion", "candidate")
    return {
        kind: [{key: row[key] for key in kept} for row in flips.get(f"{kind}_list", [])]
        for kind in ("negative", "positive")
    }


def _most_notable(row: dict[str, Any]) -> tuple[int, float, str]:
    """The order of the table: stop, warn, the rest; within them the smallest corrected p first."""
    p = row["p_holm"]
    return _LEVELS.get(row.get("level", ""), len(_LEVELS)), 1.0 if p is None else p, str(row["name"])


def _drift(row: dict[str, Any]) -> dict[str, Any]:
    def described(name: str, unit: str, method: str) -> Fact:
        patients = (row["n_old"] or 0) + (row["n_new"] or 0)
        return Fact(
            name, row[name], unit=unit, method=method, part="new scans", patients=patients, reason=DESCRIBED
        )

    return {
        "name": str(row["name"]).replace("_", " "),
        "level": row.get("level", ""),
        "n_old": count("n_old", row["n_old"] or 0, "patients"),
        "n_new": count("n_new", row["n_new"] or 0, "patients"),
        "p": described("p_holm", "p value", "Holm"),
        "smd": described("smd", "standard deviations", "standardised difference"),
        "psi": described("psi", "", "population stability index"),
        "psi_expected": described("psi_expected", "", "population stability index"),
        "unseen": ", ".join(str(value) for value in row["unseen"] or []),
    }
